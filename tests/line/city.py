"""A city as an integrator meets it: tokens, requests, its clock, and its worker in this process."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kechuang.base.time import SHANGHAI
from kechuang.doors import clock
from kechuang.parties.actions import create_token
from kechuang.parties.models import Account, Appointment
from tests.world import Member, World

BASE = "/api/v1"
DONE = (200, 201, 204)
# What the worker runs by itself; the order is that of a busy minute.
PERIODIC = (
    "challenges.tick", "notices.tick", "projects.lapse", "record.sequence", "matching.follow",
    "record.checkpoint",
)  # fmt: skip


@dataclass
class City:
    """Everybody's token, and the numbers that the line has given so far."""

    world: World
    clients: dict[str, Client] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    jobs_done: int = 0

    @property
    def now(self) -> datetime:
        """What the city's clock shows; its days begin at midnight in Shanghai."""
        return clock.now().astimezone(SHANGHAI)

    def pass_time(self, **time: float) -> None:
        """Let time pass, and the worker do what has come due."""
        clock.move_forward(timedelta(**time))
        self.work()

    def wait_until(self, instant: str) -> None:
        """Let time pass until an instant that the API named."""
        self.pass_time(seconds=(datetime.fromisoformat(instant) - self.now).total_seconds() + 1)

    def work(self) -> None:
        """Run the periodic jobs and all that is enqueued, as a worker does."""
        for name in PERIODIC:
            app.tasks[name].func(timestamp=int(self.now.timestamp()))
            self._run_enqueued()

    def _run_enqueued(self) -> None:
        jobs = ProcrastinateJob.objects.filter(pk__gt=self.jobs_done, status="todo").order_by("pk")
        for job in jobs:
            app.tasks[job.task_name].func(**job.args)
            self.jobs_done = job.pk

    def client(self, who: str) -> Client:
        """The client of a member of the world, with a token of the member's one appointment."""
        if who == "public":
            return Client()
        if who not in self.clients:
            self.clients[who] = client_of(getattr(self.world, who), self.now)
        return self.clients[who]

    def admit(self, name: str, appointed: dict[str, Any]) -> None:
        """Whoever was appointed through the API is known by a name from now on."""
        row = Appointment.objects.get(number=appointed["number"])
        account = Account.objects.get(person=row.person)
        self.world.members[name] = Member(row.person, account, row)

    def get(self, who: str, path: str) -> Any:
        """What a member reads."""
        answer = self.client(who).get(BASE + path)
        assert answer.status_code == 200, (who, path, answer.content.decode())
        return answer.json()

    def status(self, who: str, path: str) -> int:
        """Only how a read is answered."""
        return int(self.client(who).get(BASE + path).status_code)

    def send(self, who: str, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request with a body; gives the whole answer."""
        call = getattr(self.client(who), verb)
        return call(BASE + path, json.dumps(body or {}), content_type="application/json",
                    headers=headers)  # fmt: skip

    def post(self, who: str, path: str, body: Any = None, **headers: str) -> Any:
        """An act that succeeds; gives what was answered."""
        return _done(who, path, self.send(who, "post", path, body, **headers))

    def put(self, who: str, path: str, body: Any) -> Any:
        return _done(who, path, self.send(who, "put", path, body))

    def patch(self, who: str, path: str, body: Any) -> Any:
        return _done(who, path, self.send(who, "patch", path, body))

    def refused(self, who: str, path: str, body: Any = None) -> list[str]:
        """An act that is refused in words; gives the codes."""
        answer = self.send(who, "post", path, body)
        assert answer.status_code == 422, (who, path, answer.status_code)
        said = answer.json()["refusals"]
        assert all(one["message"] for one in said)
        return [one["code"] for one in said]

    def waiting(self, who: str, number: str) -> dict[str, Any]:
        """The matter of a number that waits for this very person, on the work list."""
        matters = self.get(who, "/work?who=me")["items"]
        return next(one for one in matters if one["number"] == number)

    def person(self, who: str) -> str:
        return str(getattr(self.world, who).person.number)


def client_of(member: Member, at: datetime) -> Client:
    """A client with a token that lasts longer than the line."""
    _, text = create_token(
        appointment=member.appointment, label="line", days=300, by=member.actor, at=at
    )
    return Client(headers={"authorization": f"Bearer {text}"})


def _done(who: str, path: str, answer: Any) -> Any:
    assert answer.status_code in DONE, (who, path, answer.status_code, answer.content.decode())
    return answer.json() if answer.content else None
