"""Why rows stand where they do: codes with the values that their sentences need. Pure.

Written for speed: half the time of a ranking goes into saying why, so the columns are read
once for all the rows listed.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import repeat

from marketplace.matching.documents import spread
from marketplace.matching.index import (
    IMPLIED,
    KIND_BIT,
    QPV,
    SERVICE_BIT,
    TAG_BIT,
    WORTH,
    Index,
)
from marketplace.matching.shapes import Need, Reason
from marketplace.matching.wish import Wish
from marketplace.sectors.nomenclature import GROUPS, SECTORS
from marketplace.territories.coverage import (
    COUNTRY,
    MET,
    NEAR,
    NOWHERE,
    RADIUS,
    ZONES,
    Rows,
)
from marketplace.territories.distances import Flags
from marketplace.text import plain

_SHORT = 2
"""Letters of a word too short to be one of a trade."""

GROUP_OF = [GROUPS.index(sector.group) for sector in SECTORS]
_SLUGS = [sector.slug for sector in SECTORS]
_NAMES = [sector.name for sector in SECTORS]
_GROUP_NAMES = [group.name for group in GROUPS]
_KIND_OF = {bit: kind for kind, bit in KIND_BIT.items()}
_KIND_BITS = sum(_KIND_OF)

Km = list[float | None]

_SAY_LITTLE = frozenset(
    "un une deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante "
    "cinquante soixante cent cents mille premier premiere deuxieme troisieme quatrieme "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre "
    "lundi mardi mercredi jeudi vendredi samedi dimanche "
    "an ans annee annees mois semaine semaines jour jours heure heures minute minutes fois "
    "metre metres km kilometre kilometres kg tonne tonnes litre litres euro euros ht ttc "
    "lot lots numero objet marche marches accord cadre prestation prestations service services "
    "mise mises place site rue saint sainte ville commune pays france petit petits petite "
    "petites".split()
)
"""Numbers, dates, units and what every buyer writes: shared by chance, they convince nobody."""


def is_telling(word: str) -> bool:
    """Whether a word that a need and an offer share is worth showing as a reason."""
    bare = plain(word)
    return len(bare) > _SHORT and bare not in _SAY_LITTLE and not any(map(str.isdigit, bare))


def reasons_of(
    index: Index, wish: Wish, rows: Rows, met: Flags, km: Km, words: list[list[str]]
) -> Iterator[tuple[list[Reason], list[str]]]:
    """For each row its reasons, sector and territory first, and the criterion missed, if any."""
    by_sector = _sectors(index, wish, rows)
    by_territory = _territories(index, wish, rows, met, km)
    by_service = _services(index, wish.need, rows)
    told = zip(by_sector, by_territory, by_service, met.tolist(), words, strict=True)
    for (sector, near), territory, service, is_met, spoken in told:
        reasons = [territory] if sector is None else [sector, territory]
        if spoken:
            reasons.append({"code": "words", "words": spoken})
        if service:
            reasons += service
        yield reasons, near if is_met else ["territory"]


def _sectors(index: Index, wish: Wish, rows: Rows) -> Iterator[tuple[Reason | None, list[str]]]:
    columns, wanted = index.columns, wish.sectors
    cells, ends = spread(columns.sector_start[rows], columns.sector_count[rows])
    sectors, worths = columns.sectors[cells].tolist(), columns.worths[cells].tolist()
    groups = {GROUP_OF[sector] for sector in wanted}
    is_ticked, is_of_any_sector = wish.is_ticked, wish.is_of_any_sector
    start = 0
    for end in ends.tolist():
        own, is_declared = sectors[start:end], end > start and worths[start] == WORTH
        start = end
        shared = [sector for sector in own if sector in wanted]
        if is_of_any_sector:
            yield None, []
        elif shared:
            if not is_ticked:
                shared.sort(key=lambda sector: -wanted[sector])
            yield (
                {
                    "code": "same_sector" if is_declared else "implied_sector",
                    "ticked": is_ticked,
                    "slugs": [_SLUGS[sector] for sector in shared],
                    "names": [_NAMES[sector] for sector in shared],
                },
                [],
            )
        else:
            siblings = [sector for sector in own if GROUP_OF[sector] in groups]
            reason: Reason = {
                "code": "same_group" if siblings else "other_sector",
                "slugs": [_SLUGS[sector] for sector in siblings or own],
                "names": [_NAMES[sector] for sector in siblings or own],
            }
            if siblings:
                reason["group"] = _GROUP_NAMES[GROUP_OF[siblings[0]]]
            yield reason, ["sector"]


def _territories(index: Index, wish: Wish, rows: Rows, met: Flags, km: Km) -> Iterator[Reason]:
    columns, names = index.columns, index.atlas.names
    radius_km, is_zone = wish.reach.radius_km, wish.reach.is_zone
    told = zip(
        rows.tolist(),
        columns.coverage[rows].tolist(),
        columns.commune[rows].tolist(),
        columns.radius_km[rows].tolist(),
        met.tolist(),
        km,
        strict=True,
    )
    for row, coverage, commune, limit_km, is_met, seat_km in told:
        seat = names[commune] if commune != NOWHERE else None
        if coverage == COUNTRY:
            yield {"code": "country", "seat": seat, "km": seat_km}
        elif radius_km is not None:
            code = "seated_within" if is_met else "seated_just_outside"
            yield {"code": code, "seat": seat, "km": seat_km, "limit_km": radius_km}
        elif coverage == ZONES and (zone := _zone(index, wish, row, is_met)) is not None:
            yield {
                "code": "covers_zone" if is_met else "just_outside_zone",
                "zone": index.atlas.codes[zone],
                "level": index.atlas.level(zone),
                "name": names[zone],
                "seat": seat,
                "km": seat_km,
            }
        elif coverage == RADIUS and seat_km is not None and (seat_km <= limit_km or not is_met):
            yield {
                "code": "within_radius" if is_met else "just_outside_radius",
                "seat": seat,
                "km": seat_km,
                "limit_km": limit_km,
                "to_zone": is_zone,
            }
        else:
            yield {"code": "seated_in", "seat": seat} | _zone_of_seat(index, wish, row)


def _zone(index: Index, wish: Wish, row: int, is_met: bool) -> int | None:
    """The zone of a coverage that meets the place, or comes near it."""
    columns, state = index.columns, MET if is_met else NEAR
    start, count = columns.zone_start.item(row), columns.zone_count.item(row)
    for zone in columns.zones[start : start + count].tolist():
        if wish.reach.zone_state.item(zone) == state:
            return int(zone)
    return None


def _zone_of_seat(index: Index, wish: Wish, row: int) -> Reason:
    """The zone of the place where a structure is seated; nothing when a postcode says it."""
    for column, zone in wish.reach.seat_zones:
        if getattr(index.columns, column).item(row) == zone:
            atlas = index.atlas
            return {"zone": atlas.codes[zone], "level": column, "name": atlas.names[zone]}
    return {}


def _services(index: Index, need: Need, rows: Rows) -> Iterator[list[Reason]]:
    columns, kinds = index.columns, need.kinds
    asked = [(SERVICE_BIT[s], s) for s in need.service_types if s in SERVICE_BIT]
    start = need.start_in_days
    told = zip(
        columns.traits[rows].tolist(),
        index.amount_outside(need, rows).tolist(),
        columns.lead_days[rows].tolist(),
        _valued(index, need, rows),
        _busy(index, need, rows),
        strict=True,
    )
    for traits, is_outside, days, valued, busy in told:
        reasons: list[Reason] = []
        if asked and (shared := [service for bit, service in asked if bit & traits]):
            reasons.append({"code": "service_types", "types": shared})
        if kinds:
            reasons.append({"code": "kind", "kind": _KIND_OF[traits & _KIND_BITS]})
        if is_outside:
            reasons.append({"code": "amount_outside"})
        if start is not None and start < days:
            reasons.append({"code": "lead_outside", "days": int(days)})
        reasons += valued
        if traits & IMPLIED:
            reasons.append({"code": "unconfirmed"})
        reasons += busy
        yield reasons


def _valued(index: Index, need: Need, rows: Rows) -> Iterable[list[Reason]]:
    """Of what the buyer asked to value, what each row brings."""
    if not need.valued:
        return repeat([], len(rows))
    columns = index.columns
    tags = [tag for tag in need.tags if tag in TAG_BIT] if "tags" in need.valued else []
    is_qpv, is_team = "qpv" in need.valued, "team" in need.valued
    told = zip(
        columns.traits[rows].tolist(),
        columns.tags[rows].tolist(),
        columns.team[rows].tolist(),
        strict=True,
    )
    found: list[list[Reason]] = []
    for traits, bits, team in told:
        reasons: list[Reason] = []
        if shared := [tag for tag in tags if TAG_BIT[tag] & bits]:
            reasons.append({"code": "tags", "tags": shared})
        if is_qpv and traits & QPV:
            reasons.append({"code": "qpv"})
        if is_team and team > 0:
            reasons.append({"code": "team", "people": int(team)})
        found.append(reasons)
    return found


def _busy(index: Index, need: Need, rows: Rows) -> Iterable[list[Reason]]:
    """Who takes nothing more for a while, or has not confirmed its offer for long."""
    if need.on is None:
        return repeat([], len(rows))
    columns = index.columns
    absent = index.is_absent(need.on, rows) * columns.absent_until[rows]
    stale = index.is_stale(need.on, rows) * columns.confirmed_on[rows]
    if not (absent.any() or stale.any()):
        return repeat([], len(rows))
    return [
        [
            {"code": code, "day": date.fromordinal(day).isoformat()}
            for code, day in (("absent", until), ("stale", confirmed))
            if day
        ]
        for until, confirmed in zip(absent.tolist(), stale.tolist(), strict=True)
    ]
