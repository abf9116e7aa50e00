"""Set what is promised for a period."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import N_, require
from kechuang.base.time import shanghai_date
from kechuang.indicators import rules
from kechuang.indicators.actions.subjects import own_source, subject_of_region
from kechuang.indicators.models import Source, Subject, Target
from kechuang.indicators.rules import Indicator, Statement
from kechuang.parties.models import Region
from kechuang.record.actions import append


def target_hash(statement: Statement) -> str:
    """The fingerprint of what a target says."""
    parts = (statement.value, statement.low, statement.high, statement.qualifier)
    return hashlib.sha256("|".join(plain(part) for part in parts).encode()).hexdigest()


def plain(part: object) -> str:
    """A part of a statement, written the same however many zeros it carries."""
    if isinstance(part, Decimal):
        return format(part.normalize(), "f")
    return "" if part is None else str(part)


@transaction.atomic
def set_target(
    *, indicator: Indicator, region: Region, period: Period, value: Decimal, by: Actor, at: datetime
) -> Target:
    """Set a region's target for a period; an earlier one stays as its former vintage.

    Refuses (rules.IndicatorRefused) a value that is not above zero.
    """
    rules.check_may(
        rules.may_set_target(by, region.path), "may_not_set_target",
        N_("请由该地区的经办或部门负责人设定。"),
    )  # fmt: skip
    require(
        value > 0,
        rules.IndicatorRefused(
            "indicators.target_not_above_zero", N_("目标须大于 0。"), {}, ("value",)
        ),
    )
    subject = subject_of_region(region)
    target = keep_target(
        indicator, subject, period.text, own_source(), Statement(value), at=at
    )[0]
    append(
        verb="indicators.set_target", object_number=target.number, by=by, at=at,
        payload={"indicator": indicator.code, "subject": subject.code, "period": period.text,
                 "value": plain(value), "vintage": target.vintage},
    )  # fmt: skip
    return target


@transaction.atomic
def set_targets(
    *, values: Sequence[tuple[Indicator, Decimal]], region: Region, period: Period, by: Actor,
    at: datetime,
) -> list[Target]:
    """Set a region's targets of several indicators for a period, all or none."""
    return [
        set_target(indicator=indicator, region=region, period=period, value=value, by=by, at=at)
        for indicator, value in values
    ]


def keep_target(
    indicator: Indicator, subject: Subject, period: str, source: Source, statement: Statement,
    *, at: datetime,
) -> tuple[Target, str]:  # fmt: skip
    """Keep a target as a new vintage where it says something new; says NEW, CHANGED or SAME."""
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    key = {"indicator": indicator.code, "subject": subject, "period": period, "source": source}
    before = Target.objects.filter(**key, is_current=True).first()
    content = target_hash(statement)
    if before is not None and before.content_hash == content:
        return before, "SAME"
    if before is not None:
        Target.objects.filter(pk=before.pk).update(is_current=False)
    target = Target.objects.create(
        **key, value=statement.value, low=statement.low, high=statement.high,
        qualifier=statement.qualifier, vintage=before.vintage + 1 if before else 1,
        known_date=shanghai_date(at), set_at=at, content_hash=content, is_current=True,
    )  # fmt: skip
    return target, "CHANGED" if before else "NEW"
