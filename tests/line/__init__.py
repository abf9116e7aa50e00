"""The whole line through the API; its steps assert, so their asserts are shown in full."""

import pytest

pytest.register_assert_rewrite(
    *(f"tests.line.{step}" for step in ("city", "finding", "calling", "judging", "paying"))
)
