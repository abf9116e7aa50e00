"""The line from need to benefit: where an object stands, and its neighbours."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    NEED = "NEED"
    MATCH = "MATCH"
    CHALLENGE = "CHALLENGE"
    BID = "BID"
    REVIEW = "REVIEW"
    NOTICE = "NOTICE"
    PROJECT = "PROJECT"
    INDICATOR = "INDICATOR"


@dataclass(frozen=True, slots=True)
class Place:
    """One object's place: the step, its number, title and state, since when, and its address.

    `linked` holds the numbers of its neighbours on the line, so that the site can walk on.
    """

    step: Step
    number: str
    title: str
    state: str
    at: datetime
    url: str
    linked: tuple[str, ...] = ()
