"""What anybody may know of a number from the record: on the page and through the API alike."""

from kechuang.base.actor import Role
from kechuang.record.models import Entry
from kechuang.record.queries import public_entries_of

MOST = 200
# Acts of whoever objects: a role may have a single holder in a unit, so it is not told.
BY_NAMED_PEOPLE = ("notices.object_to", "notices.withdraw_objection")


def entries_naming(number: str) -> list[Entry]:
    """The entries on a number, oldest first: verbs, times, positions and fingerprints."""
    entries = list(public_entries_of(number)[:MOST])
    for entry in entries:
        if entry.verb in BY_NAMED_PEOPLE:
            entry.role = Role.PUBLIC
    return entries
