"""What every test may ask for: a small world, signed-in clients, and a fixed instant."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import settings

from tests.world import Member, World, build_world

os.environ.setdefault("KECHUANG_POOL", "0")
# No example is given up for its time: machines are noisy.
settings.register_profile("kechuang", parent=settings(), deadline=None)
settings.load_profile("kechuang")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where tests run on several cores the journeys keep to one of them: they share one city and
    one browser. Every other test goes to whichever core is free."""
    from xdist.scheduler import LoadScopeScheduling

    class CityOnOneCore(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "city" if nodeid.startswith("tests/journeys/") else nodeid

    return CityOnOneCore(config, log)


@pytest.fixture(autouse=True, scope="session")
def index_of_this_core(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each core writes an index of its own; what a test put into it is gone with the test's rows,
    which it is made anew from."""
    from django.conf import settings

    settings.SEARCH_INDEX = tmp_path_factory.mktemp("index") / "index"


@pytest.fixture(scope="session")
def quick_tables() -> Iterator[ExitStack]:
    """Until it is closed, tables are made as those of a city are: a minute sooner on each core."""
    from kechuang.site.migrating import new_models_alone

    with ExitStack() as held:
        held.enter_context(new_models_alone())
        yield held


@pytest.fixture(scope="session")
def django_db_setup(quick_tables: ExitStack, django_db_setup: None) -> None:
    """The tables are there: from here on Django is itself."""
    quick_tables.close()


@pytest.fixture
def at() -> datetime:
    """A Saturday afternoon in the city: 2026-11-21 17:00 +08:00."""
    return datetime.fromisoformat("2026-11-21T17:00:00+08:00")


@pytest.fixture
def world(db: Any, at: datetime) -> World:
    return build_world(at)


@pytest.fixture
def client_as() -> Callable[[Member], Client]:
    """A client signed in as a member of the world, in that member's appointment."""

    def signed_in(member: Member) -> Client:
        client = Client()
        client.force_login(member.account, backend=BACKEND)
        session = client.session
        session["appointment"] = member.appointment.number
        session.save()
        return client

    return signed_in


@pytest.fixture(autouse=True)
def language_of_the_city() -> Iterator[None]:
    """A request in English leaves its language on the thread: the next test, whichever it is on
    this core, starts in the language of the city again."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def api_as(at: datetime) -> Callable[[Member], Client]:
    """A client that carries a member's token."""
    from django.utils import timezone

    from kechuang.parties.actions import create_token

    def with_token(member: Member) -> Client:
        _, text = create_token(
            appointment=member.appointment, label="test", days=30, by=member.actor,
            at=timezone.now(),
        )  # fmt: skip
        return Client(headers={"authorization": f"Bearer {text}"})

    return with_token


@pytest.fixture(autouse=True)
def demo_mode(settings: Any) -> Iterator[None]:
    """Tests do without the second factor, but those that are about it."""
    settings.KECHUANG_DEMO = True
    settings.AXES_ENABLED = False
    yield
