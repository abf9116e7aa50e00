"""Shapes of the offers' API."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from kechuang.base.time import shanghai_date
from kechuang.doors.api import ListQuery
from kechuang.offers import rules
from kechuang.offers.models import Offer


class FigureIO(Schema):
    """A number that an offer states. The value is a text, so that it is not rounded on the way."""

    name: str = ""
    value: str = ""
    unit: str = ""


class DraftIn(Schema):
    """What a draft holds; anything may be missing until it is submitted."""

    kind: str = Field("RESULT", description="RESULT, PATENT, EXPERT or TEAM")
    title: str = ""
    summary: str = ""
    body: str = ""
    keywords: list[str] = []
    chains: list[str] = []
    trl: int | None = Field(None, ge=1, le=9)
    figures: list[FigureIO] = Field([], max_length=60)
    patent_number: str = ""
    patent_status: str = ""
    patent_status_date: date | None = None
    people: list[str] = []
    works: list[str] = []
    modes: list[str] = []
    price_low_fen: int | None = Field(None, ge=0, le=10**17)
    price_high_fen: int | None = Field(None, ge=0, le=10**17)
    contact: str = ""

    def typed(self) -> dict[str, Any]:
        """The draft as one would have typed it."""
        return {
            "kind": self.kind,
            "title": self.title,
            "summary": self.summary,
            "body": self.body,
            "keywords": "、".join(self.keywords),
            "chains": self.chains,
            "trl": str(self.trl or ""),
            "figures": [figure.dict() for figure in self.figures],
            "patent_number": self.patent_number,
            "patent_status": self.patent_status,
            "patent_status_date": (
                self.patent_status_date.isoformat() if self.patent_status_date else ""
            ),
            "people": "、".join(self.people),
            "works": "\n".join(self.works),
            "modes": self.modes,
            "price_low": rules.wan_text(self.price_low_fen),
            "price_high": rules.wan_text(self.price_high_fen),
            "contact": self.contact,
        }


class ReasonIn(Schema):
    reason: str


class OfferOut(Schema):
    """An offer as everybody sees it; a draft only to its unit, as far as it can be read."""

    number: str
    version: int
    kind: str
    state: str
    title: str
    title_is_auto: bool
    summary: str
    body: str
    keywords: list[str]
    chains: list[str]
    trl: int | None
    figures: list[FigureIO]
    patent_number: str
    patent_status: str
    patent_status_date: date | None
    people: list[str]
    works: list[str]
    modes: list[str]
    price_low_fen: int | None
    price_high_fen: int | None
    organisation: str | None
    organisation_name: str | None
    region: str
    source: str
    since: datetime
    published_at: datetime | None
    return_words: str


# What an offer says, by the name that content and answer share.
SAID = ("kind", "title", "title_is_auto", "summary", "body", "trl", "patent_number",
        "patent_status", "patent_status_date", "price_low_fen", "price_high_fen",
        "keywords", "chains", "people", "works", "modes")  # fmt: skip


def offer_out(offer: Offer, at: datetime) -> dict[str, Any]:
    """An offer as the API answers it: a draft by what was typed, else by its columns."""
    is_draft = bool(offer.typed)
    said: Offer | rules.Content = offer
    figures: Iterable[Any] = () if is_draft else offer.figures.all()
    if is_draft:
        said, _problems = rules.read_typed(offer.typed, shanghai_date(at))
        figures = said.figures
    unit = offer.organisation
    return {
        **{name: getattr(said, name) for name in SAID},
        **{name: getattr(offer, name) for name in (
            "number", "version", "state", "source", "since", "published_at", "return_words")},
        "figures": [
            {"name": one.name, "value": rules.number_text(one.value), "unit": one.unit}
            for one in figures
        ],
        "organisation": unit.code if unit else None,
        "organisation_name": unit.name if unit else None,
        "region": offer.region_path.rsplit("/", 1)[-1],
    }  # fmt: skip


class StageOut(Schema):
    stage: str
    since: datetime
    by_role: str


class OfferQuery(ListQuery):
    """How the list is narrowed."""

    kind: str = Field("", max_length=10)
    state: str = Field("", max_length=12)
    chain: str = Field("", max_length=30)
    region: str = Field("", max_length=6)
    q: str = Field("", max_length=100)
    mine: bool = False


class ImportedOut(Schema):
    created: int
    updated: int
    unchanged: int
