"""Who sees what of a review, and from when, as its pages say it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kechuang.reviews.models import Panel


def phase_rows(panel: Panel, at: datetime) -> list[dict[str, Any]]:
    """The phases in order: from when, what is seen from then on, and which one is on now."""
    begun = panel.state in (Panel.State.REVIEWING, Panel.State.FINISHED)
    others = panel.consensus_at if panel.others_from is None else panel.others_from
    if panel.consensus_at and others:
        others = min(others, panel.consensus_at)
    finished = panel.state == Panel.State.FINISHED
    rows = [
        {"name": _("各自评分"), "from": None, "when": _("申报没有利益关系之后"), "is_on": begun,
         "until": panel.score_until,
         "says": _("专家读方案，只看自己的评分。秘书和监督看各人的评分；组长自己评完才看。")},
        {"name": _("互看总分"), "from": others, "when": _("随合议开始"),
         "is_on": others is not None and others <= at, "until": None,
         "says": _("已提交的专家看到同一方案其他专家的总分，不署名。没有提交的看不到。")},
        {"name": _("合议"), "from": panel.consensus_at or panel.consensus_from,
         "when": _("评分交齐后由组长开始"), "is_on": panel.consensus_at is not None, "until": None,
         "says": _("偏离中位数 20% 以上的专家写说明；组长可退回重评，原稿留存。")},
        {"name": _("纪要签署"), "from": panel.state_since if finished else None,
         "when": _("组长签署之后"), "is_on": finished, "until": None,
         "says": _("科技部门看评分和排名；专家不能再读方案。公示起，申报方看不署名的反馈。")},
    ]  # fmt: skip
    on = [place for place, row in enumerate(rows) if row["is_on"]]
    for place, row in enumerate(rows):
        row["state"] = "now" if on and place == on[-1] else "done" if row["is_on"] else ""
    return rows
