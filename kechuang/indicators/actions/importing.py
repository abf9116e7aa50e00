"""Figures that others published, from a sheet: all or nothing, again and again without doubling."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.sheets import Problem, Sheet
from kechuang.indicators import rules
from kechuang.indicators.actions.reading import Read, Reading, SourceText
from kechuang.indicators.actions.subjects import SubjectFinder
from kechuang.indicators.actions.targeting import keep_target, plain
from kechuang.indicators.models import Definition, Observation, Source, Subject
from kechuang.indicators.rules import Indicator
from kechuang.record.actions import append_batch

ASK_AN_OFFICER = N_("请由科技局经办、部门负责人或平台管理员导入。")


def read_observations(sheet: Sheet, at: datetime) -> tuple[list[Read], list[Problem]]:
    """The figures of a sheet, and everything that is wrong with it, by row and column."""
    reading = Reading(sheet, at)
    return reading.rows(), reading.sorted_problems()


@transaction.atomic
def import_observations(*, sheet: Sheet, by: Actor, at: datetime) -> dict[str, Any]:
    """Enter published figures and targets with their sources, all or none.

    What is there already and says the same stays; what says something else becomes a new vintage.
    Names that no definition has are registered as indicators that are only quoted, and reported.
    Returns problems, new, updated, unchanged and defined; with a problem nothing is written.
    """
    rules.check_may(rules.may_import(by), "may_not_import", ASK_AN_OFFICER)
    rows, problems = read_observations(sheet, at)
    counts: Counter[str] = Counter()
    if problems:
        return {"problems": problems, "new": 0, "updated": 0, "unchanged": 0, "defined": []}
    defined = _define({row.indicator.code: row.indicator for row in rows if row.is_new_indicator},
                      at)  # fmt: skip
    writer = _Writer.begun(rows, at)
    for row in rows:
        counts.update(writer.keep(row))
    if counts["NEW"] or counts["CHANGED"]:
        append_batch(
            verb="indicators.import", object_number="-", by=by, at=at,
            rows=[row.fingerprint() for row in rows],
        )  # fmt: skip
    return {
        "problems": [], "new": counts["NEW"], "updated": counts["CHANGED"],
        "unchanged": counts["SAME"], "defined": defined,
    }  # fmt: skip


def _define(fresh: dict[str, Indicator], at: datetime) -> list[str]:
    Definition.objects.bulk_create(
        Definition(code=one.code, name=one.name, unit=one.unit, kind=one.kind, registered_at=at)
        for one in fresh.values()
    )
    return [one.name for one in fresh.values()]


@dataclass
class _Writer:
    """Writes the rows of one sheet, with what is known already read before."""

    at: datetime
    finder: SubjectFinder
    sources: dict[SourceText, Source]
    known: dict[tuple[Any, ...], Observation]

    @classmethod
    def begun(cls, rows: list[Read], at: datetime) -> "_Writer":
        sources = {text: _source(text) for text in dict.fromkeys(row.source for row in rows)}
        known = {
            (row.indicator, row.subject_id, row.period, row.source_id, row.statement_number): row
            for row in Observation.objects.select_for_update(no_key=True)
            .filter(source__in=list(sources.values()), is_current=True)
            .order_by("pk")
        }
        return cls(at, SubjectFinder.over(row.entity for row in rows), sources, known)

    def keep(self, row: Read) -> list[str]:
        """Keep one row; says for its figure and its target whether it is new."""
        subject = self.finder.subject(row.area, row.entity)
        source = self.sources[row.source]
        said = []
        if row.target is not None:
            said.append(
                keep_target(row.indicator, subject, row.target_period, source, row.target,
                            at=self.at)[1]
            )  # fmt: skip
        if row.period is not None:
            said.append(self._observation(row, subject, source))
        return said

    def _observation(self, row: Read, subject: Subject, source: Source) -> str:
        period = row.period
        assert period is not None
        key = (row.indicator.code, subject.pk, period.text, source.pk, row.statement_number)
        before = self.known.get(key)
        content = _content_hash(row)
        if before is not None and before.content_hash == content:
            return "SAME"
        if before is not None:
            Observation.objects.filter(pk=before.pk).update(is_current=False)
        today = shanghai_date(self.at)
        first_known = _whole_date(row.source.published) or today
        self.known[key] = Observation.objects.create(
            indicator=row.indicator.code, subject=subject, period=period.text,
            period_since=period.since, period_until=period.until, source=source,
            statement_number=row.statement_number, is_current=True,
            vintage=_next_vintage(before), value=row.statement.value, low=row.statement.low,
            high=row.statement.high, qualifier=row.statement.qualifier,
            known_date=today if before else min(first_known, today),
            state=Observation.State.PUBLISHED, stated_value=row.stated_value,
            stated_unit=row.stated_unit, yoy_percent=row.yoy_percent,
            attainment_percent=row.attainment_percent, attainment_words=row.attainment_words,
            quotation=row.quotation, content_hash=content, measured_at=self.at,
            published_at=self.at,
        )  # fmt: skip
        return "CHANGED" if before else "NEW"


def _next_vintage(before: Observation | None) -> int:
    if before is None:
        return 1
    last = Observation.objects.filter(
        indicator=before.indicator, subject=before.subject_id, period=before.period,
        source=before.source_id, statement_number=before.statement_number,
    ).aggregate(last=Max("vintage"))["last"]  # fmt: skip
    return int(last) + 1


def _source(text: SourceText) -> Source:
    source, _made = Source.objects.get_or_create(
        kind=text.kind, title=text.title, publication=text.publication, published=text.published,
        defaults={"note": text.note},
    )  # fmt: skip
    return source


def _whole_date(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == 10 else None


def _content_hash(row: Read) -> str:
    """The fingerprint of what a row says, whatever its spelling of zeros."""
    statement = row.statement
    parts = [
        statement.value, statement.low, statement.high, statement.qualifier, row.yoy_percent,
        row.attainment_percent, row.attainment_words, row.quotation,
    ]  # fmt: skip
    return hashlib.sha256("|".join(plain(part) for part in parts).encode()).hexdigest()
