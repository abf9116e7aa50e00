"""The pages: who finds what, and every act of the line done from its page."""

import pytest
from django.utils import timezone

from tests.challenges import stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages take the clock themselves, so the line begins in the past."""
    return timezone.now()


def seen(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code)
    return response


def test_an_open_challenge_is_read_by_everybody(world, at, client, client_as):
    line = stages.opened(world, at)
    path = f"/challenges/{line.challenge.number}/"
    page = seen(client, path).content.decode()
    assert line.challenge.title in page
    assert line.challenge.rulesets.get().sha256[:16] in page
    assert seen(client, "/challenges/").content.decode().count(line.challenge.number) >= 1
    for member in ("officer", "head", "supervisor", "member", "expert1", "filler", "operator"):
        seen(client_as(getattr(world, member)), path)


def test_a_draft_is_hidden_from_the_public_and_shown_to_the_office(world, at, client, client_as):
    line = stages.written(world, at)
    path = f"/challenges/{line.challenge.number}/"
    seen(client, path, 404)
    seen(client_as(world.member), path, 404)
    assert line.challenge.number not in seen(client, "/challenges/").content.decode()
    seen(client_as(world.officer), path)
    seen(client_as(world.unit_admin), path)
    for verb in ("edit", "fit-test", "ask-consent", "send", "cancel"):
        who = world.head if verb == "cancel" else world.officer
        seen(client_as(who), f"{path}{verb}/")
    seen(client_as(world.unit_admin), f"{path}consent/")
    seen(client_as(world.officer), f"{path}consent/", 404)
