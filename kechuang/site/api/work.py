"""The work list through the API: what waits for the token's person, of every part."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Field, Query, Router, Schema

from kechuang.doors.api import ERRORS, api_actor
from kechuang.site.work import tab_of, work_of

router = Router(tags=["work"])


class MatterOut(Schema):
    """One thing that waits: what, who holds it, since when, until when, and the page to act on."""

    number: str
    title: str
    task: str
    holder: str
    mine: bool
    since: datetime
    until: datetime | None
    is_overdue: bool
    url: str
    button: str


class WorkOut(Schema):
    """The matters, the most pressing first; those without a limit come last."""

    items: list[MatterOut]


class WorkQuery(Schema):
    """Which tab of the list."""

    who: str = Field("", max_length=6, description="me, or others")
    due: str = Field("", max_length=7, description="overdue, or today")


@router.get("", response={200: WorkOut, **ERRORS}, operation_id="list_work")
def list_work(request: HttpRequest, query: Query[WorkQuery]) -> dict[str, Any]:
    """What waits for me, and what I wait for."""
    listed = work_of(api_actor(request), request.at)
    wanted = {name: value for name, value in query.dict().items() if value}
    return {
        "items": [
            {
                "number": matter.number,
                "title": matter.title,
                "task": gettext(matter.task).format(**matter.facts),
                "holder": matter.holder,
                "mine": matter.mine,
                "since": matter.since,
                "until": matter.until,
                "is_overdue": matter.is_overdue(listed.at),
                "url": matter.url,
                "button": gettext(matter.button),
            }
            for matter in listed.under(tab_of(wanted))
        ]
    }
