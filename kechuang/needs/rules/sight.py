"""Who sees how much of a need: the publication level, field by field."""

from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_
from kechuang.needs.rules.states import OWNERS, PUBLIC_STATES, NeedFacts, State

LEAST_NAME = 4


class Publication(StrEnum):
    PUBLIC = "PUBLIC"
    REDACTED = "REDACTED"
    CLOSED = "CLOSED"


PUBLICATION_NAMES = {
    Publication.PUBLIC: N_("全部公开"),
    Publication.REDACTED: N_("公开摘要"),
    Publication.CLOSED: N_("不公开"),
}
PUBLICATION_EFFECTS = {
    Publication.PUBLIC: N_("名称、说明、指标、经费、期限和单位名人人可见，找到团队最快"),
    Publication.REDACTED: N_("人人可见名称、说明、经费和期限；指标和单位名只给经引荐的一方"),
    Publication.CLOSED: N_("公众看不到这条需求，只由科技部门和联络员私下找团队"),
}


class Extent(StrEnum):
    """How much is opened, from nothing to everything; each holds the ones before it."""

    NOTHING = "NOTHING"
    PROGRESS = "PROGRESS"
    SUMMARY = "SUMMARY"
    OPEN = "OPEN"
    FULL = "FULL"


ORDER = tuple(Extent)
EXTENT_NAMES = {
    Extent.NOTHING: N_("不开放"),
    Extent.PROGRESS: N_("只看进展"),
    Extent.SUMMARY: N_("摘要"),
    Extent.OPEN: N_("全文"),
    Extent.FULL: N_("全文、附件与联系人"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What one reader sees of one need."""

    extent: Extent
    is_inside: bool = False
    has_contact: bool = False

    def _reaches(self, extent: Extent) -> bool:
        return ORDER.index(self.extent) >= ORDER.index(extent)

    @property
    def progress(self) -> bool:
        return self._reaches(Extent.PROGRESS)

    @property
    def summary(self) -> bool:
        return self._reaches(Extent.SUMMARY)

    @property
    def organisation(self) -> bool:
        return self._reaches(Extent.OPEN)

    @property
    def targets(self) -> bool:
        return self._reaches(Extent.OPEN)

    @property
    def attachments(self) -> bool:
        return self._reaches(Extent.FULL)


def sight_of(actor: Actor, facts: NeedFacts, disclosed: Extent = Extent.NOTHING) -> Sight:
    """How much of a need this actor sees; a disclosure adds, never takes away."""
    member = actor.is_role(Role.MEMBER, Role.LIAISON) and facts.state != State.DRAFT
    if actor.organisation and actor.organisation == facts.organisation and (
        actor.is_role(*OWNERS) or member
    ):
        return Sight(Extent.FULL, is_inside=True, has_contact=True)
    is_official = actor.is_role(Role.OFFICER, Role.HEAD, Role.LIAISON, Role.SUPERVISOR)
    is_official = is_official and not actor.serves_one_unit
    was_handed_in = facts.state != State.DRAFT or bool(facts.returned_by)
    if is_official and actor.covers(facts.region_path) and was_handed_in:
        return Sight(Extent.FULL, True, has_contact=not actor.is_role(Role.SUPERVISOR))
    extent = max(public_extent(facts), disclosed, key=ORDER.index)
    return Sight(extent, has_contact=disclosed == Extent.FULL)


def public_extent(facts: NeedFacts) -> Extent:
    """How much anybody sees.

    >>> public_extent(NeedFacts("", State.ACCEPTED, "", "", Publication.REDACTED)).value
    'SUMMARY'
    """
    if facts.state not in PUBLIC_STATES:
        return Extent.NOTHING
    if facts.publication == Publication.PUBLIC:
        return Extent.OPEN
    return Extent.SUMMARY if facts.publication == Publication.REDACTED else Extent.NOTHING


def without_names(text: str, names: tuple[str, ...]) -> str:
    """The text without the names of its owner, as the summary shows it.

    >>> without_names("示例芯封科技有限公司现用银膏", ("示例芯封科技有限公司",))
    '本单位现用银膏'
    """
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= LEAST_NAME:
            text = text.replace(name, "本单位")
    return text
