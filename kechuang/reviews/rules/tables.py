"""The lives of a panel, a seat and a review as tables: every move is a row here.

Source: design/procedures.md, "Panel and review"
"""

from kechuang.base.refusals import N_
from kechuang.base.states import StateTable, row

PANEL_NAMES = {
    "PLANNED": N_("筹备"), "INVITING": N_("邀请专家"), "COMPLETE": N_("已组成"),
    "REVIEWING": N_("评审中"), "FINISHED": N_("已结束"), "CANCELLED": N_("已取消"),
}
SEAT_NAMES = {
    "INVITED": N_("已邀请"), "ACCEPTED": N_("已接受"), "REFUSED": N_("已谢绝"),
    "TIMEOUT": N_("逾期未复"), "RELEASED": N_("已解除"), "BARRED": N_("因回避退出"),
}
REVIEW_NAMES = {
    "ASSIGNED": N_("已分派"), "DECLARING": N_("待申报回避"), "ACTIVE": N_("可评审"),
    "DRAFT": N_("评分中"), "SUBMITTED": N_("已提交"), "COUNTED": N_("已计入"),
    "RECUSED": N_("已回避"), "DROPPED": N_("未计入"),
}
DRAW_NAMES = {
    "COMMITTING": N_("见证承诺中"), "REVEALING": N_("揭示中"), "DRAWN": N_("已抽取"),
    "CANCELLED": N_("已取消"),
}
PANEL_TABLE = StateTable("panel", "评审组", PANEL_NAMES, (
    #    from                event              to           who, guard
    row("-",                "plan_panel",       "PLANNED",   "officer", "the bids are opened"),
    row("PLANNED",          "assign_experts",   "INVITING",  "secretary"),
    row("INVITING",         "accept_seat",      "COMPLETE",  "expert or secretary",
        "nobody is left to answer, at least three have accepted"),
    row("COMPLETE",         "assign_experts",   "INVITING",  "secretary",
        "somebody is invited again, or too few are left"),
    row("COMPLETE",         "put_cases",        "REVIEWING", "secretary", "there are cases"),
    row("PLANNED INVITING COMPLETE REVIEWING", "set_phases", "same", "officer or secretary",
        "dates ahead and in order, the consensus not open"),
    row("REVIEWING",        "open_consensus",   "same",      "chair, or clock on its day",
        "all that is due is handed in"),
    row("REVIEWING",        "finish_review",    "FINISHED",  "chair",
        "three reviews for each case, deviations explained, no conflict undecided"),
    row("PLANNED INVITING COMPLETE REVIEWING", "cancel_panel", "CANCELLED", "officer or head"),
), "design/procedures.md, Panel")
SEAT_TABLE = StateTable("seat", "评审席位", SEAT_NAMES, (
    row("-",                "assign_experts",   "INVITED",   "secretary",
        "of the pool, one of a unit, within load; nobody in conflict"),
    row("INVITED",          "accept_seat",      "ACCEPTED",  "expert", "in time"),
    row("INVITED",          "refuse_seat",      "REFUSED",   "expert", "with a reason"),
    row("INVITED",          "time_out",         "TIMEOUT",   "clock", "no answer in time"),
    row("INVITED ACCEPTED", "release_seat",     "RELEASED",  "secretary", "with a reason"),
    row("INVITED ACCEPTED", "put_cases",        "BARRED",    "secretary",
        "the expert is of a bidding team"),
), "design/procedures.md, Person of a panel")
REVIEW_TABLE = StateTable("review", "评审", REVIEW_NAMES, (
    row("-",                "assign",           "ASSIGNED",  "secretary",
        "no conflict is computed"),
    row("-",                "assign",           "RECUSED",   "secretary", "a conflict is computed"),
    row("ASSIGNED",         "open",             "DECLARING", "secretary", "the panel reviews"),
    row("DECLARING",        "declare",          "ACTIVE",    "expert",
        "none declared, none possible undecided"),
    row("ASSIGNED DECLARING ACTIVE DRAFT", "declare", "RECUSED", "expert or secretary",
        "declared, or a possible one decided so"),
    row("ACTIVE DRAFT SUBMITTED", "recuse_late", "RECUSED", "expert or secretary",
        "a conflict known later, before the minutes; points are void, what was handed in is kept"),
    row("ACTIVE",           "save_score",       "DRAFT",     "expert"),
    row("ACTIVE DRAFT",     "submit_score",     "SUBMITTED", "expert",
        "every criterion, an opinion"),
    row("SUBMITTED",        "reopen_review",    "DRAFT",     "chair", "with a reason"),
    row("SUBMITTED",        "finish_review",    "COUNTED",   "chair", "the minutes are signed"),
    row("ASSIGNED DECLARING ACTIVE DRAFT", "release_seat", "DROPPED", "secretary"),
), "design/procedures.md, Review")
DRAW_TABLE = StateTable("draw", "抽取", DRAW_NAMES, (
    row("-",                    "fix_pool",     "COMMITTING", "draw operator",
        "apart from secretary and chair; the pool and its filter are hashed"),
    row("COMMITTING",           "commit_nonce", "same",       "witness"),
    row("COMMITTING",           "reveal_nonce", "REVEALING",  "clock or witness",
        "every witness has committed, or the term is over"),
    row("REVEALING",            "reveal_nonce", "same",       "witness",
        "the number is the one committed to"),
    row("COMMITTING REVEALING", "draw_experts", "DRAWN",      "draw operator",
        "a public value dated after the reveals completes the seed"),
    row("COMMITTING REVEALING", "cancel_draw",  "CANCELLED",  "draw operator or officer",
        "with a reason"),
), "design/procedures.md, Draw")
