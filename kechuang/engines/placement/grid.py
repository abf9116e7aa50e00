"""Centres, their queues and a broker on one virtual clock."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from heapq import heapify, heappop, heappush
from statistics import fmean
from typing import Any

from kechuang.engines.placement.broker import Broker, Choice
from kechuang.engines.placement.centres import BrokerJob, transfer_seconds
from kechuang.engines.placement.costs import Terms, terms_of
from kechuang.engines.placement.foresight import Forecast
from kechuang.engines.placement.hindsight import Told
from kechuang.engines.placement.site import Key

_END, _READY, _SUBMIT = 0, 1, 2  # at one moment in this order


@dataclass(frozen=True)
class Placed:
    """What became of a job."""

    job: BrokerJob
    site: int
    choice: Choice
    start: float
    transfer: float
    terms: Terms
    told: Told | None = None  # of the wait from when it was let in

    @property
    def forecast(self) -> Forecast | None:
        return self.told.forecast if self.told else None

    @property
    def predicted_start(self) -> float:
        if self.forecast is None:
            return self.choice.predicted_start
        return self.choice.ready + self.forecast.middle

    @property
    def wait(self) -> float:
        return self.start - self.job.submit - self.transfer


def run_jobs(broker: Broker, foretold: bool = False) -> list[Placed]:
    """Place and run every job of the broker; in the order of submission.

    `foretold`: with each wait foretold at submission, which takes some milliseconds a job more.
    """
    return _Run(broker, foretold).play()


class _Run:
    """One run of all jobs: what is to come, what was chosen, what has started."""

    def __init__(self, broker: Broker, foretold: bool) -> None:
        self.broker, self.foretold = broker, foretold
        self.told: dict[int, Told] = {}
        self.events = [(job.submit, _SUBMIT, place) for place, job in enumerate(broker.jobs)]
        heapify(self.events)
        self.chosen: dict[int, tuple[int, Choice, Key]] = {}
        self.starts: dict[int, float] = {}

    def play(self) -> list[Placed]:
        """Go from moment to moment until every job has ended."""
        jobs, events = self.broker.jobs, self.events
        while events:
            now, touched = events[0][0], set()
            while events and events[0][0] <= now:
                _, what, place = heappop(events)
                if what == _SUBMIT:
                    self._submit(place, now)
                else:
                    touched.add(self._tell(what, place))
            for number in sorted(touched):
                for place in self.broker.sites[number].start_due(now):
                    self._start(place, now)
                    heappush(events, (now + jobs[place].run, _END, place))
        return [
            replace(
                _placed(self.broker, place, self.chosen[place], self.starts[place]),
                told=self.told.get(place),
            )
            for place in range(len(jobs))
        ]

    def _submit(self, place: int, now: float) -> None:
        number, choice = self.broker.choose(place, now)
        if self.foretold:
            self.told[place] = self.broker.forecast(place, number, choice, now)
        key = self.broker.key(self.broker.jobs[place], choice.ready)
        self.chosen[place] = number, choice, key
        self.broker.sites[number].promise(place, key, choice.ready)
        heappush(self.events, (choice.ready, _READY, place))

    def _start(self, place: int, now: float) -> None:
        self.starts[place] = now
        if self.foretold:
            waited = now - self.chosen[place][1].ready
            self.broker.hindsight.learn(self.told[place], waited)

    def _tell(self, what: int, place: int) -> int:
        """Tell a site that a job has arrived there or has ended; which site."""
        number, _, key = self.chosen[place]
        job = self.broker.jobs[place]
        if what == _READY:
            self.broker.sites[number].receive(place, key)
        else:
            self.broker.sites[number].finish(place)
            self.broker.experience.learn(job.run, job.requested)
        return number


def _placed(broker: Broker, place: int, chosen: tuple[int, Choice, Key], start: float) -> Placed:
    number, choice, _ = chosen
    job, site = broker.jobs[place], broker.sites[number]
    transfer = transfer_seconds(job, broker.centres[job.home], site.centre)
    terms = terms_of(job, broker.tariffs[number], broker.rates, start, transfer, job.run)
    return Placed(job, number, choice, start, transfer, terms)


def summary(broker: Broker, placed: Sequence[Placed]) -> dict[str, Any]:
    """What it all cost, term by term, how long people waited, and what each centre did."""
    waits = sorted(each.wait for each in placed)
    terms = {
        field.name: sum(getattr(each.terms, field.name) for each in placed)
        for field in fields(Terms)
    }
    return {
        "total_yuan": sum(terms.values()),
        "terms": terms,
        "wait_p95_seconds": waits[int(0.95 * (len(waits) - 1))],
        "wait_mean_seconds": fmean(waits),
        "by_centre": dict(_by_centre(broker, placed)),
    }


def explanation(broker: Broker, placed: Placed) -> dict[str, Any]:
    """Why a job went where it did: every centre that might take it, term by term; the others' rule.

    With the predicted start (and the two between which eight in ten are expected to lie) stands the
    actual one, and with the predicted cost the actual cost. An option's start is that of the plan.
    """
    choice, forecast = placed.choice, placed.forecast
    between = [choice.ready + wait for wait in (forecast.low, forecast.high)] if forecast else None
    return {
        "job": choice.job,
        "policy": broker.policy,
        "centre": choice.centre,
        "predicted_start": placed.predicted_start,
        "predicted_between": between,
        "start": placed.start,
        "let_in_at": choice.ready,
        "yuan": placed.terms.total,
        "terms": asdict(placed.terms),
        "options": [
            {"centre": each.centre, "start": each.start, "yuan": each.terms.total,
             "others_yuan": each.others, "terms": asdict(each.terms)}
            for each in choice.options
        ],
        "refused": {
            id: {"rule": why.code, "words": why.words} for id, why in choice.refused.items()
        },
    }  # fmt: skip


def _by_centre(broker: Broker, placed: Sequence[Placed]) -> Iterator[tuple[str, Any]]:
    began = min(each.job.submit for each in placed)
    ended = max(each.start + each.job.run for each in placed)
    for number, site in enumerate(broker.sites):
        here = [each for each in placed if each.site == number]
        work = sum(each.job.processors * each.job.run for each in here)
        held = site.centre.processors * (ended - began)
        waits = sorted(each.wait for each in here)
        yield (
            site.centre.id,
            {
                "jobs": len(here),
                "occupancy": work / held if held else 0.0,
                "core_hours": work / 3600,
                "core_hours_offered": held / 3600,
                "wait_mean_seconds": fmean(waits) if waits else 0.0,
                "wait_p95_seconds": waits[int(0.95 * (len(waits) - 1))] if waits else 0.0,
                "yuan": sum(each.terms.total for each in here),
            },
        )
