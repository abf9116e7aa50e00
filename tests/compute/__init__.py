"""Tests of the desk; the contract's assertions say what they saw, wherever it is taken in."""

import pytest

pytest.register_assert_rewrite("tests.compute.contract")
