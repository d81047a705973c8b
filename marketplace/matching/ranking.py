"""Which structures could answer a need, in what order, and why. Pure.

What makes a structure eligible or near is fixed by DESIGN; how a score is made is in
weights.py; docs/decisions/0004-ranking.md argues both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marketplace.matching.index import QPV, TERM_UNIT, WORTH, Index, Ints
from marketplace.matching.reasons import GROUP_OF, reasons_of
from marketplace.matching.shapes import Need, Ranked, Ranking
from marketplace.matching.weights import Weights, combined
from marketplace.matching.wish import Wish, wish_of
from marketplace.territories.coverage import (
    COUNTRY,
    ZONES,
    Flags,
    Floats,
    Meeting,
    Numbers,
    geodesic_km,
    meeting,
)

OTHER_SECTOR_KM = 50.0
"""Where the need's sector is only inferred, a structure of another one, seated this close and
working at the place, is near: buyers do retain such structures."""

_FEW = 300
_TELLING_TERMS = 6
_WORDS_SHOWN = 3
_FAR_KM = 400.0
"""Up to here an arc is the geodesic to within a metre."""

Parts = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows: how well their sectors fit, and how they meet the place."""

    rows: Numbers
    sector: Floats
    where: Meeting

    def only(self, kept: Flags | Ints) -> "Found":
        where = Meeting(self.where.met[kept], self.where.near[kept])
        return Found(self.rows[kept], self.sector[kept], where)


def rank(index: Index, need: Need, top: int = 50) -> Ranking:
    """The `top` first structures for a need, or all the eligible alone when `top` is 0.

    The eligible come first, then those that miss one criterion. A structure comes once, by
    its best offer; equal scores go by structure id, then offer id.
    """
    wish = wish_of(index, need)
    found = _wanted(index, wish)
    listed = found.only(found.where.met)
    structures = index.columns.structure[listed.rows]
    eligible = len(_one_of_each(structures, len(index.structure_ids)))
    ahead = np.ones(len(listed.rows))
    if eligible < top:
        near = _near(index, wish, found)
        taken = np.zeros(len(index.structure_ids), np.bool_)
        taken[structures] = True
        near = near.only(~taken[index.columns.structure[near.rows]])
        listed = _joined([listed, near])
        ahead = np.concatenate([ahead, np.zeros(len(near.rows))])
    return Ranking(eligible, _best(index, wish, listed, ahead, top or eligible))


def count_eligible(index: Index, need: Need) -> int:
    """How many structures could answer."""
    found = _wanted(index, wish_of(index, need))
    structures = index.columns.structure[found.rows[found.where.met]]
    return len(_one_of_each(structures, len(index.structure_ids)))


def eligible_structures(index: Index, need: Need) -> dict[str, float | None]:
    """Who could answer, and from how many kilometres."""
    wish = wish_of(index, need)
    found = _wanted(index, wish)
    rows = found.rows[found.where.met]
    numbers = index.columns.structure[rows]
    first = _one_of_each(numbers, len(index.structure_ids))
    distances = _shown_distances(index, wish, rows[first])
    return {
        index.structure_ids[number]: km
        for number, km in zip(numbers[first].tolist(), distances, strict=True)
    }


def _wanted(index: Index, wish: Wish) -> Found:
    """The rows of the sectors, kinds and service types asked for, wherever they work."""
    if wish.is_of_any_sector:
        rows = _fitting(index, wish, np.arange(len(index.columns), dtype=np.int32))
        return _placed(index, wish, rows, np.zeros(len(rows)))
    listed: list[Numbers] = [np.empty(0, np.int32)]
    worth: list[Floats] = [np.empty(0)]
    for sector, likely in wish.sectors.items():
        rows, worths = index.offering(sector)
        fits = _fits(index, wish, rows)
        listed.append(rows[fits])
        worth.append(worths[fits] / WORTH * likely)
    if len(listed) == 2:
        return _placed(index, wish, listed[1], worth[1])
    every = np.concatenate(listed)
    rows = every[_one_of_each(every, len(index.columns))]
    place = np.empty(len(index.columns), np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    total = np.bincount(place[every], np.concatenate(worth), len(rows))
    if not wish.is_ticked:
        return _placed(index, wish, rows, np.minimum(total, 1.0))
    best = np.zeros(len(rows))
    for some, each in zip(listed, worth, strict=True):
        best[place[some]] = np.maximum(best[place[some]], each)
    share = index.weights.best_sector
    mean = total / max(1, len(wish.sectors))
    return _placed(index, wish, rows, share * best + (1 - share) * mean)


def _fits(index: Index, wish: Wish, rows: Numbers) -> Flags:
    traits = index.columns.traits[rows]
    fits: Flags = ((traits & wish.kinds) != 0) & ((traits & wish.services) != 0)
    return fits


def _fitting(index: Index, wish: Wish, rows: Numbers) -> Numbers:
    fitting: Numbers = rows[_fits(index, wish, rows)]
    return fitting


def _placed(index: Index, wish: Wish, rows: Numbers, sector: Floats) -> Found:
    where = meeting(index.columns, rows, wish.reach, wish.need.include_country)
    return Found(rows, sector, where)


def _near(index: Index, wish: Wish, wanted: Found) -> Found:
    """The rows that miss one criterion: the place lies just outside, or the sector is only of
    the same group; and what OTHER_SECTOR_KM says."""
    columns = index.columns
    parts = [wanted.only(wanted.where.near)]
    seen = np.zeros(len(index.columns), np.bool_)
    seen[wanted.rows] = True
    siblings = _siblings(index, wish)
    if siblings:
        listed = [index.offering(sector) for sector in siblings]
        rows = np.concatenate([rows for rows, _ in listed])
        of = np.repeat(np.arange(len(listed)), [len(rows) for rows, _ in listed])
        kept = np.flatnonzero(_fits(index, wish, rows) & ~seen[rows])
        where = meeting(columns, rows[kept], wish.reach, wish.need.include_country)
        kept = kept[where.met]
        worths = np.concatenate([worths for _, worths in listed])[kept] / WORTH
        worths *= np.array(list(siblings.values()))[of[kept]]
        parts.append(Found(rows[kept], worths, _all_met(len(kept))))
    if wish.sectors and not wish.is_ticked:
        seen[parts[-1].rows] = True
        others = _fitting(index, wish, np.flatnonzero(~seen).astype(np.int32))
        placed = _placed(index, wish, others, np.zeros(len(others)))
        close = placed.only(placed.where.met)
        km = wish.reach.distances_km(columns, close.rows)
        parts.append(close.only(km <= OTHER_SECTOR_KM))
    return _joined(parts)


def _all_met(count: int) -> Meeting:
    return Meeting(np.ones(count, np.bool_), np.zeros(count, np.bool_))


def _joined(parts: list[Found]) -> Found:
    where = [part.where for part in parts]
    return Found(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.sector for part in parts]),
        Meeting(
            np.concatenate([w.met for w in where]),
            np.concatenate([w.near for w in where]),
        ),
    )


def _siblings(index: Index, wish: Wish) -> dict[int, float]:
    """The other sectors of the same groups, and what each is worth: more when the words of
    the need speak of it too."""
    groups: dict[int, float] = {}
    for sector, likely in wish.sectors.items():
        group = GROUP_OF[sector]
        groups[group] = max(likely, groups.get(group, 0.0))
    weights = index.weights
    return {
        sector: weights.same_group * groups[group]
        + weights.also_spoken_of * wish.probabilities.item(sector)
        for sector, group in enumerate(GROUP_OF)
        if group in groups and sector not in wish.sectors
    }


def _one_of_each(numbers: Numbers, size: int) -> Ints:
    """The places of one occurrence of each number, all below `size`."""
    last = np.empty(size, np.int32)
    places = np.arange(len(numbers), dtype=np.int32)
    last[numbers] = places
    return np.flatnonzero(last[numbers] == places)


def _best(index: Index, wish: Wish, found: Found, ahead: Floats, top: int) -> list[Ranked]:
    """The best rows, one a structure, those `ahead` by one before the others."""
    parts = _parts(index, wish, found)
    if len(found.rows) > _FEW:
        contenders = _contenders(index, found, parts, ahead, top)
        found, ahead = found.only(contenders), ahead[contenders]
        parts = {name: values[contenders] for name, values in parts.items()}
    parts["words"] = _spoken(index, wish, found.rows)
    scores = np.round(combined(parts, index.weights), 6)
    places = _first_structures(index, found.rows, scores + ahead, top)
    return list(_ranked(index, wish, found.only(places), parts, scores, places))


def _contenders(index: Index, found: Found, parts: Parts, ahead: Floats, top: int) -> Ints:
    """Those that their words could still bring among the first: words are slow to weigh."""
    least = combined(parts | {"words": np.zeros(len(found.rows))}, index.weights) + ahead
    most = combined(parts | {"words": np.ones(len(found.rows))}, index.weights) + ahead
    return np.flatnonzero(most >= _score_of_last(index, found.rows, least, top) - 1e-6)


def _score_of_last(index: Index, rows: Numbers, scores: Floats, top: int) -> float:
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


def _first_structures(index: Index, rows: Numbers, scores: Floats, top: int) -> Ints:
    """The places of the best row of each of the `top` first structures, in their order."""
    places = np.flatnonzero(scores >= _score_of_last(index, rows, scores, top))
    ids, offer_ids = index.structure_ids, index.offer_ids
    ordered = sorted(
        (-score, ids[structure], offer_ids[row], place)
        for score, structure, row, place in zip(
            scores[places].tolist(),
            index.columns.structure[rows[places]].tolist(),
            rows[places].tolist(),
            places.tolist(),
            strict=True,
        )
    )
    first: dict[str, int] = {}
    for _, structure_id, _, place in ordered:
        first.setdefault(structure_id, place)
    return np.array(list(first.values())[:top], np.int64)


def _parts(index: Index, wish: Wish, found: Found) -> Parts:
    """What the scores are made of, less the words."""
    columns, weights, rows = index.columns, index.weights, found.rows
    km = wish.reach.to_centre_km(columns, rows)
    nearness = np.exp2(-km / weights.halving_km)
    nearness[np.isnan(km)] = weights.unknown_nearness
    impact = np.zeros(len(rows))
    if wish.need.values_qpv:
        impact[(columns.traits[rows] & QPV) != 0] = weights.qpv
    return {
        "sector": found.sector,
        "territory": _territory(index, wish, found, km),
        "nearness": nearness,
        "service": _service_fit(index, wish, rows, weights),
        "availability": columns.availability[rows],
        "impact": impact,
        "feedback": columns.feedback[rows] * weights.feedback,
    }


def _territory(index: Index, wish: Wish, found: Found, to_middle_km: Floats) -> Floats:
    columns, weights, rows = index.columns, index.weights, found.rows
    by_zone = columns.coverage[rows] == ZONES
    outside = np.where(by_zone, weights.just_outside_zone, weights.just_outside_radius)
    territory = np.where(found.where.met, weights.covered, outside)
    if wish.reach.everywhere:
        return territory
    if wish.reach.is_zone:
        short_km = to_middle_km - columns.radius_km[rows]
        fall = (weights.edge - weights.far_edge) / weights.edge_km
        edge = np.maximum(weights.edge - fall * short_km, weights.far_edge)
        at_edge = found.where.met & (short_km > 0) & ~wish.reach.seated(columns, rows)
        territory[at_edge] = edge[at_edge]
    territory[columns.coverage[rows] == COUNTRY] = weights.national
    return territory


def _service_fit(index: Index, wish: Wish, rows: Numbers, weights: Weights) -> Floats:
    """Lower for an amount or a lead time that the offer does not take; unknown is neutral."""
    fit = np.ones(len(rows))
    amount, days = wish.need.amount, wish.need.start_in_days
    columns = index.columns
    if amount is not None:
        outside = (amount < columns.amount_min[rows]) | (amount > columns.amount_max[rows])
        fit[outside] *= weights.misfit
    if days is not None:
        fit[days < columns.lead_days[rows]] *= weights.misfit
    return fit


def _spoken(index: Index, wish: Wish, rows: Numbers) -> Floats:
    """How much of the need's words an offer says: BM25, over what saying all of the most
    telling ones would give."""
    if not wish.words or not len(rows):
        return np.zeros(len(rows))
    terms, rarity = _rarity(index, wish)
    worth = np.zeros(index.documents.frequency.size, np.int64)
    worth[terms] = rarity
    cells, ends = index.documents.cells(index.columns.document[rows])
    documents = index.documents
    said = documents.term_weights.values[cells] * worth[documents.terms.values[cells]]
    sums = np.concatenate([[0], np.cumsum(said)])
    totals = np.diff(sums[np.concatenate([[0], ends])])
    telling = np.sort(rarity)[-_TELLING_TERMS:].sum() * TERM_UNIT
    share: Floats = np.minimum(totals / max(1, telling), 1.0)
    return share


def _rarity(index: Index, wish: Wish) -> tuple[Numbers, Ints]:
    terms = np.fromiter(wish.words, np.int32, len(wish.words))
    return terms, index.documents.rarity(terms)


def _ranked(
    index: Index, wish: Wish, found: Found, parts: Parts, scores: Floats, places: Ints
) -> Iterator[Ranked]:
    """The rows chosen, in their order, with the reasons."""
    rows, names = found.rows, list(parts)
    values = np.round(np.stack([parts[name][places] for name in names], axis=1), 6).tolist()
    distances = _shown_distances(index, wish, rows)
    words = _words_shared(index, wish, rows)
    told = zip(
        index.columns.structure[rows].tolist(),
        rows.tolist(),
        scores[places].tolist(),
        values,
        reasons_of(index, wish, rows, found.where.met, distances, words),
        distances,
        strict=True,
    )
    structure_ids, offer_ids = index.structure_ids, index.offer_ids
    for structure, row, score, mine, (reasons, near), km in told:
        yield Ranked(
            structure_ids[structure],
            offer_ids[row],
            score,
            dict(zip(names, mine, strict=True)),
            reasons,
            near,
            km,
        )


def _shown_distances(index: Index, wish: Wish, rows: Numbers) -> list[float | None]:
    columns, reach = index.columns, wish.reach
    points = reach.points
    km = reach.distances_km(columns, rows)
    if not reach.is_zone and km.max(initial=0.0) > _FAR_KM:
        km = geodesic_km(columns.lat[rows], columns.lon[rows], points.lat[0], points.lon[0])
    return [None if one != one else one for one in np.round(km, 2).tolist()]  # noqa: PLR0124  # NaN


def _words_shared(index: Index, wish: Wish, rows: Numbers) -> list[list[str]]:
    """The need's own words that each offer also says, the most telling first."""
    shared: list[list[str]] = [[] for _ in range(len(rows))]
    if not wish.words or not len(rows):
        return shared
    terms, rarity = _rarity(index, wish)
    worth = dict(zip(terms.tolist(), rarity.tolist(), strict=True))
    told = sorted(worth, key=lambda term: (-worth[term], wish.words[term]))
    place = np.zeros(index.documents.frequency.size, np.int32)
    place[told] = np.arange(1, len(told) + 1, dtype=np.int32)
    cells, ends = index.documents.cells(index.columns.document[rows])
    places = place[index.documents.terms.values[cells]]
    said = np.flatnonzero(places)
    of_row = np.searchsorted(ends, said, side="right")
    order = np.lexsort((places[said], of_row))
    for row, at in zip(of_row[order].tolist(), places[said][order].tolist(), strict=True):
        if len(shared[row]) < _WORDS_SHOWN:
            shared[row].append(wish.words[told[at - 1]])
    return shared
