"""What rows are worth to a need, part by part, as docs/matching.md tells it. Pure."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from marketplace.matching.documents import TERM_UNIT, WORD, Ints
from marketplace.matching.index import QPV, Index, tag_bits
from marketplace.matching.reasons import is_telling
from marketplace.matching.shapes import Need
from marketplace.matching.weights import Weights
from marketplace.matching.wish import Wish
from marketplace.territories.coverage import COUNTRY, ZONES, Rows
from marketplace.territories.distances import Flags, Floats

_TELLING_TERMS = 6
_WORDS_SHOWN = 3
_UNASKED = -1

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
        """Those of the need's title that each of these rows says, then the most telling; not
        those that say little of a trade."""
        in_title = set(WORD.findall(title.lower()))
        shown = [place for place, word in enumerate(self.words) if is_telling(word)]
        order = sorted(shown, key=lambda place: self.words[place] not in in_title)
        turns = {place: turn for turn, place in enumerate(order)}
        places = self.places.tolist()
        spans = zip(self.starts[rows].tolist(), self.starts[rows + 1].tolist(), strict=True)
        return [
            [
                self.words[place]
                for place in sorted(turns.keys() & places[start:end], key=turns.__getitem__)[
                    :_WORDS_SHOWN
                ]
            ]
            for start, end in spans
        ]


def parts_of(index: Index, wish: Wish, found: Found) -> Parts:
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


def said_by_rows(index: Index, wish: Wish, rows: Rows) -> Said:
    """The need's words that each of these rows says."""
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
