"""What stands around every page: place, switches of region and identity, navigation, foot."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base.actor import REGION_ROLES, ROLE_NAMES, Actor, Role
from kechuang.base.refusals import N_
from kechuang.doors import clock
from kechuang.doors.words import name_in_language
from kechuang.messages.queries import unread_count
from kechuang.parties.models import Appointment, Region

# Name and the page's url name; a part that is not built has no address and is left out.
NAVIGATION = (
    (N_("首页"), "home"),
    (N_("工作台"), "work"),
    (N_("需求"), "needs"),
    (N_("成果与团队"), "offers"),
    (N_("对接"), "introductions"),
    (N_("榜单"), "challenges"),
    (N_("项目"), "projects"),
    (N_("算力"), "centres"),
    (N_("平台与仪器"), "platforms"),
    (N_("产业链"), "chains"),
    (N_("惠企政策"), "policies"),
    (N_("指标"), "indicators"),
    (N_("公开核验"), "verify"),
)
# Lists whose addresses are their own, and the entry of the navigation that they stand under.
UNDER = {"centres": ("allocations", "jobs", "statements", "data-sets", "network")}
OWN_PAGES = (
    (Role.SUPERVISOR, N_("平台日志"), "record"),
    (Role.OPERATOR, N_("运行"), "operate"),
)
FOOT = (
    (N_("办事"), (
        (N_("发布需求"), "need-new"), (N_("揭榜"), "challenges"), (N_("找成果"), "offers"),
    )),
    (N_("公开"), (
        (N_("指标与佐证"), "indicators"), (N_("公开核验"), "verify"), (N_("公示与异议"), "notices"),
    )),
    (N_("关于"), (
        (N_("无障碍声明"), "help-accessibility"), (N_("个人信息保护"), "help-privacy"),
        (N_("页面状态说明"), "help-states"), (N_("术语表"), "help-glossary"),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    links: list[Link]


@dataclass(frozen=True, slots=True)
class RegionLink:
    region: Region
    url: str
    is_current: bool
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Identity:
    number: str
    words: str
    is_current: bool


class Frame:
    """The frame of one page; what a page does not show is not fetched."""

    def __init__(self, request):
        self.request = request
        self.at: datetime = getattr(request, "at", None) or clock.now()
        self.actor: Actor = getattr(request, "actor", Actor.PUBLIC)

    @cached_property
    def _regions(self) -> list[Region]:
        """All regions in force, top first: a short table, read once a page."""
        return list(Region.objects.filter(until__isnull=True).order_by("path"))

    @cached_property
    def place(self) -> Region | None:
        """The region whose installation this is: as set, else the demonstration's city, else the
        first city. Others may be in the table only because published figures speak of them.
        """
        if settings.KECHUANG_REGION:
            return next((r for r in self._regions if r.code == settings.KECHUANG_REGION), None)
        cities = [r for r in self._regions if r.level == Region.Level.CITY]
        return next((r for r in cities if r.is_demo), (cities or self._regions or [None])[0])

    @cached_property
    def region(self) -> Region | None:
        """The region that lists and figures are limited to."""
        wanted = self.request.GET.get("region", "")
        return next((r for r in self._regions if r.code == wanted), self.place)

    @cached_property
    def regions(self) -> list[RegionLink]:
        if self.place is None:
            return []
        inside = [
            r for r in self._regions
            if r.path == self.place.path or r.path.startswith(self.place.path + "/")
        ]
        return [
            RegionLink(r, self._with_region(r), r == self.region, r == self.place) for r in inside
        ]

    def _with_region(self, region: Region) -> str:
        query = {k: v for k, v in self.request.GET.items() if k not in ("region", "after")}
        if region != self.place:
            query["region"] = region.code
        return f"{self.request.path}?{urlencode(query)}" if query else self.request.path

    @cached_property
    def person(self):
        return self._appointments[0].person if self._appointments else None

    @cached_property
    def _appointments(self) -> list[Appointment]:
        """The appointments of whoever is signed in, those in force today."""
        return list(getattr(self.request, "appointments", []))

    @cached_property
    def appointments(self) -> list[Identity]:
        return [
            Identity(a.number, identity_words(a), a.number == self.actor.appointment)
            for a in self._appointments
        ]

    @cached_property
    def unread(self) -> int:
        """How many messages this person has not seen."""
        return unread_count(self.actor, self.at)

    @cached_property
    def identity(self) -> str:
        """The identity in force, as it prints with the page."""
        for appointment in self._appointments:
            if appointment.number == self.actor.appointment:
                return f"{seat_words(appointment)} · {name_in_language(appointment.person)}"
        return str(name_in_language(self.person)) if self.person else ""

    @property
    def is_demo(self) -> bool:
        return bool(settings.KECHUANG_DEMO or (self.place and self.place.is_demo))

    @property
    def switch_url(self) -> str:
        """The demonstration's switch of people, where there is one."""
        return _url("demo-switch") if settings.KECHUANG_DEMO else ""

    @cached_property
    def office(self) -> str:
        """The office that answers for the installation."""
        if self.place is None:
            return _("科技创新平台")
        if english() and self.place.name_en:
            return f"{self.place.name_en} Science and Technology Bureau"
        return f"{self.place.name}科学技术局"

    @cached_property
    def navigation(self) -> list[Link]:
        shown = []
        for name, url_name in NAVIGATION:
            if url_name == "work" and not self.actor.is_signed_in:
                continue
            url = _url(url_name)
            if url:
                within = [url, *map(_url, UNDER.get(url_name, ()))]
                is_here = any(self._is_within(one) for one in within if one)
                shown.append(Link(name, url, is_here))
        return shown

    def _is_within(self, url: str) -> bool:
        path = self.request.path
        return path == url or (url != _url("home") and path.startswith(url))

    @cached_property
    def own_links(self) -> list[Link]:
        """Pages that only one role has."""
        return [
            Link(name, reverse(url_name))
            for role, name, url_name in OWN_PAGES
            if role == self.actor.role
        ]

    @cached_property
    def foot(self) -> list[Column]:
        return [
            Column(name, [Link(text, url) for text, url_name in links if (url := _url(url_name))])
            for name, links in FOOT
        ]

    @property
    def language(self) -> str:
        return "en" if english() else "zh-Hans"

    @property
    def other_language(self) -> str:
        return "zh-Hans" if english() else "en"

    @cached_property
    def other_url(self) -> str:
        """This page in the other language."""
        return translate_url(self.request.get_full_path(), "zh-hans" if english() else "en")

    @cached_property
    def sign_in_url(self) -> str:
        return f"{reverse('account_login')}?{urlencode({'next': self.request.get_full_path()})}"


def english() -> bool:
    return (get_language() or "").startswith("en")


def seat_words(appointment: Appointment) -> str:
    """Where a person sits: the unit, the region's office, or the role alone."""
    if appointment.organisation:
        return str(name_in_language(appointment.organisation))
    if appointment.region:
        place = str(name_in_language(appointment.region))
        if appointment.role in REGION_ROLES:
            gap = " " if english() else ""
            return f"{place}{gap}{appointment.office or _('科技局')}"
        return place
    return _("个人")


def identity_words(appointment: Appointment) -> str:
    role = _(ROLE_NAMES[Role(appointment.role)])
    return _("{seat}（{role}）").format(seat=seat_words(appointment), role=role)


def _url(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def frame(request):
    """The context processor: `frame`, `actor` and `at` in every template."""
    around = Frame(request)
    return {"frame": around, "actor": around.actor, "at": around.at}
