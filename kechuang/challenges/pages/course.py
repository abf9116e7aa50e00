"""Pages of an open or closed challenge: ask, amend, cancel, open bids, check, decide, award."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.challenges import actions, forms, queries, rules
from kechuang.challenges.forms.modes import AwardsForm
from kechuang.challenges.models import Bid, Challenge, Question
from kechuang.challenges.pages.acts import (
    Act,
    act_page,
    bid_seen,
    challenge_seen,
    challenge_to,
    posted,
)
from kechuang.challenges.pages.drafting import url_of, wan_words
from kechuang.challenges.pages.words import score_words
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

AMENDED = ("summary", "deadline_at", "expert_fields", "total_fen", "public_fen", "own_fen",
           "months", "conflict_rules", "version")


@signed_in
def ask(request: AskedRequest, number: str) -> HttpResponse:
    """Ask a question that everybody will read, unnamed."""
    challenge = challenge_to(request, number, "ask")
    act = Act(_("向出题方提问"), _("提交问题"), (_("问题和答复所有人可见，不显示提问人。"),))
    return act_page(request, forms.QuestionForm(posted(request)), act, lambda data: (
        actions.ask_question(challenge=challenge, text=data["text"], by=request.actor,
                             at=request.at)
    ), url_of(challenge) + "#questions", challenge)


@signed_in
def answer(request: AskedRequest, number: str, question: str) -> HttpResponse:
    """Answer a question for all to see."""
    challenge = challenge_to(request, number, "answer")
    row = found_or_404(
        Question.objects.filter(challenge=challenge).select_related("challenge"), number=question
    )
    act = Act(_("答复提问"), _("公布答复"), (_("答复公布后不能再改。"),),
              extra={"question": row})
    return act_page(request, forms.AnswerForm(posted(request)), act, lambda data: (
        actions.answer_question(question=row, answer=data["answer"], by=request.actor,
                                at=request.at)
    ), url_of(challenge) + "#questions", challenge)


@signed_in
def amend(request: AskedRequest, number: str) -> HttpResponse:
    """Amend an open challenge in public."""
    challenge = challenge_to(request, number, "amend_minor", "amend_substantial")
    initial = {name: getattr(challenge, name) for name in AMENDED}
    form = forms.AmendForm(posted(request), initial=initial)
    act = Act(_("改动榜单"), _("公布改动"), (
        _("改前改后逐项公布，规则指纹随之更新。"),
        _("经费、期限、回避条件等实质性改动由部门负责人办：已密封的方案都要重新确认。"),
        _("截止时间只能推后；实质性改动后至少留 {days} 天。").format(
            days=queries.mode(challenge).amendment_days_min)),
        extra={"sheet_url": _sheet_url(request, challenge)})
    return act_page(request, form, act, lambda data: actions.amend_challenge(
        challenge=challenge, draft=actions.Draft(form.draft_fields()), reason=data["reason"],
        version=data["version"], by=request.actor, at=request.at,
    ), url_of(challenge), challenge)


def _sheet_url(request: AskedRequest, challenge: Challenge) -> str:
    """Where targets, criteria and form are amended, for who may."""
    facts = queries.challenge_facts(challenge, request.actor)
    may = rules.may("amend_substantial", request.actor, facts)
    return reverse("challenge-amend-sheet", args=[challenge.number]) if may else ""


@signed_in
def cancel(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "cancel")
    act = Act(_("取消榜单"), _("取消榜单"), (
        _("理由公开；已提交的方案未开封退回，揭榜方会收到通知。"),
        _("预留的财政资金释放，来源需求退回需求库。取消后不能恢复，只能另行起草。")), danger=True)
    return act_page(request, ReasonForm(posted(request)), act, lambda data: (
        actions.cancel_challenge(challenge=challenge, reason=data["reason"], by=request.actor,
                                 at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def conflict(request: AskedRequest, number: str) -> HttpResponse:
    """Somebody of the office declares the own conflict with the challenge."""
    challenge = challenge_seen(request, number)
    facts = queries.challenge_facts(challenge, request.actor)
    if request.method != "POST" and not rules.table.may_declare_conflict(request.actor, facts):
        raise Http404
    act = Act(_("声明与本榜单有利益冲突"), _("声明并回避"), (
        _("声明后，方案、评审和审批不再向您显示，您也不能办本榜单的任何一步。"),
        _("您是经办的，本榜单交给同地区的另一位经办，对方会收到通知。"),
        _("声明记入操作记录，不能撤回。")), danger=True)
    return act_page(request, forms.ConflictForm(posted(request)), act, lambda data: (
        actions.declare_conflict(challenge=challenge, ground=data["ground"], by=request.actor,
                                 at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def attend(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "attend")
    act = Act(_("开标签到"), _("我已到场"), (_("监督签到后，经办才能开标；签到记入开标记录。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.attend_opening(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def unseal(request: AskedRequest, number: str) -> HttpResponse:
    """Open all sealed bids, the supervisor present."""
    challenge = challenge_to(request, number, "unseal")
    present = list(challenge.presences.select_related("person"))
    act = Act(_("开标"), _("开封全部方案"), (
        _("全部方案同时开封，生成开标记录：收据、指纹、时间、到场人。"),
        _("任何一份密文与指纹不符，开标即中止。"),
        _("未重新确认的方案未开封退回。")), extra={"present": present, "shows_present": True})
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.unseal_bids(challenge=challenge, by=request.actor, at=request.at)
    ), reverse("challenge-bids", args=[challenge.number]), challenge)


@signed_in
def check(request: AskedRequest, number: str) -> HttpResponse:
    """The secretary's formal check of one bid."""
    bid = bid_seen(request, number)
    challenge = challenge_to(request, bid.challenge.number, "check")
    act = Act(_("形式审查"), _("作出结论"), (
        _("只查形式：签署、材料、承诺是否齐全，不评优劣。"),
        _("补正只给一次，{hours} 小时。").format(
            hours=queries.mode(challenge).correction_hours)))
    return act_page(request, forms.CheckForm(posted(request)), act, lambda data: (
        actions.check_bid(bid=bid, **data, by=request.actor, at=request.at)
    ), reverse("challenge-bids", args=[challenge.number]), bid)


@signed_in
def finish_check(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "finish_check")
    act = Act(_("结束形式审查"), _("送评审"), (
        _("合格的方案送评审组；合格的少于最低数时流榜。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.finish_check(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def take_ranking(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "take_ranking")
    act = Act(_("取评审结果"), _("取评审结果"), (_("组长签署评审纪要后，排名转入评定。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.take_ranking(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


def choosable(challenge: Challenge) -> dict[str, str]:
    """The bids that may be chosen, by number, best first."""
    rows = Bid.objects.filter(challenge=challenge, passed=True, state="RANKED").select_related(
        "organisation"
    )
    return {
        bid.number: _("第 {rank} 名　{unit}，{score} 分").format(
            rank=bid.rank, unit=bid.organisation.name, score=score_words(bid))
        for bid in rows.order_by("rank", "id")
    }


def proposable_in(challenge: Challenge) -> set[str]:
    """The bids that may be proposed: the poser's choice, or the first where the ranking binds."""
    rule = queries.mode(challenge)
    if rule.issuer_chooses:
        choice = challenge.choices.order_by("-id").first()
        return {choice.bid_number} if choice else set()
    ranked = list(
        Bid.objects.filter(challenge=challenge, passed=True, state="RANKED").order_by("rank")
    )
    return {
        bid.number for bid in ranked if not rule.ranking_binds or bid.rank == ranked[0].rank
    }


@signed_in
def choose(request: AskedRequest, number: str) -> HttpResponse:
    """The poser chooses among the bids above the threshold."""
    challenge = challenge_to(request, number, "choose")
    bids = choosable(challenge)
    act = Act(_("选定揭榜方"), _("选定这份方案"), (
        _("只能在合格且达到分数线的方案中选定。"),
        _("选定后由科技局提出拟立项，逐级审批，再公示。")), extra={"no_bids": not bids})
    form = forms.ChoiceForm(posted(request), bids=bids)
    return act_page(request, form, act, lambda data: actions.choose(
        challenge=challenge, bid_number=data["bid"], reason=data["reason"], by=request.actor,
        at=request.at,
    ), url_of(challenge), challenge)


@signed_in
def propose(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "propose")
    bids = choosable(challenge)
    proposable = proposable_in(challenge)
    chosen = {key: words for key, words in bids.items() if key in proposable}
    reserves = {key: words for key, words in bids.items() if key not in chosen}
    if challenge.winners_max > 1:
        return _propose_list(request, challenge, bids)
    act = Act(_("提出拟立项"), _("提出拟立项"), (
        _("拟立项的须是出题方选定的方案；有不同意见时请出题方重选。")
        if queries.mode(challenge).issuer_chooses else _("按评审排名，拟立项的须是第一名。"),
        _("提出后按配置逐级审批，任何一级都可退回。")), extra={"no_bids": not chosen})
    form = forms.ProposalForm(
        posted(request), bids=chosen, reserves=reserves,
        initial={"bid": next(iter(chosen), "")},
    )
    return act_page(request, form, act, lambda data: actions.propose(
        challenge=challenge, bid_number=data["bid"], reason=data["reason"],
        reserve_number=data["reserve"], by=request.actor, at=request.at,
    ), url_of(challenge), challenge)


def _propose_list(
    request: AskedRequest, challenge: Challenge, bids: dict[str, str]
) -> HttpResponse:
    """Several winners: the list down the ranking, as the line suggests it, and the reserve."""
    lines = [one for one in queries.ranking_with_line(challenge) if one.bid.number in bids]
    above = [one.bid.number for one in lines if one.is_above]
    below = [one.bid.number for one in lines if not one.is_above]
    words = {
        one.bid.number: _("{bid}，申请财政 {ask}，累计 {total}").format(
            bid=bids[one.bid.number], ask=wan_words(one.bid.ask_fen), total=wan_words(one.sum_fen))
        for one in lines
    }
    act = Act(_("提出拟立项"), _("提出拟立项"), (
        _("按名次从高到低，最多 {places} 份，财政资金之和不超过 {amount}；不能跳过名次。").format(
            places=challenge.winners_max, amount=wan_words(challenge.public_fen)),
        _("已按名额和预算画好入选线，可以画高，不能画低。"),
        _("每一项分别公示、签约；有失效的，按名次递补备选。")), extra={"no_bids": not lines})
    form = AwardsForm(
        posted(request), bids=words, initial={"bids": above, "reserves": below}
    )
    return act_page(request, form, act, lambda data: actions.propose(
        challenge=challenge, bid_number=data["bids"], reserve_number=data["reserves"],
        reason=data["reason"], by=request.actor, at=request.at,
    ), url_of(challenge), challenge)


def _proposed(challenge: Challenge) -> list[dict[str, object]]:
    """The awards that are to be approved: unit, score, money."""
    proposals = queries.live_proposals(challenge)
    bids = {
        bid.number: bid for bid in Bid.objects.filter(
            number__in=[one.bid_number for one in proposals]).select_related("organisation")
    }
    return [
        {"proposal": one, "bid": bids[one.bid_number], "score": score_words(bids[one.bid_number])}
        for one in proposals
    ]


@signed_in
def approve(request: AskedRequest, number: str) -> HttpResponse:
    """Sign the awaited step of approval."""
    challenge = challenge_to(request, number, "approve")
    proposed = _proposed(challenge)
    act = Act(_("审批拟立项"), _("同意"), (
        _("提出人和前一步的审批人不能再批本轮。"),
        _("最后一步同意后即公示 {days} 个工作日。").format(
            days=queries.mode(challenge).notice_working_days)),
        extra={"step": queries.awaited_approval(challenge), "proposed": proposed,
               "return_url": reverse("challenge-return", args=[number])})
    return act_page(request, forms.NoteForm(posted(request)), act, lambda data: (
        actions.approve(challenge=challenge, note=data["note"], by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def return_proposal(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "return_proposal")
    act = Act(_("退回拟立项"), _("退回"), (
        _("退回后由出题方重新选定，经办重新提出，审批从第一步重来。")
        if queries.mode(challenge).issuer_chooses
        else _("退回后由经办重新提出，审批从第一步重来。"),))
    return act_page(request, ReasonForm(posted(request)), act, lambda data: (
        actions.return_proposal(challenge=challenge, reason=data["reason"], by=request.actor,
                                at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def award(request: AskedRequest, number: str) -> HttpResponse:
    """The head makes the award final; the project opens with it."""
    challenge = challenge_to(request, number, "finalise")
    act = Act(_("确定立项"), _("确定立项"), (
        _("公示期满且没有未办结的异议，才能确定。"),
        *((_("有几项拟立项的，期满的先确定，有异议的等办结后再确定。"),)
          if challenge.winners_max > 1 else ()),
        _("项目随即立项，指标、里程碑和经费从方案带出，不用再填。")))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.finalise(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)


@signed_in
def reopen_decision(request: AskedRequest, number: str) -> HttpResponse:
    challenge = challenge_to(request, number, "reopen_decision")
    act = Act(_("退回评定"), _("退回评定"), (
        _("异议成立、公示已撤销时，撤回拟立项，由出题方重新选定。")
        if challenge.winners_max == 1
        else _("异议成立、公示已撤销时，撤回那一项，其余不受影响；备选按名次递补。"),))
    return act_page(request, ConfirmForm(posted(request)), act, lambda _data: (
        actions.reopen_decision(challenge=challenge, by=request.actor, at=request.at)
    ), url_of(challenge), challenge)
