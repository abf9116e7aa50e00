"""Whom figures are about and who says them: found, or entered once."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from kechuang.indicators.models import Source, Subject
from kechuang.parties.models import Organisation, Region

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
OWN_SOURCE = "本平台测算"


def area_code(kind: str, name: str) -> str:
    """A code for what has none of its own, the same for the same name.

    >>> area_code("AREA", "贵州省贵安新区") == area_code("AREA", "贵州省贵安新区")
    True
    """
    digest = int.from_bytes(hashlib.sha256(f"{kind}:{name}".encode()).digest()[:8], "big")
    text = "".join(ALPHABET[digest >> 5 * place & 31] for place in range(8))
    return f"{'A' if kind == 'AREA' else 'E'}-{text}"


def subject_of_region(region: Region) -> Subject:
    """The subject of a region, entered at its first figure."""
    subject, _made = Subject.objects.get_or_create(
        code=region.code,
        defaults={
            "kind": Subject.Kind.REGION, "name": region.name, "name_en": region.name_en,
            "region": region, "within": region.parent, "region_path": region.path,
        },
    )  # fmt: skip
    return subject


def own_source() -> Source:
    source, _made = Source.objects.get_or_create(
        kind=Source.Kind.OWN, title=OWN_SOURCE, publication="", published=""
    )
    return source


@dataclass
class SubjectFinder:
    """Finds the subjects of a sheet: area texts by the names of regions, then text as it stands.

    Reads regions and organisations once, so a long sheet costs a fixed number of reads.
    """

    regions: dict[str, Region] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    found: dict[tuple[str, str], Subject] = field(default_factory=dict)

    @classmethod
    def over(cls, entities: Iterable[str]) -> "SubjectFinder":
        finder = cls()
        regions = list(Region.objects.filter(until__isnull=True).select_related("parent"))
        by_path = {region.path: region for region in regions}
        ambiguous: set[str] = set()
        for region in regions:
            for name in _names_of(region, by_path):
                if name in finder.regions and finder.regions[name].pk != region.pk:
                    ambiguous.add(name)
                finder.regions[name] = region
        for name in ambiguous:
            del finder.regions[name]
        for organisation in Organisation.objects.filter(name__in=set(entities)):
            finder.organisations[organisation.name] = organisation
        return finder

    def subject(self, area: str, entity: str) -> Subject:
        """The subject of an area and, where given, of an entity in it."""
        key = (area, entity)
        if key not in self.found:
            self.found[key] = self._entity(area, entity) if entity else self._area(area)
        return self.found[key]

    def _area(self, area: str) -> Subject:
        region = self.regions.get(area)
        if region is not None:
            return subject_of_region(region)
        within = self._containing(area)
        subject, _made = Subject.objects.get_or_create(
            code=area_code("AREA", area),
            defaults={
                "kind": Subject.Kind.AREA, "name": area, "within": within,
                "region_path": within.path if within else "",
            },
        )  # fmt: skip
        return subject

    def _entity(self, area: str, entity: str) -> Subject:
        organisation = self.organisations.get(entity)
        within = self.regions.get(area) or self._containing(area)
        code = organisation.number if organisation else area_code("ENTITY", f"{area}/{entity}")
        subject, _made = Subject.objects.get_or_create(
            code=code,
            defaults={
                "kind": Subject.Kind.ORGANISATION, "name": entity, "organisation": organisation,
                "within": within, "region_path": within.path if within else "",
            },
        )  # fmt: skip
        return subject

    def _containing(self, area: str) -> Region | None:
        for end in range(len(area), 1, -1):
            if area[:end] in self.regions:
                return self.regions[area[:end]]
        return None


def _names_of(region: Region, by_path: dict[str, Region]) -> set[str]:
    """How a source may write a region: code, name, with its province, with all above it."""
    steps = region.path.split("/")
    above = [
        by_path[path].name
        for end in range(1, len(steps))
        if (path := "/".join(steps[:end])) in by_path
    ]
    whole = "".join([*above, region.name])
    return {region.code, region.name, whole, (above[0] if above else "") + region.name}
