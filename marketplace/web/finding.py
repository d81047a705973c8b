"""The page of a search: what was found and why, what narrows it, what would widen it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy.orm import Session

from marketplace.db import db
from marketplace.forms import Paging, one_line, page_asked
from marketplace.offers.narrowing import (
    CHOICES,
    RADII,
    Asked,
    Face,
    Sort,
    asked_in,
    chips,
    inferred_sector_names,
    sections,
    sector_names,
)
from marketplace.offers.searching import (
    Found,
    Place,
    Result,
    Search,
    count_found,
    place_of,
    results,
    total_of,
)
from marketplace.offers.spelling import read_words
from marketplace.offers.why import Sought, Told, reasons
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.queries import gazetteer

PER_PAGE = 20
ENDPOINTS = {Face.STRUCTURES: "structures.index", Face.OFFERS: "structures.offers"}
SORTS = {
    Sort.RELEVANCE: "Pertinence",
    Sort.DISTANCE: "Distance",
    Sort.NAME: "Nom",
    Sort.NEWEST: "Plus récentes",
}
_TOLD_APART = frozenset({"groupe", "secteur", "famille", "type", "region", "departement"})
"""What a card shows anyway, or what the place tells better."""


@dataclass(frozen=True, slots=True)
class Card:
    """A result as the list and the map show it."""

    rank: int
    result: Result
    sectors: list[str]
    inferred: list[str]
    """Sectors that nobody declared."""
    reasons: list[str]


def asked_here() -> Asked:
    return asked_in((name, one_line(value)) for name, value in request.args.items(multi=True))


def found_here(face: Face) -> dict[str, object]:
    """What the page of a search shows, of what the address asks."""
    session = db.session()
    places = gazetteer(session)
    asked = asked_here()
    code = naming.zone_named(places, asked.where) if asked.where else None
    place = place_of(places, code) if code else None
    search = Search(face, asked, place, read_words(session, asked.words))
    is_unknown_place = bool(asked.where and not code)
    found = Found() if is_unknown_place else count_found(session, search)
    at = Paging(found.total, min(page_asked(), max(1, -(-found.total // PER_PAGE))), PER_PAGE)
    skipped = (at.page - 1) * PER_PAGE
    shown = results(session, search, PER_PAGE, skipped) if found.total else []
    explained = _Explained(search, places)
    return {
        "face": face,
        "address": url_for(ENDPOINTS[face]),
        "faces": [(one, _address(one, asked)) for one in Face],
        "search": search,
        "asked": asked,
        "found": found,
        "at": at,
        "cards": [
            Card(skipped + number, result, *explained(result))
            for number, result in enumerate(shown, start=1)
        ],
        "sections": sections(asked, found.counts),
        "chips": [(chip.label, _address(face, chip.without)) for chip in chips(asked)],
        "radii": RADII,
        "sorts": _sorts(search),
        "is_unknown_place": is_unknown_place,
        "as_typed": urlencode(asked.pairs()),
        "widen": [] if found.total else _widening(session, search, found, is_unknown_place),
    }


def _address(face: Face, asked: Asked) -> str:
    said = urlencode(asked.pairs())
    return url_for(ENDPOINTS[face]) + (f"?{said}" if said else "")


def _sorts(search: Search) -> list[tuple[str, str, bool]]:
    """The orders that mean something here, and which one it is; the usual one has no value."""
    has_point = search.place is not None and search.place.lat is not None
    useless = set() if has_point else {Sort.DISTANCE}
    if search.reading.is_empty:
        useless.add(Sort.RELEVANCE)
    by_default = replace(search, asked=replace(search.asked, sort=None)).sort
    return [
        ("" if one is by_default else one, SORTS[one], one is search.sort)
        for one in Sort
        if one not in useless
    ]


class _Explained:
    def __init__(self, search: Search, places: Gazetteer) -> None:
        self._places = places
        self._place = search.place
        asked = search.asked
        self._sectors = {*search.reading.sectors} | {
            value for name, value in asked.ticked if name == "secteur"
        }
        self._groups = {value for name, value in asked.ticked if name == "groupe"}
        self._further = [
            (value, CHOICES[name][value]) for name, value in asked.ticked if name not in _TOLD_APART
        ]
        self._sought = Sought(
            stems=frozenset(search.reading.stems),
            place_name=search.place.point_name if search.place else "",
            place_marks=frozenset(search.place.marks if search.place else ()),
            zone_names=_zone_names(search.place, places) if search.place else {},
        )

    def __call__(self, result: Result) -> tuple[list[str], list[str], list[str]]:
        """The sectors that it declares, those that are inferred, and why it is there."""
        marks, structure, offer = result.document.facets, result.structure, result.offer
        borne = {mark[2:] for mark in marks}
        asked = [
            mark
            for mark in marks
            if mark.startswith(("s:", "i:"))
            and (
                mark[2:] in self._sectors
                or (mark[2:] in BY_SLUG and BY_SLUG[mark[2:]].group.slug in self._groups)
            )
        ]
        told = Told(
            name=f"{structure.brand} {structure.name}" if offer is None else offer.title,
            titles=result.titles,
            description=(offer or structure).description,
            city=structure.city,
            is_seated_there=self._is_seated_there(result),
            distance_km=result.distance_km,
            radius_km=result.document.radius_km,
            reach=frozenset(result.document.reach),
            named_sectors=sector_names(asked),
            inferred_sectors=inferred_sector_names(asked),
            further=[label for value, label in self._further if value in borne],
        )
        inferred = inferred_sector_names(marks)
        return sector_names(marks), inferred, reasons(told, self._sought)

    def _is_seated_there(self, result: Result) -> bool:
        if self._place is None:
            return False
        seat = result.structure
        zones = {*self._places.zones_of(seat.commune_code or ""), seat.department_code}
        return self._place.code in zones


def _zone_names(place: Place, places: Gazetteer) -> dict[str, str]:
    """The zones that hold a place, narrowest first, as a sentence names them."""
    codes = [mark[3:] for mark in place.marks if mark.startswith("in:") and mark[3:] != COUNTRY]
    widths = {code: len(places.communes_in(code)) for code in codes}
    named = {code: naming.label(places, code) for code in sorted(codes, key=widths.__getitem__)}
    return named | {COUNTRY: "toute la France"}


def _widening(
    session: Session, search: Search, found: Found, is_unknown_place: bool
) -> list[tuple[str, str]]:
    """What to give up, and how many that finds: the most fruitful first."""
    asked, face = search.asked, search.face
    ways: list[tuple[int, str, Asked]] = []
    for facet, gain in found.gains.items():
        without = replace(asked, ticked=tuple(_not_of(asked, facet)))
        labels = [CHOICES[name][value] for name, value in set(asked.ticked) - set(without.ticked)]
        if gain:
            ways.append((gain, f"Sans «\u00a0{', '.join(sorted(labels)[:2])}\u00a0»", without))
    if len(found.gains) > 1:
        unticked = replace(search, asked=asked.without_ticks())
        ways.append((total_of(session, unticked), "Sans aucun filtre", unticked.asked))
    if asked.where:
        label = "Chercher dans toute la France"
        elsewhere = replace(search, asked=asked.without("lieu", ""), place=None)
        ways.append((total_of(session, elsewhere), label, elsewhere.asked))
    if asked.words and not is_unknown_place:
        anything = replace(search, asked=asked.without("q", ""), reading=read_words(session, ""))
        ways.append((total_of(session, anything), "Sans les mots", anything.asked))
    offered = [way for way in ways if way[0]] or [(0, "Tout voir", Asked())]
    return [
        (f"{label} ({number})" if number else label, _address(face, without))
        for number, label, without in sorted(offered, key=lambda way: -way[0])
    ]


def _not_of(asked: Asked, facet: str) -> Iterable[tuple[str, str]]:
    return (pair for pair in asked.ticked if facet not in replace(asked, ticked=(pair,)).marks())
