"""What every step of a need does: lock, move, note the stage, tell, and keep search in step."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.messages.actions import tell
from kechuang.needs import rules
from kechuang.needs.models import Disclosure, Need, NeedStage, Target
from kechuang.needs.rules import Extent, State
from kechuang.parties.queries import holders
from kechuang.record import actions as record
from kechuang.search import actions as search

NOTE_LONGEST = 2000


def locked(need: Need) -> Need:
    """The need as it is now, its row locked until commit."""
    return (
        Need.objects.select_for_update(of=("self",))
        .select_related("organisation", "filler", "contact")
        .get(pk=need.pk)
    )


def move(
    need: Need, state: State, *, by: Actor, at: datetime, note: str = "", private: str = ""
) -> None:
    """Put a locked need in a state, with its deadline, a stage row and its place in search."""
    rules.TABLE.check_move(need.state, state)
    need.state = state
    need.since = at
    need.until = rules.due(state, need.region_path, at) if state in rules.CHECKS else None
    need.changed_at = at
    need.version += 1
    need.save()
    NeedStage.objects.create(
        need=need,
        stage=state,
        since=at,
        by_person=by.person,
        by_role=by.role,
        by_organisation=by.organisation,
        note_public=note[:NOTE_LONGEST],
        note_private=private[:NOTE_LONGEST],
    )
    put_in_search(need, at=at)


def record_step(
    need: Need, verb: str, *, by: Actor, at: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Append a step to the record: state and version, never what the need says."""
    facts = {"state": str(need.state), "version": need.version} | (payload or {})
    record.append(
        verb=f"needs.{verb}", object_number=need.number, by=by, at=at, payload=facts
    )


def put_in_search(need: Need, *, at: datetime) -> None:
    """Show in search exactly what the publication level opens; drop what is over."""
    if need.state in (State.DRAFT, State.WITHDRAWN, State.EXPIRED, State.MERGED):
        search.drop_document(number=need.number)
        return
    document = search_document(need, targets=list(need.targets.all()), readers=readers_of(need))
    search.put_document(**document, at=at)


def search_document(
    need: Need, *, targets: list[Target], readers: list[str]
) -> dict[str, Any]:
    """The document of a need: for the public the summary or all, else for officials and owner.

    A redacted need carries neither its owner nor its targets, so that nobody can search for them.
    """
    public = rules.public_extent(need.facts)
    body = need.body
    if public == Extent.SUMMARY:
        body = rules.without_names(need.body, (need.organisation.name,))
    else:
        body = "\n".join([need.body, *(str(target) for target in targets)])
    return {
        "number": need.number,
        "kind": "need",
        "title": need.title,
        "keywords": " ".join(need.keywords),
        "body": body,
        "region_path": need.region_path,
        "owner_code": "" if public == Extent.SUMMARY else need.organisation.code,
        "visibility": "OFFICERS" if public == Extent.NOTHING else "PUBLIC",
        "facets": {"state": str(need.state), "chain": need.chain},
        "readers": readers,
    }


def readers_of(need: Need) -> list[str]:
    """The units that a need was opened to in full text, so that they find it too."""
    rows = Disclosure.objects.filter(
        need=need, until__isnull=True, extent__in=[Extent.OPEN, Extent.FULL]
    )
    return list(rows.values_list("organisation__code", flat=True))


def owners_of(need: Need, at: datetime) -> list[str]:
    """Who is told for the owner: the filler and the unit's administrators."""
    people = holders(Role.UNIT_ADMIN, at=at, organisation=need.organisation)
    numbers = [person.number for person in people]
    return [*numbers, need.filler.number] if need.filler else numbers


def tell_holders(need: Need, *, by: Actor, at: datetime) -> None:
    """Tell those who hold the need's present step that it waits for them."""
    if need.state == State.UNIT_CHECK:
        people = holders(Role.UNIT_ADMIN, at=at, organisation=need.organisation)
        template = "needs.submitted"
    else:
        path = rules.check_region(need.state, need.region_path)
        people = holders(Role.OFFICER, at=at, region_path=path)
        template = "needs.check"
    tell_people(need, [person.number for person in people], template, by=by, at=at)


def tell_owners(need: Need, template: str, *, by: Actor, at: datetime) -> None:
    tell_people(need, owners_of(need, at), template, by=by, at=at)


def tell_people(
    need: Need, people: Iterable[str], template: str, *, by: Actor, at: datetime
) -> None:
    tell(people=people, template=template, object_number=need.number, by=by, at=at)
