"""The open needs that an offer being written would match, and what one change would add."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marketplace.matching import shapes
from marketplace.matching.index import Index
from marketplace.matching.ranking import eligible_structures
from marketplace.matching.shaping import open_need_shapes
from marketplace.needs.tables import Need
from marketplace.offers.drafting import OfferDraft
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS
from marketplace.structures.tables import Structure
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

WIDER = 1.5
"""Times the radius: one step farther."""
FARTHEST_KM = 500.0
NAMED = 5
AS_IT_IS, EVERYWHERE = "as it is", "everywhere"


@dataclass(frozen=True)
class Widening:
    """The one change that adds most needs: `adds` of them. `to` is a number of kilometres, the
    slug of a sector or the code of a department."""

    code: Literal["radius", "sector", "zone"]
    to: str
    adds: int


@dataclass(frozen=True)
class OfferPreview:
    """How many needs the offer matches, and the first of them to close."""

    matched: int
    needs: Sequence[Need]
    widening: Widening | None


def preview_offer(session: Session, offer: shapes.Offer, now: datetime) -> OfferPreview:
    """Rank every open need against the offer and against each change of it, at once: each
    change stands in one small index as a structure of its own.

    While the offer does not say where, nothing matches: ranking would take that for unknown.
    """
    coverage = offer.coverage
    if coverage.type != "country" and not (coverage.codes or coverage.km):
        return OfferPreview(0, [], None)
    places = gazetteer(session)
    changes = dict(_changes(offer))
    index = Index(places)
    index.upsert(
        replace(changed, id=name, structure_id=name)
        for name, changed in {AS_IT_IS: offer, **changes}.items()
    )
    matched: list[int] = []
    added: Counter[str] = Counter()
    for need_id, parts in open_need_shapes(session, now).items():
        able = {name for part in parts for name in eligible_structures(index, part)}
        if AS_IT_IS in able:
            matched.append(need_id)
            continue
        added.update(able - {EVERYWHERE})
        if EVERYWHERE in able:
            added.update({code for part in parts for code in _departments(part.place, places)})
    return OfferPreview(len(matched), _first_to_close(session, matched), _most(added))


def _first_to_close(session: Session, need_ids: list[int]) -> Sequence[Need]:
    first = select(Need).where(Need.id.in_(need_ids)).order_by(Need.deadline_on, Need.id)
    return session.scalars(first.options(selectinload(Need.zones)).limit(NAMED)).all()


def shape_of(structure: Structure, draft: OfferDraft) -> shapes.Offer:
    """An offer that no row holds yet, as ranking takes it in."""
    return shapes.Offer(
        id=AS_IT_IS,
        structure_id=AS_IT_IS,
        kind=structure.kind,
        coverage=Coverage(draft.coverage_type.value, draft.zones, draft.radius_km),
        name=structure.display_name,
        title=draft.title,
        description=draft.description,
        sectors=draft.sectors,
        service_types=draft.service_types,
        lat=structure.lat,
        lon=structure.lon,
        commune=structure.commune_code,
        postcode=structure.postcode or None,
        department=structure.department_code,
        naf=structure.naf or None,
        amount_min=draft.amount_min,
        amount_max=draft.amount_max,
        lead_days=draft.lead_time_days,
        qpv=bool(structure.is_in_qpv),
        tags=draft.environmental_tags or tuple(structure.environmental_tags),
        team=structure.team_insertion,
    )


def _changes(offer: shapes.Offer) -> Iterator[tuple[str, shapes.Offer]]:
    coverage = offer.coverage
    if coverage.type == "radius" and coverage.km and coverage.km < FARTHEST_KM:
        km = float(min(FARTHEST_KM, max(coverage.km + 1, round(coverage.km * WIDER))))
        yield f"radius:{km:.0f}", replace(offer, coverage=Coverage("radius", km=km))
    if coverage.type == "zones":
        yield EVERYWHERE, replace(offer, coverage=Coverage("country"))
    groups = {BY_SLUG[slug].group for slug in offer.sectors if slug in BY_SLUG}
    for sector in SECTORS:
        if sector.group in groups and sector.slug not in offer.sectors:
            sectors = (*offer.sectors, sector.slug)
            yield f"sector:{sector.slug}", replace(offer, sectors=sectors)


def _departments(place: Place, places: Gazetteer) -> Iterator[str]:
    """The departments of which one would be enough to reach the place."""
    commune = places.commune(place.commune or "")
    if commune:
        yield f"zone:{commune.department}"
    yield from (f"zone:{code}" for code in place.codes if places.department(code))


def _most(added: Counter[str]) -> Widening | None:
    """Of those that add as many, a wider place before another trade."""
    order: dict[str, int] = {"radius": 0, "zone": 1, "sector": 2}
    best = min(
        added.items(), key=lambda one: (-one[1], order[one[0].split(":")[0]], one[0]), default=None
    )
    if best is None:
        return None
    code, to = best[0].split(":")
    return Widening(code, to, best[1])  # type: ignore[arg-type]  # made above, of these three
