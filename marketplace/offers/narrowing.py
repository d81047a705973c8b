"""What a search asks, as its address says it: words, a place, what narrows, an order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS, SECTORS, group_of
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind
from marketplace.structures.kinds import LABELS as KINDS
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.territories.gazetteer import Gazetteer

LONGEST = 200
"""Characters read of what was typed."""
RADII = (10, 20, 50, 100, 200)


class Face(StrEnum):
    """What a search looks for."""

    STRUCTURES = "structures"
    OFFERS = "offers"


class Sort(StrEnum):
    RELEVANCE = "pertinence"
    DISTANCE = "distance"
    NAME = "nom"
    NEWEST = "recent"


class Facet(StrEnum):
    """What narrows: values of one facet add up, facets cut one another."""

    SECTOR = "sector"
    KIND = "kind"
    SEAT = "seat"
    SERVICE = "service"
    LABEL = "label"
    NETWORK = "network"
    ZONE = "zone"
    AIM = "aim"


PREFIXES = {
    Facet.SECTOR: ("s:", "g:"),
    Facet.KIND: ("k:",),
    Facet.SEAT: ("d:",),
    Facet.SERVICE: ("t:",),
    Facet.LABEL: ("l:",),
    Facet.NETWORK: ("n:",),
    Facet.ZONE: ("q:",),
    Facet.AIM: ("a:",),
}
"""How the marks of each facet begin in `search_documents.facets`."""

FAMILIES = {"insertion": INSERTION, "handicap": HANDICAP, "prison": frozenset({Kind.SEP})}

_PLACES = Gazetteer.shipped()
_DEPARTMENTS = {department.code: department.name for department in _PLACES.departments}
_REGIONS = {region.code: region.name for region in _PLACES.regions}
_REGION_OF = {department.code: department.region for department in _PLACES.departments}
_KINDS = {str(kind): f"{kind} · {label}" for kind, label in KINDS.items()}

CHOICES: Mapping[str, Mapping[str, str]] = {
    "groupe": {group.slug: group.name for group in GROUPS},
    "secteur": {sector.slug: sector.name for sector in SECTORS},
    "famille": {
        "insertion": "Insertion par l'activité économique",
        "handicap": "Handicap",
        "prison": "Milieu pénitentiaire",
    },
    "type": _KINDS,
    "region": _REGIONS,
    "departement": _DEPARTMENTS,
    "prestation": {str(code): label for code, label in SERVICE_TYPES.items()},
    "label": LABELS,
    "reseau": NETWORKS,
    "zone": {
        "qpv": "Quartier prioritaire (QPV)",
        "frr": "Zone rurale à revitaliser (FRR)",
    },
    "demarche": {code: aim.label for code, aim in AIMS.items()},
}
"""The values that each parameter of the address takes, with their French names."""

_MARKS = {
    "groupe": (Facet.SECTOR, "g:"),
    "secteur": (Facet.SECTOR, "s:"),
    "type": (Facet.KIND, "k:"),
    "departement": (Facet.SEAT, "d:"),
    "prestation": (Facet.SERVICE, "t:"),
    "label": (Facet.LABEL, "l:"),
    "reseau": (Facet.NETWORK, "n:"),
    "zone": (Facet.ZONE, "q:"),
    "demarche": (Facet.AIM, "a:"),
}
_WITHIN = {
    "secteur": ("groupe", group_of),
    "type": ("famille", lambda kind: next(f for f in FAMILIES if kind in FAMILIES[f])),
    "departement": ("region", lambda code: _REGION_OF[code] or ""),
}
"""A value that lies within a wider one: ticked both, the narrower one tells."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search; `ticked` holds pairs of a parameter and one of its values, in their order."""

    words: str = ""
    where: str = ""
    radius_km: int | None = None
    ticked: tuple[tuple[str, str], ...] = ()
    sort: Sort | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """The arguments of its address, without the page."""
        said = [("q", self.words), ("lieu", self.where)]
        said.append(("rayon", str(self.radius_km) if self.radius_km else ""))
        said += [*self.ticked, ("tri", self.sort or "")]
        return [(name, value) for name, value in said if value]

    def without(self, name: str, value: str) -> "Asked":
        """The same search less one thing that it asks; a place goes with its radius."""
        if name == "q":
            return replace(self, words="")
        if name == "lieu":
            return replace(self, where="", radius_km=None)
        if name == "rayon":
            return replace(self, radius_km=None)
        return replace(self, ticked=tuple(pair for pair in self.ticked if pair != (name, value)))

    def without_ticks(self) -> "Asked":
        return replace(self, ticked=())

    def marks(self) -> dict[Facet, tuple[str, ...]]:
        """For each facet that narrows, the marks of which a document must bear one."""
        told = {_WITHIN[name][0]: set[str]() for name in _WITHIN}
        for name, value in self.ticked:
            if name in _WITHIN:
                wider, of = _WITHIN[name]
                told[wider].add(of(value))
        found: dict[Facet, list[str]] = {}
        for name, value in self.ticked:
            if name in told and value in told[name]:
                continue
            for narrow, one in _narrowest(name, value):
                facet, prefix = _MARKS[narrow]
                found.setdefault(facet, []).append(prefix + one)
        return {facet: tuple(marks) for facet, marks in found.items()}


def _narrowest(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "famille":
        yield from (("type", str(kind)) for kind in sorted(FAMILIES[value]))
    elif name == "region":
        yield from (("departement", code) for code, at in _REGION_OF.items() if at == value)
    else:
        yield name, value


def asked_in(pairs: Iterable[tuple[str, str]]) -> Asked:
    """What the arguments of an address ask; what means nothing is passed over."""
    said: dict[str, str] = {}
    ticked: dict[tuple[str, str], None] = {}
    for name, value in pairs:
        if name in CHOICES:
            if value in CHOICES[name]:
                ticked[name, value] = None
        else:
            said.setdefault(name, value)
    radius = said.get("rayon", "")
    return Asked(
        words=said.get("q", "")[:LONGEST].strip(),
        where=said.get("lieu", "")[:LONGEST].strip(),
        radius_km=next((km for km in RADII if str(km) == radius), None),
        ticked=tuple(ticked),
        sort=next((sort for sort in Sort if sort == said.get("tri")), None),
    )


@dataclass(frozen=True, slots=True)
class Option:
    """A box to tick, how many results have it, and the boxes within it."""

    name: str
    value: str
    label: str
    count: int
    is_ticked: bool
    within: tuple["Option", ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    options: tuple[Option, ...]
    is_open: bool


def sections(asked: Asked, counts: Mapping[str, int]) -> list[Section]:
    """The boxes to show, those that would give nothing left out unless ticked.

    `counts` is by mark. Widest sections first; long lists begin with what is most found.
    """
    sectors = _tree(asked, counts, "groupe", "secteur")
    kinds = _tree(asked, counts, "famille", "type", all_within=True)
    seats = _tree(asked, counts, "region", "departement")
    drawn = [
        ("Secteur", sectors),
        ("Type de structure", kinds),
        ("Siège", seats),
        ("Prestation", _flat(asked, counts, "prestation")),
        ("Label", _flat(asked, counts, "label")),
        ("Réseau", _flat(asked, counts, "reseau")),
        ("Quartier ou zone du siège", _flat(asked, counts, "zone")),
        ("Démarche environnementale", _flat(asked, counts, "demarche")),
    ]
    return [
        Section(title, options, index < 2 or any(_has_tick(option) for option in options))
        for index, (title, options) in enumerate(drawn)
        if options
    ]


def _has_tick(option: Option) -> bool:
    return option.is_ticked or any(inner.is_ticked for inner in option.within)


def _flat(
    asked: Asked, counts: Mapping[str, int], name: str, among: Iterable[str] | None = None
) -> tuple[Option, ...]:
    prefix = _MARKS[name][1]
    options = [
        Option(name, value, label, counts.get(prefix + value, 0), (name, value) in asked.ticked)
        for value, label in CHOICES[name].items()
        if among is None or value in among
    ]
    shown = [option for option in options if option.count or option.is_ticked]
    return tuple(sorted(shown, key=lambda option: -option.count))


def _tree(
    asked: Asked,
    counts: Mapping[str, int],
    name: str,
    inner: str,
    all_within: bool = False,
) -> tuple[Option, ...]:
    """Wide values, each with the narrower ones within it once it, or one of them, is ticked."""
    options = []
    of = _WITHIN[inner][1]
    for value, label in CHOICES[name].items():
        members = [one for one in CHOICES[inner] if of(one) == value]
        within = _flat(asked, counts, inner, members)
        is_ticked = (name, value) in asked.ticked
        count = sum(option.count for option in within)
        if name == "groupe":  # a structure may have several sectors of one group
            count = counts.get(f"g:{value}", 0)
        option = Option(name, value, label, count, is_ticked, within)
        if not (all_within or _has_tick(option)):
            option = replace(option, within=())
        if count or _has_tick(option):
            options.append(option)
    return tuple(sorted(options, key=lambda option: -option.count))


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that a search asks, and the same search without it."""

    label: str
    without: Asked


def chips(asked: Asked) -> list[Chip]:
    told = [("q", asked.words, f"Mots\u00a0: {asked.words}")] if asked.words else []
    if asked.where:
        told.append(("lieu", asked.where, f"Lieu\u00a0: {asked.where}"))
    if asked.where and asked.radius_km:
        told.append(("rayon", str(asked.radius_km), f"Siège à moins de {asked.radius_km}\u00a0km"))
    told += [(name, value, CHOICES[name][value]) for name, value in asked.ticked]
    return [Chip(label, asked.without(name, value)) for name, value, label in told]


def sector_names(marks: Iterable[str]) -> list[str]:
    """The names of the sectors declared, as these marks tell, in the order of the list."""
    told = frozenset(marks)
    return _names(
        {mark[2:] for mark in told if mark.startswith("s:") and f"i:{mark[2:]}" not in told}
    )


def inferred_sector_names(marks: Iterable[str]) -> list[str]:
    """The same of those that nobody declared, and that the words imply."""
    return _names({mark[2:] for mark in marks if mark.startswith("i:")})


def _names(slugs: Iterable[str]) -> list[str]:
    told = [BY_SLUG[slug] for slug in slugs if slug in BY_SLUG]
    return [sector.name for sector in sorted(told, key=lambda sector: sector.index)]
