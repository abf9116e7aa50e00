"""Journeys in a real browser, through one running city."""

import pytest

# One city and one browser for all of them: on several cores they keep to one.
JOURNEY = [pytest.mark.browser, pytest.mark.xdist_group("city")]
