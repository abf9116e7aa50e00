"""The API keeps to its OpenAPI: whatever is sent, no server error, and only documented answers."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from kechuang.site.wsgi import application

EXAMPLES = 2
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
VERBS = ("get", "post", "put", "patch", "delete")


def test_openapi_is_3_1_and_every_operation_is_named():
    raw = schema.raw_schema
    operations = [
        operation
        for path in raw["paths"].values()
        for verb, operation in path.items()
        if verb in VERBS
    ]
    names = [operation["operationId"] for operation in operations]
    assert raw["openapi"].startswith("3.1")
    assert len(names) == len(set(names))
    assert [n for n, o in zip(names, operations, strict=True) if "422" not in o["responses"]] == []


@pytest.fixture(autouse=True)
def one_connection():
    """Requests run in the test's transaction: the end of one must not close its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def fuzzing_token(world):
    """The token of the city's officer, who may call more operations than anybody else."""
    from django.utils import timezone

    from kechuang.parties.actions import create_token

    member = world.officer
    _, text = create_token(
        appointment=member.appointment, label="fuzz", days=2, by=member.actor, at=timezone.now()
    )
    return text


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@pytest.mark.django_db
def test_no_undocumented_server_error(case, fuzzing_token):
    answer = case.call(headers={"Authorization": f"Bearer {fuzzing_token}"})
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])
