"""Which structures could answer a need, in what order, and why. Pure.

What makes a structure eligible or near is fixed by DESIGN; how a score is made is in
weights.py; docs/decisions/0004-ranking.md argues both.
"""

from collections.abc import Iterator

import numpy as np

from marketplace.matching.documents import Ints
from marketplace.matching.index import WORTH, Index
from marketplace.matching.reasons import GROUP_OF, reasons_of
from marketplace.matching.scoring import Found, Parts, Said, parts_of, said_by_rows
from marketplace.matching.shapes import Need, Ranked, Ranking
from marketplace.matching.weights import combined
from marketplace.matching.wish import Wish, wish_of
from marketplace.sectors.nomenclature import GROUPS
from marketplace.territories.coverage import Numbers, Rows, meeting
from marketplace.territories.distances import Flags, Floats, geodesic_km

OTHER_SECTOR_KM = 50.0
"""Where the need's sector is only inferred, a structure of another one, seated this close and
working at the place, is near: buyers do retain such structures."""

_FEW = 300
_NONE: Flags = np.zeros(0, np.bool_)
_FAR_KM = 400.0
"""Up to here an arc is the geodesic to within a metre."""

_SECTORS_OF = [
    [sector for sector, other in enumerate(GROUP_OF) if other == group]
    for group in range(len(GROUPS))
]


def rank(index: Index, need: Need, top: int = 50) -> Ranking:
    """The `top` first structures for a need, or all the eligible alone when `top` is 0.

    The eligible come first, then those that miss one criterion. A structure comes once, by
    its best offer; equal scores go by structure id, then offer id.
    """
    return _listed(index, need, top, 0)


def rank_everyone(index: Index, need: Need, near: int) -> Ranking:
    """Everyone eligible, then the `near` first of those that miss one criterion."""
    return _listed(index, need, 0, near)


def _listed(index: Index, need: Need, top: int, near: int) -> Ranking:
    wish = wish_of(index, need)
    found, is_near = _wanted(index, wish)
    listed = found.only(found.met)
    structures = index.columns.structure[listed.rows]
    eligible = len(_one_of_each(structures, len(index.structure_ids)))
    ahead = np.ones(len(listed.rows))
    top = top or eligible + near
    if eligible < min(top, len(index.structure_ids)):
        missing = _near_alone(index, wish, found, is_near)
        listed = _joined([listed, missing])
        ahead = np.concatenate([ahead, np.zeros(len(missing.rows))])
    if not len(listed.rows):
        return Ranking(0, [])
    return Ranking(eligible, _best(index, wish, listed, ahead, top))


def nearly(index: Index, need: Need, top: int) -> list[Ranked]:
    """The `top` first structures that miss one criterion, however many are eligible."""
    wish = wish_of(index, need)
    near = _near_alone(index, wish, *_wanted(index, wish))
    return _best(index, wish, near, np.zeros(len(near.rows)), top)


def count_eligible(index: Index, need: Need) -> int:
    """How many structures could answer."""
    found, _ = _wanted(index, wish_of(index, need))
    structures = index.columns.structure[found.rows[found.met]]
    return len(_one_of_each(structures, len(index.structure_ids)))


def lists_anyone(index: Index, need: Need) -> bool:
    """Whether rank() would list anybody, eligible or near."""
    every, reach = np.arange(len(index.columns)), index.atlas.reach(need.place)
    where = meeting(index.columns, every, reach, need.include_country)
    if not (where.met.any() or where.near.any()):
        return False
    wish = wish_of(index, need)
    found, is_near = _wanted(index, wish)
    if found.met.any() or is_near.any():
        return True
    siblings = dict.fromkeys(_sibling_sectors(wish), 0.0)
    return bool(len(_near(index, wish, found, is_near, siblings).rows))


def eligible_structures(index: Index, need: Need) -> dict[str, float | None]:
    """Who could answer, and from how many kilometres."""
    wish = wish_of(index, need)
    found, _ = _wanted(index, wish)
    rows = found.rows[found.met]
    numbers = index.columns.structure[rows]
    first = _one_of_each(numbers, len(index.structure_ids))
    distances = _shown_distances(index, wish, rows[first])
    return {
        index.structure_ids[number]: km
        for number, km in zip(numbers[first].tolist(), distances, strict=True)
    }


def largest_amounts(index: Index, need: Need) -> dict[str, float | None]:
    """Who could answer, with the largest contract that it takes in euros; None when an offer of
    it says nothing. Offers that take no contract as small as this one are left aside."""
    found, _ = _wanted(index, wish_of(index, need))
    rows = found.rows[found.met]
    columns = index.columns
    if need.amount_max is not None:
        rows = rows[~(need.amount_max < columns.amount_min[rows])]
    largest = np.full(len(index.structure_ids), -np.inf)
    said = columns.amount_max[rows]
    np.maximum.at(largest, columns.structure[rows], np.where(np.isnan(said), np.inf, said))
    return {
        index.structure_ids[number]: None if np.isinf(largest[number]) else float(largest[number])
        for number in np.unique(columns.structure[rows]).tolist()
    }


def _wanted(index: Index, wish: Wish) -> tuple[Found, Flags]:
    """The rows of the sectors, kinds and service types asked for, wherever they work; and
    which of them only come near the place."""
    if wish.is_of_any_sector:
        rows = _fitting(index, wish, np.arange(len(index.columns)))
        return _placed(index, wish, rows, np.zeros(len(rows)))
    every, worth = _offering(index, wish, wish.sectors)
    if len(wish.sectors) == 1:
        return _placed(index, wish, every, worth)
    rows = every[_one_of_each(every, len(index.columns))]
    place = np.empty(len(index.columns), np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    places = place[every]
    total = np.bincount(places, worth, len(rows))
    if not wish.is_ticked:
        return _placed(index, wish, rows, np.minimum(total, 1.0))
    best = np.zeros(len(rows))
    np.maximum.at(best, places, worth)
    share = index.weights.best_sector
    mean = total / max(1, len(wish.sectors))
    return _placed(index, wish, rows, share * best + (1 - share) * mean)


def _offering(index: Index, wish: Wish, sectors: dict[int, float]) -> tuple[Rows, Floats]:
    """The rows of some sectors, of the kinds and service types asked for, and what they are
    worth; a row comes as often as it has of these sectors."""
    offered = [(index.offering(sector), likely) for sector, likely in sectors.items()]
    offered = [one for one in offered if len(one[0][0])]
    if not offered:
        return np.empty(0, np.int64), np.empty(0)
    rows = np.concatenate([rows for (rows, _), _ in offered], dtype=np.int64)
    worths = np.concatenate([worths for (_, worths), _ in offered])
    likely = np.repeat([one for _, one in offered], [len(rows) for (rows, _), _ in offered])
    fits = _fits(index, wish, rows).nonzero()[0]
    return rows[fits], worths[fits] / WORTH * likely[fits]


def _fits(index: Index, wish: Wish, rows: Rows) -> Flags:
    traits = index.columns.traits[rows]
    fits: Flags = ((traits & wish.kinds) != 0) & ((traits & wish.services) != 0)
    return fits


def _fitting(index: Index, wish: Wish, rows: Rows) -> Rows:
    fitting: Rows = rows[_fits(index, wish, rows)]
    return fitting


def _placed(index: Index, wish: Wish, rows: Rows, sector: Floats) -> tuple[Found, Flags]:
    if not len(rows):
        return Found(rows, sector, _NONE), _NONE
    where = meeting(index.columns, rows, wish.reach, wish.need.include_country)
    return Found(rows, sector, where.met), where.near


def _near(
    index: Index, wish: Wish, wanted: Found, is_near: Flags, siblings: dict[int, float]
) -> Found:
    """The rows that miss one criterion: the place lies just outside, or the sector is only of
    the same group; and what OTHER_SECTOR_KM says."""
    columns = index.columns
    parts = [wanted.only(is_near)]
    seen = np.zeros(len(columns), np.bool_)
    seen[wanted.rows] = True
    rows, worths = _offering(index, wish, siblings)
    kept = (~seen[rows]).nonzero()[0]
    if len(kept):
        kept = kept[_covered(index, wish, rows[kept])]
        parts.append(Found(rows[kept], worths[kept], np.ones(len(kept), np.bool_)))
    if wish.sectors and not wish.is_ticked:
        seen[rows[kept]] = True
        others = _fitting(index, wish, np.flatnonzero(~seen))
        others = others[_covered(index, wish, others)]
        close = others[wish.reach.distances_km(columns, others) <= OTHER_SECTOR_KM]
        parts.append(Found(close, np.zeros(len(close)), np.ones(len(close), np.bool_)))
    return _joined(parts)


def _near_alone(index: Index, wish: Wish, wanted: Found, is_near: Flags) -> Found:
    """The same, less those of structures that are eligible by another offer."""
    structure = index.columns.structure
    near = _near(index, wish, wanted, is_near, _siblings(index, wish))
    taken = np.zeros(len(index.structure_ids), np.bool_)
    taken[structure[wanted.rows[wanted.met]]] = True
    return near.only(~taken[structure[near.rows]])


def _covered(index: Index, wish: Wish, rows: Rows) -> Flags:
    """Those that work at the place."""
    include_country = wish.need.include_country
    return meeting(index.columns, rows, wish.reach, include_country, just_outside=1).met


def _joined(parts: list[Found]) -> Found:
    return Found(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.sector for part in parts]),
        np.concatenate([part.met for part in parts]),
    )


def _siblings(index: Index, wish: Wish) -> dict[int, float]:
    """What each of these is worth: more when the words of the need speak of it too."""
    weights = index.weights
    return {
        sector: weights.same_group * likely
        + weights.also_spoken_of * wish.probabilities.item(sector)
        for sector, likely in _sibling_sectors(wish).items()
    }


def _sibling_sectors(wish: Wish) -> dict[int, float]:
    """The other sectors of the same groups, each as likely as the likeliest of its group."""
    groups: dict[int, float] = {}
    for sector, likely in wish.sectors.items():
        group = GROUP_OF[sector]
        groups[group] = max(likely, groups.get(group, 0.0))
    return {
        sector: likely
        for group, likely in groups.items()
        for sector in _SECTORS_OF[group]
        if sector not in wish.sectors
    }


def _one_of_each(numbers: Numbers | Rows, size: int) -> Ints:
    """The places of one occurrence of each number, all below `size`."""
    last = np.empty(size, np.int32)
    places = np.arange(len(numbers), dtype=np.int32)
    last[numbers] = places
    ones: Ints = (last[numbers] == places).nonzero()[0]
    return ones


def _best(index: Index, wish: Wish, found: Found, ahead: Floats, top: int) -> list[Ranked]:
    """The best rows, one a structure, those `ahead` by one before the others."""
    parts = parts_of(index, wish, found)
    if len(found.rows) > _FEW:
        contenders = _contenders(index, found, parts, ahead, top)
        found, ahead = found.only(contenders), ahead[contenders]
        parts = {name: values[contenders] for name, values in parts.items()}
    said = said_by_rows(index, wish, found.rows)
    parts["words"] = said.share
    scores = np.round(combined(parts, index.weights), 6)
    places = _first_structures(index, found.rows, scores + ahead, top)
    return list(_ranked(index, wish, found, parts, said, scores, places))


def _contenders(index: Index, found: Found, parts: Parts, ahead: Floats, top: int) -> Ints:
    """Those that their words could still bring among the first: words are slow to weigh."""
    least = combined(parts | {"words": np.zeros(len(found.rows))}, index.weights) + ahead
    most = combined(parts | {"words": np.ones(len(found.rows))}, index.weights) + ahead
    return np.flatnonzero(most >= _score_of_last(index, found.rows, least, top) - 1e-6)


def _score_of_last(index: Index, rows: Rows, scores: Floats, top: int) -> float:
    """What the `top`-th structure scores, or the lowest score when there are fewer."""
    structures = index.columns.structure[rows]
    for size in (4 * top, len(rows)):
        if size >= len(rows):
            some = np.argsort(-scores)
        else:
            some = np.argpartition(-scores, size)[:size]
            some = some[np.argsort(-scores[some])]
        seen: set[int] = set()
        for place, structure in zip(some.tolist(), structures[some].tolist(), strict=True):
            seen.add(structure)
            if len(seen) == top:
                return float(scores[place])
    return float(scores.min(initial=0.0))


def _first_structures(index: Index, rows: Rows, scores: Floats, top: int) -> Ints:
    """The places of the best row of each of the `top` first structures, in their order."""
    places = (scores >= _score_of_last(index, rows, scores, top)).nonzero()[0]
    structure_ids, offer_ids = index.structure_ids, index.offer_ids
    chosen = rows[places]
    ordered = sorted(
        zip(
            (-scores[places]).tolist(),
            [structure_ids[number] for number in index.columns.structure[chosen].tolist()],
            [offer_ids[row] for row in chosen.tolist()],
            places.tolist(),
            strict=True,
        )
    )
    first: dict[str, int] = {}
    for _, structure_id, _, place in ordered:
        first.setdefault(structure_id, place)
    return np.array(list(first.values())[:top], np.int64)


def _ranked(
    index: Index, wish: Wish, found: Found, parts: Parts, said: Said, scores: Floats, places: Ints
) -> Iterator[Ranked]:
    """The rows at these places, in their order, with the reasons."""
    rows = found.rows[places]
    distances = _shown_distances(index, wish, rows)
    words = said.first_words(places, wish.need.title)
    told = zip(
        index.columns.structure[rows].tolist(),
        rows.tolist(),
        scores[places].tolist(),
        _shown_parts(parts, places),
        reasons_of(index, wish, rows, found.met[places], distances, words),
        distances,
        strict=True,
    )
    structure_ids, offer_ids = index.structure_ids, index.offer_ids
    for structure, row, score, mine, (reasons, near), km in told:
        yield Ranked(
            structure_ids[structure],
            offer_ids[row],
            score,
            mine,
            reasons,
            near,
            km,
        )


def _shown_parts(parts: Parts, places: Ints) -> Iterator[dict[str, float]]:
    """The parts of some rows, written out: three times as fast as pairing names and values."""
    values = np.round([values[places] for values in parts.values()], 6).T.tolist()
    for sector, territory, nearness, service, availability, impact, feedback, words in values:
        yield {
            "sector": sector,
            "territory": territory,
            "nearness": nearness,
            "service": service,
            "availability": availability,
            "impact": impact,
            "feedback": feedback,
            "words": words,
        }


def _shown_distances(index: Index, wish: Wish, rows: Rows) -> list[float | None]:
    columns, reach = index.columns, wish.reach
    points = reach.points
    km = reach.distances_km(columns, rows)
    if not reach.is_zone and km.max(initial=0.0) > _FAR_KM:
        km = geodesic_km(columns.lat[rows], columns.lon[rows], points.lat[0], points.lon[0])
    return [None if one != one else one for one in np.round(km, 2).tolist()]  # noqa: PLR0124  # NaN
