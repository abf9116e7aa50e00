"""What anybody can compare of a challenge: what is proven, by whom, when, and where to check."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.challenges import queries
from kechuang.challenges.models import Challenge
from kechuang.doors.words import name_in_language
from kechuang.notices.models import Notice
from kechuang.reviews.models import Minutes
from kechuang.reviews.queries import assignments_of_subject, draws_of_subject


@dataclass(frozen=True, slots=True)
class Proof:
    """One fact with its fingerprint; `url` is where its text can be fetched, where it can."""

    name: str
    who: str
    sha256: str
    at: datetime | None
    url: str = ""
    opens_to_few: bool = False


def proofs_of(row: Challenge) -> list[Proof]:
    """The proofs of a challenge in the order of its course; none before it was published."""
    if row.opened_at is None:
        return []
    found = [
        Proof(_("需求快照"), str(name_in_language(row.officer)), row.need_sha256, row.opened_at),
        *_rules(row),
    ]
    opening = queries.opening_of(row)
    if opening is not None:
        found.append(Proof(
            _("开标记录"), _("经办，监督到场"), opening.sha256, opening.at,
            reverse("challenge-opening", args=[row.number]), opens_to_few=True,
        ))
    found += [
        Proof(
            _("专家抽取 {number}（专家池指纹）").format(number=one.number), _("抽取人，见证人到场"),
            one.pool_hash, one.drawn_at, reverse("draw", args=[one.number]),
        )
        for one in draws_of_subject(row.number)
    ]
    found += [
        Proof(
            _("方案分派（问题的指纹）"), _("评审秘书"), one.problem_hash, one.made_at,
            reverse("assignment-problem", args=[one.number]),
        )
        for one in assignments_of_subject(row.number)
    ]
    minutes = Minutes.objects.filter(panel__subject_number=row.number).order_by("-id").first()
    if minutes is not None:
        found.append(Proof(
            _("评审纪要"), _("评审组长"), minutes.content_hash, minutes.signed_at
        ))
    return [*found, *_notices(row)]


def _rules(row: Challenge) -> list[Proof]:
    return [
        Proof(
            _("发榜规则（指标、权重、回避条件）") if one.version == 1
            else _("发榜规则第 {n} 版").format(n=one.version),
            _("时钟（自动）") if one.version == 1 else _("科技局"), one.sha256, one.published_at,
            reverse("challenge-rules", args=[row.number, one.version]),
        )
        for one in row.rulesets.all()
    ]


def _notices(row: Challenge) -> list[Proof]:
    return [
        Proof(
            _("拟立项公示 {number}").format(number=one.number), _("科技局"), one.content_hash,
            one.opened_at, reverse("notice", args=[one.number]),
        )
        for one in Notice.objects.filter(
            Q(subject_number=row.number) | Q(subject_number__startswith=f"{row.number}/")
        ).order_by("pk")
    ]
