"""The broker: which centre takes a job, when, and why.

Hard rules first; then the cost at each centre that is left, term by term, with the wait that a plan
over the centre's queue predicts. Policies:

- `home`: where its data are; `random`; `least-load`: least requested work for each processor;
- `wait-transfer`: soonest expected start; `cost`: least cost to the job itself;
- `ours`: least cost to everybody. To the job's own cost comes what those lose by waiting who stand
  behind it or are expected to come; a job that can wait is held for cheaper hours; and inside a
  centre stands first whose waiting costs most for the processor-seconds it asks for (Smith 1956).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kechuang.engines.placement.centres import (
    BrokerJob,
    Centre,
    Unfit,
    transfer_seconds,
    why_not,
)
from kechuang.engines.placement.costs import HOUR, Rates, Tariff, Terms, terms_of
from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.foresight import possible_waits
from kechuang.engines.placement.hindsight import Hindsight, Told
from kechuang.engines.placement.site import Key, Site
from kechuang.engines.placement.trace import PlacementProblem

POLICIES = ("home", "random", "least-load", "wait-transfer", "cost", "ours")
_HELD_AT_MOST = 24 * HOUR
_WEIGHT_OF_COMING = 0.5  # of who may come: part of them would find room elsewhere
_LEAST_VALUE = 1e-3  # yuan an hour: what costs nothing to wait still has an order


@dataclass(frozen=True)
class Option:
    """A centre that may take the job: when it would start there and what that would cost."""

    centre: str
    start: float
    ready: float  # when its data are there and it is let into the queue
    terms: Terms
    others: float = 0.0  # yuan that others behind it would lose by waiting

    @property
    def total(self) -> float:
        return self.terms.total + self.others


@dataclass(frozen=True)
class Choice:
    """Where a job goes, and why: every option with its terms, every refusal with its rule."""

    job: str
    centre: str
    ready: float
    predicted_start: float
    options: tuple[Option, ...]
    refused: dict[str, Unfit] = field(default_factory=dict)


class Broker:
    """Chooses for one job after another, over the sites of all centres."""

    def __init__(
        self, centres: Sequence[Centre], jobs: Sequence[BrokerJob], policy: str,
        rates: Rates | None = None, seed: int = 1,
    ) -> None:  # fmt: skip
        if policy not in POLICIES:
            raise PlacementProblem(f"--policy {policy}: choose one of {', '.join(POLICIES)}")
        self.policy, self.rates = policy, rates or Rates()
        self.chance = random.Random(seed)
        depth = 64 if policy == "ours" else 1
        self.experience, self.hindsight = Experience(), Hindsight()
        self.sites = [Site(centre, jobs, depth, self.experience) for centre in centres]
        self.centres = {centre.id: centre for centre in centres}
        self.tariffs = [Tariff(centre, self.rates) for centre in centres]
        self.jobs = jobs

    def key(self, job: BrokerJob, ready: float) -> Key:
        """Its place in a centre's queue: the smaller the sooner."""
        if self.policy != "ours":
            return ready, 0
        value = max(job.value_yuan_per_hour, _LEAST_VALUE)
        return max(job.requested, 1) * job.processors / value, job.submit

    def choose(self, place: int, now: float) -> tuple[int, Choice]:
        """The site for a job, and the choice explained. Refuses a job that no centre may take."""
        job = self.jobs[place]
        home = self.centres[job.home]
        options: list[tuple[int, Option]] = []
        refused: dict[str, Unfit] = {}
        for number, site in enumerate(self.sites):
            unfit = why_not(site.centre, job)
            if unfit is None:
                options.append((number, self._option(number, job, home, now)))
            else:
                refused[site.centre.id] = unfit
        if not options:
            raise PlacementProblem(
                f"job {job.id}: no centre may take it ("
                + "; ".join(f"{id}: {unfit.words}" for id, unfit in refused.items())
                + "); take it out, or change the job or a centre"
            )
        number, best = self._best(options, job)
        shown = tuple(option for _, option in options)
        choice = Choice(job.id, best.centre, best.ready, best.start, shown, refused)
        return number, choice

    def forecast(self, place: int, number: int, choice: Choice, now: float) -> Told:
        """How long a job will wait where it was sent, from when it is let in there."""
        job, site = self.jobs[place], self.sites[number]
        present, own = site.present(place, self.key(job, choice.ready), choice.ready, now)
        return self.hindsight.told(possible_waits(present, own, self.experience, job.id))

    def _best(self, options: list[tuple[int, Option]], job: BrokerJob) -> tuple[int, Option]:
        if self.policy == "random":
            return self.chance.choice(options)
        if self.policy == "home":
            at_home = [each for each in options if each[1].centre == job.home]
            return min(at_home or options, key=lambda each: each[1].start)
        if self.policy == "least-load":
            sites = self.sites
            return min(
                options, key=lambda each: sites[each[0]].work / sites[each[0]].centre.processors
            )
        if self.policy == "wait-transfer":
            return min(options, key=lambda each: each[1].start)
        return min(options, key=lambda each: each[1].total)

    def _option(self, number: int, job: BrokerJob, home: Centre, now: float) -> Option:
        site, tariff = self.sites[number], self.tariffs[number]
        transfer = transfer_seconds(job, home, site.centre)
        ready, length = now + transfer, max(1, self.experience.mean(job.requested) * job.requested)
        key = self.key(job, ready)
        plan, beyond = site.ahead_of(key, now)
        start = plan.earliest(job.processors, length, ready + beyond)[0]
        terms = terms_of(job, tariff, self.rates, start, transfer, length)
        option = Option(site.centre.id, start, ready, terms)
        if self.policy != "ours":
            return option
        for moment in tariff.better_starts(start, start + _HELD_AT_MOST, length):
            later = plan.earliest(job.processors, length, moment)[0]
            terms = terms_of(job, tariff, self.rates, later, transfer, length)
            if terms.total < option.terms.total:
                option = Option(site.centre.id, later, moment, terms)
        return self._with_others(site, key, job, option, now)

    def _with_others(
        self, site: Site, key: Key, job: BrokerJob, option: Option, now: float
    ) -> Option:
        """The option with what those lose who wait the longer: who stands behind, who will come."""
        length = max(1, self.experience.mean(job.requested) * job.requested)
        behind = site.value_behind(key) * job.processors * length / site.centre.processors
        coming = site.value_of_coming(job.processors, option.start + length, now)
        return replace(option, others=(behind + _WEIGHT_OF_COMING * coming) / HOUR)
