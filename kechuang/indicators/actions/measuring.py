"""Measure an indicator from rows, freeze the evidence, and publish it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import N_, Stale, require
from kechuang.base.time import shanghai_date
from kechuang.indicators import measures, rules
from kechuang.indicators.actions.subjects import own_source, subject_of_region
from kechuang.indicators.measures import Asked, Row
from kechuang.indicators.models import Evidence, Observation, Subject
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region
from kechuang.record.actions import append
from kechuang.record.rules import merkle_root

BATCH = 2000
ASK_A_HEAD = N_("请由该地区的部门负责人发布。")
ASK_AN_OFFICER = N_("请由该地区的经办或部门负责人测算。")


@transaction.atomic
def measure(
    *,
    indicator: Indicator,
    region: Region,
    period: Period,
    by: Actor,
    at: datetime,
    known_at: datetime | None = None,
) -> Observation:
    """Measure an indicator of a region from the rows as known, and freeze them as its evidence.

    The figure waits to be published; measuring again what has not changed gives the same row,
    otherwise a new vintage. Refuses what has no formula or a period that has not begun.
    """
    rules.check_may(rules.may_measure(by, region.path), "may_not_measure", ASK_AN_OFFICER)
    rules.check_measurable(indicator, period, shanghai_date(at))
    subject = _locked(subject_of_region(region))
    rows = measures.rows_of(Asked(indicator, period, region.path, known_at or at))
    root = merkle_root([row.row_hash for row in rows])
    source = own_source()
    earlier = Observation.objects.filter(
        indicator=indicator.code, subject=subject, period=period.text, source=source,
        statement_number=1,
    )  # fmt: skip
    same = earlier.exclude(state=Observation.State.REPLACED).order_by("-vintage").first()
    if same is not None and same.content_hash == root:
        return same
    earlier.filter(state=Observation.State.MEASURED).update(state=Observation.State.REPLACED)
    last = earlier.aggregate(last=Max("vintage"))["last"] or 0
    observation = Observation(
        indicator=indicator.code, subject=subject, period=period.text,
        period_since=period.since, period_until=period.until, source=source, vintage=last + 1,
        value=rules.total([row.value for row in rows]), known_date=shanghai_date(at),
        state=Observation.State.MEASURED, evidence_count=len(rows), measured_at=at,
    )  # fmt: skip
    observation.evidence_root = observation.content_hash = root
    observation.why = _why(same, rows)
    observation.save(force_insert=True)
    _freeze(observation, rows)
    append(
        verb="indicators.measure", object_number=observation.number, by=by, at=at,
        payload={"indicator": indicator.code, "subject": subject.code, "period": period.text,
                 "value": str(observation.value), "rows": len(rows), "root": root},
    )  # fmt: skip
    return observation


def _locked(subject: Subject) -> Subject:
    return Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)


def _why(earlier: Observation | None, rows: list[Row]) -> str:
    """How the rows differ from those of the vintage before: so many new, so many gone."""
    if earlier is None:
        return ""
    before = dict(
        Evidence.objects.filter(observation=earlier).values_list("number", "row_hash")
    )
    now = {row.number: row.row_hash for row in rows}
    added = len(now.keys() - before.keys())
    gone = len(before.keys() - now.keys())
    changed = sum(1 for number, one in now.items() if before.get(number, one) != one)
    return f"+{added} -{gone} ~{changed}"


def _freeze(observation: Observation, rows: list[Row]) -> None:
    Evidence.objects.bulk_create(
        (
            Evidence(
                observation=observation, place=place, number=row.number, value=row.value,
                row_hash=row.row_hash,
            )
            for place, row in enumerate(rows, 1)
        ),
        batch_size=BATCH,
    )  # fmt: skip


@transaction.atomic
def publish_observation(
    *, observation: Observation, by: Actor, at: datetime, version: int | None = None
) -> Observation:
    """Publish a measured figure; the vintage before it stays readable as known on its date.

    Refuses who is no head of the region, and a figure that is published or was measured anew.
    """
    subject = _locked(observation.subject)
    row = Observation.objects.select_for_update(no_key=True).get(pk=observation.pk)
    rules.check_may(
        rules.may_publish(by, subject.region_path), "may_not_publish", ASK_A_HEAD
    )
    if version is not None and version != row.version:
        raise Stale(row.number, row.version)
    require(
        row.state == Observation.State.MEASURED,
        rules.IndicatorRefused(
            "indicators.not_waiting", N_("这个数不在待发布之列：它已发布，或重算后作废。"), {}, (),
            N_("请打开该指标看最新的测算。"),
        ),
    )  # fmt: skip
    Observation.objects.filter(
        indicator=row.indicator, subject=subject, period=row.period, source=row.source,
        statement_number=row.statement_number, is_current=True,
    ).update(is_current=False)  # fmt: skip
    row.state, row.is_current, row.published_at = Observation.State.PUBLISHED, True, at
    row.version += 1
    row.save(update_fields=["state", "is_current", "published_at", "version"])
    append(
        verb="indicators.publish", object_number=row.number, by=by, at=at,
        payload={"indicator": row.indicator, "subject": subject.code, "period": row.period,
                 "value": str(row.value or Decimal(0)), "root": row.evidence_root},
    )  # fmt: skip
    return row
