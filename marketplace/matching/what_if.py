"""What a draft need would find, and what loosening it would add. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from marketplace.matching.index import Index
from marketplace.matching.lots import LotFound, LotNeed, LotRanking, best_of_lots
from marketplace.matching.ranking import count_eligible, eligible_structures, rank
from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Ranked, Ranking, Reason
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS

CLOSE_KM = 20.0
WIDER = 1.5
"""Times the radius asked for: the next step of the slider."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`relaxation` is the one loosening that adds most structures, `adds` of them."""

    eligible: int
    close: int
    """Seated less than CLOSE_KM from the place."""
    best: list[Ranked]
    relaxation: Reason | None
    distances: dict[str, float | None]
    """Everyone eligible, by structure id, with the kilometres from the place where known."""


def what_if(index: Index, need: Need, top: int = 5) -> WhatIf:
    """Count and list who could answer a need as it stands, and find what to loosen.

    Loosening takes one step at a time: a wider radius, one more sector of the same group,
    one more kind, one more service type, or the national offers. Of those that add as many,
    the first in that order.
    """
    distances = eligible_structures(index, need)
    eligible = len(distances)
    best, most = None, 0
    for reason, looser in _loosened(need):
        adds = count_eligible(index, looser) - eligible
        if adds > most:
            best, most = reason | {"adds": adds}, adds
    return WhatIf(
        eligible=eligible,
        close=close_by(distances),
        best=rank(index, need, top).matches[: min(top, eligible)],
        relaxation=best,
        distances=distances,
    )


def what_if_lots(
    index: Index, lots: Sequence[LotNeed], top: int = 5
) -> tuple[WhatIf, list[LotFound]]:
    """The same for a need with lots: of its structures, those who could answer some lot; and
    each lot's own counts. The loosening is of the lot to which it adds most."""
    whats = [what_if(index, lot.need, top) for lot in lots]
    found = [
        LotFound(lot.lot_id, lot.number, lot.title, one.eligible, one.close, one.relaxation)
        for lot, one in zip(lots, whats, strict=True)
    ]
    distances: dict[str, float | None] = {}
    for one in whats:
        for structure_id, km in one.distances.items():
            known = distances.get(structure_id)
            distances[structure_id] = km if known is None else min(known, km or known)
    best = best_of_lots(
        [
            LotRanking(lot.number, Ranking(one.eligible, one.best), one.distances)
            for lot, one in zip(lots, whats, strict=True)
        ]
    )
    loosenings = [
        one.relaxation | {"lot": one.number} for one in found if one.relaxation is not None
    ]
    return (
        WhatIf(
            eligible=len(distances),
            close=close_by(distances),
            best=best.matches[:top],
            relaxation=max(loosenings, key=lambda reason: reason["adds"], default=None),
            distances=distances,
        ),
        found,
    )


def close_by(distances: dict[str, float | None]) -> int:
    """How many are seated less than CLOSE_KM from the place."""
    return sum(km is not None and km < CLOSE_KM for km in distances.values())


def _loosened(need: Need) -> Iterator[tuple[Reason, Need]]:
    if need.place.radius_km:
        radius = float(round(need.place.radius_km * WIDER))
        wider = replace(need, place=replace(need.place, radius_km=radius))
        yield {"code": "wider_radius", "limit_km": radius}, wider
    groups = {BY_SLUG[slug].group for slug in need.sectors if slug in BY_SLUG}
    for sector in SECTORS:
        if sector.group in groups and sector.slug not in need.sectors:
            reason = {"code": "add_sector", "slug": sector.slug, "name": sector.name}
            yield reason, replace(need, sectors=(*need.sectors, sector.slug))
    for kind in KINDS:
        if need.kinds and kind not in need.kinds:
            yield {"code": "add_kind", "kind": kind}, replace(need, kinds=(*need.kinds, kind))
    for service in SERVICE_TYPES:
        if need.service_types and service not in need.service_types:
            services = (*need.service_types, service)
            yield {"code": "add_service", "type": service}, replace(need, service_types=services)
    if not need.include_country:
        yield {"code": "include_country"}, replace(need, include_country=True)
