"""A page without what changes by request: one-time keys and the clock."""

import re

CHANGING = (
    r'name="(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"',
    r'data-now="[^"]*"',
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}",
)


def plain(text: str) -> str:
    """The page with those parts taken out."""
    for pattern in CHANGING:
        text = re.sub(pattern, "", text)
    return text
