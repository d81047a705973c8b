"""Which structures could answer a need, in what order, and why. Pure.

What makes a structure eligible or near is fixed by DESIGN; how a score is made is in
weights.py; docs/decisions/0004-ranking.md argues both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from marketplace.matching.index import QPV, TERM_UNIT, WORD, WORTH, Index, Ints, tag_bits
from marketplace.matching.reasons import GROUP_OF, reasons_of
from marketplace.matching.shapes import Need, Ranked, Ranking
from marketplace.matching.weights import Weights, combined
from marketplace.matching.wish import Wish, wish_of
from marketplace.sectors.nomenclature import GROUPS
from marketplace.territories.coverage import (
    COUNTRY,
    ZONES,
    Flags,
    Floats,
    Numbers,
    Rows,
    geodesic_km,
    meeting,
)

OTHER_SECTOR_KM = 50.0
"""Where the need's sector is only inferred, a structure of another one, seated this close and
working at the place, is near: buyers do retain such structures."""

_FEW = 300
_TELLING_TERMS = 6
_WORDS_SHOWN = 3
_UNASKED = -1
_FAR_KM = 400.0
"""Up to here an arc is the geodesic to within a metre."""

_SECTORS_OF = [
    [sector for sector, other in enumerate(GROUP_OF) if other == group]
    for group in range(len(GROUPS))
]

Parts = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows: how well their sectors fit, and whether they work at the place."""

    rows: Rows
    sector: Floats
    met: Flags

    def only(self, kept: Flags | Ints) -> "Found":
        return Found(self.rows[kept], self.sector[kept], self.met[kept])


@dataclass(frozen=True, slots=True)
class Said:
    """What some rows say of a need's words: one entry for each word of each row."""

    words: list[str]
    """Those of the need, the most telling first."""
    places: Ints
    """Of each entry, in `words`."""
    starts: Ints
    """Of the entries of each row, and the end of the last."""
    share: Floats
    """Of each row: BM25, over what saying all of the most telling words would give."""

    def first_words(self, rows: Ints, title: str) -> list[list[str]]:
        """Those of the need's title that each of these rows says, then the most telling."""
        in_title = set(WORD.findall(title.lower()))
        order = sorted(range(len(self.words)), key=lambda place: self.words[place] not in in_title)
        turns = {place: turn for turn, place in enumerate(order)}
        places = self.places.tolist()
        spans = zip(self.starts[rows].tolist(), self.starts[rows + 1].tolist(), strict=True)
        return [
            [
                self.words[place]
                for place in sorted(places[start:end], key=turns.__getitem__)[:_WORDS_SHOWN]
            ]
            for start, end in spans
        ]


def rank(index: Index, need: Need, top: int = 50) -> Ranking:
    """The `top` first structures for a need, or all the eligible alone when `top` is 0.

    The eligible come first, then those that miss one criterion. A structure comes once, by
    its best offer; equal scores go by structure id, then offer id.
    """
    wish = wish_of(index, need)
    found, is_near = _wanted(index, wish)
    listed = found.only(found.met)
    structures = index.columns.structure[listed.rows]
    eligible = len(_one_of_each(structures, len(index.structure_ids)))
    ahead = np.ones(len(listed.rows))
    if eligible < top:
        near = _near_alone(index, wish, found, is_near)
        listed = _joined([listed, near])
        ahead = np.concatenate([ahead, np.zeros(len(near.rows))])
    return Ranking(eligible, _best(index, wish, listed, ahead, top or eligible))


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
    if not sectors:
        return np.empty(0, np.int64), np.empty(0)
    offered = [index.offering(sector) for sector in sectors]
    rows = np.concatenate([rows for rows, _ in offered], dtype=np.int64)
    worths = np.concatenate([worths for _, worths in offered])
    likely = np.repeat(list(sectors.values()), [len(rows) for rows, _ in offered])
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
    kept = kept[_covered(index, wish, rows[kept])]
    parts.append(Found(rows[kept], worths[kept], np.ones(len(kept), np.bool_)))
    if wish.sectors and not wish.is_ticked:
        seen[parts[-1].rows] = True
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
    parts = _parts(index, wish, found)
    if len(found.rows) > _FEW:
        contenders = _contenders(index, found, parts, ahead, top)
        found, ahead = found.only(contenders), ahead[contenders]
        parts = {name: values[contenders] for name, values in parts.items()}
    said = _said(index, wish, found.rows)
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


def _parts(index: Index, wish: Wish, found: Found) -> Parts:
    """What the scores are made of, less the words."""
    columns, weights, rows = index.columns, index.weights, found.rows
    km = wish.reach.to_centre_km(columns, rows)
    nearness = np.exp2(-km / weights.halving_km)
    nearness[np.isnan(km)] = weights.unknown_nearness
    return {
        "sector": found.sector,
        "territory": _territory(index, wish, found, km),
        "nearness": nearness,
        "service": _service_fit(index, wish, rows, weights),
        "availability": _availability(index, wish.need.on, rows),
        "impact": _impact(index, wish.need, rows),
        "feedback": columns.feedback[rows] * weights.feedback,
    }


def _territory(index: Index, wish: Wish, found: Found, to_middle_km: Floats) -> Floats:
    columns, weights, rows = index.columns, index.weights, found.rows
    by_zone = columns.coverage[rows] == ZONES
    outside = np.where(by_zone, weights.just_outside_zone, weights.just_outside_radius)
    territory = np.where(found.met, weights.covered, outside)
    if wish.reach.everywhere:
        return territory
    if wish.reach.is_zone:
        short_km = to_middle_km - columns.radius_km[rows]
        fall = (weights.edge - weights.far_edge) / weights.edge_km
        edge = np.maximum(weights.edge - fall * short_km, weights.far_edge)
        at_edge = found.met & (short_km > 0) & ~wish.reach.seated(columns, rows)
        territory[at_edge] = edge[at_edge]
    territory[columns.coverage[rows] == COUNTRY] = weights.national
    return territory


def _service_fit(index: Index, wish: Wish, rows: Rows, weights: Weights) -> Floats:
    """Lower for an amount or a lead time that the offer does not take; unknown is neutral."""
    fit = np.ones(len(rows))
    if wish.need.amount_min is not None or wish.need.amount_max is not None:
        fit[index.amount_outside(wish.need, rows)] *= weights.misfit
    days = wish.need.start_in_days
    if days is not None:
        fit[days < index.columns.lead_days[rows]] *= weights.misfit
    return fit


def _availability(index: Index, on: date | None, rows: Rows) -> Floats:
    """Of those who are absent, or confirmed their offer long ago, lower still."""
    available: Floats = index.columns.availability[rows]
    if on is not None:
        weights = index.weights
        available[index.is_absent(on, rows)] *= weights.absent
        available[index.is_stale(on, rows)] *= weights.stale
        np.maximum(available, weights.least_availability, out=available)
    return available


def _impact(index: Index, need: Need, rows: Rows) -> Floats:
    """Only what the buyer asked to value; what is not known adds nothing."""
    columns, weights = index.columns, index.weights
    impact = np.zeros(len(rows))
    if "qpv" in need.valued:
        impact[(columns.traits[rows] & QPV) != 0] += weights.qpv
    if "tags" in need.valued and (asked := tag_bits(need.tags)):
        shared = np.bitwise_count(columns.tags[rows] & np.uint32(asked))
        impact += weights.tags * shared / asked.bit_count()
    if "team" in need.valued:
        team = np.nan_to_num(columns.team[rows])
        impact += weights.team * team / (team + weights.half_team)
    return impact


def _said(index: Index, wish: Wish, rows: Rows) -> Said:
    documents = index.documents
    terms = np.fromiter(wish.words, np.int32, len(wish.words))
    worth = dict(zip(wish.words, documents.rarity(terms).tolist(), strict=True))
    told = sorted(worth, key=lambda term: (-worth[term], wish.words[term]))
    worths = np.array([worth[term] for term in told], np.int64)
    number = np.full(documents.frequency.size, _UNASKED, np.int32)
    number[told] = np.arange(len(told))
    cells, ends = documents.cells(index.columns.document[rows])
    numbers = number[documents.terms.values[cells]]
    entries = (numbers != _UNASKED).nonzero()[0]
    numbers = numbers[entries]
    starts = entries.searchsorted(np.concatenate([[0], ends]))
    sums = np.zeros(len(entries) + 1, np.int64)
    np.cumsum(documents.term_weights.values[cells[entries]] * worths[numbers], out=sums[1:])
    totals = sums[starts[1:]] - sums[starts[:-1]]
    most = worths[:_TELLING_TERMS].sum() * TERM_UNIT
    share = np.minimum(totals / max(1, most), 1.0)
    return Said([wish.words[term] for term in told], numbers, starts, share)


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
