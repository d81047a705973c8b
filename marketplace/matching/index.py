"""Offers in columns, so that a need can be ranked over all of them in a millisecond. Pure.

Rows are only ever appended; a changed or removed offer leaves a dead row, which no mask
lets through, until a quarter of them are dead and the columns are packed again. Nothing
that a ranking says depends on the order of rows, so any sequence of updates ranks like an
index built anew (a property test holds it).
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from marketplace.matching.implied import implied_sectors
from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Offer
from marketplace.matching.weights import WEIGHTS, Weights
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS
from marketplace.territories import coverage
from marketplace.territories.coverage import NOWHERE, Flags, Floats, Numbers, Rows, atlas_of
from marketplace.territories.gazetteer import Gazetteer
from marketplace.text import LONGEST, stems

Ints = npt.NDArray[np.int64]

KIND_BIT = {kind: 1 << place for place, kind in enumerate(KINDS)}
SERVICE_BIT = {service: 1 << place + 16 for place, service in enumerate(SERVICE_TYPES)}
ANY_KIND = sum(KIND_BIT.values())
UNKNOWN_SERVICE = 1 << 24
ANY_SERVICE = ANY_KIND
"""Every row has a kind, while a service type that nobody knows has no bit."""
IMPLIED, QPV = 1 << 25, 1 << 26
TAG_BIT = {code: 1 << place for place, code in enumerate(AIMS)}

WORTH = 100
"""What a declared sector is worth, in the whole numbers of the postings."""

_COVERAGE = {
    "country": coverage.COUNTRY,
    "zones": coverage.ZONES,
    "radius": coverage.RADIUS,
}
_BATCH = 4096
_FEWEST_LOOSE = 2000

_TYPICAL_STEMS = 40
_K1, _B = 1.2, 0.75
TERM_UNIT = 8192
IDF_UNIT = 1024
_SHORTEST_MISSPELT = 5
_MOST_MISSPELT = 4
_ALIKE = 84
WORD = re.compile(r"[^\W_]+")


class Growing:
    """An array that grows at its end."""

    __slots__ = ("_all", "size")

    def __init__(self, dtype: npt.DTypeLike, *width: int) -> None:
        self._all: npt.NDArray[Any] = np.empty((0, *width), dtype)
        self.size = 0

    def extend(self, values: npt.ArrayLike) -> None:
        more = np.asarray(values, self._all.dtype)
        end = self.size + len(more)
        if end > len(self._all):
            longer = max(end, self.size * 3 // 2)
            grown = np.empty((longer, *self._all.shape[1:]), self._all.dtype)
            grown[: self.size] = self._all[: self.size]
            self._all = grown
        self._all[self.size : end] = more
        self.size = end

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._all[: self.size]


class Documents:
    """The texts of offers as BM25 weights of French stems, equal texts once.

    Weights are whole numbers, so a sum is the same in whatever order it is made.
    """

    def __init__(self) -> None:
        self.starts = Growing(np.int64)
        self.starts.extend([0])
        self.terms = Growing(np.int32)
        self.term_weights = Growing(np.uint16)
        self.uses = Growing(np.int32)
        self.frequency = Growing(np.int32)
        self.alive = 0
        self.term_of: dict[str, int] = {}
        self._terms_of_token: dict[str, tuple[int, ...]] = {}
        self._number: dict[bytes, int] = {}
        self._digests: list[bytes] = []
        self._by_initial: dict[str, list[str]] = {}
        self._meant: dict[str, str | None] = {}

    def add(self, texts: list[str]) -> list[int]:
        """The document of each text, new or already known."""
        numbers: list[int] = []
        terms, counts, lengths, sizes = array("i"), array("i"), array("i"), array("q")
        for text in texts:
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            number = self._number.get(digest)
            if number is None:
                number = self._number[digest] = len(self._digests)
                self._digests.append(digest)
                tally = Counter(self._terms_in(text))
                terms.extend(tally)
                counts.extend(tally.values())
                lengths.append(sum(tally.values()))
                sizes.append(len(tally))
            numbers.append(number)
        self._append(np.array(terms), np.array(counts), np.array(lengths), np.array(sizes))
        self._use(np.array(numbers, np.int64), +1)
        return numbers

    def drop(self, document: int) -> None:
        """One offer fewer speaks these words."""
        self._use(np.array([document]), -1)

    def terms_asked(self, text: str) -> dict[int, str]:
        """The terms of a need's text that some offer speaks, each with the need's own word.

        A word that no offer speaks counts as the nearest spelling that one does.
        """
        frequency = self.frequency.values
        asked: dict[int, str] = {}
        unknown: dict[str, str] = {}
        for word in WORD.findall(text[:LONGEST]):
            stem = _stem(word)
            if stem is None:
                continue
            term = self.term_of.get(stem)
            if term is not None and frequency[term]:
                asked.setdefault(term, word.lower())
            elif len(stem) >= _SHORTEST_MISSPELT and not stem.isdigit():
                unknown.setdefault(stem, word.lower())
        for stem, word in islice(unknown.items(), _MOST_MISSPELT):
            if stem not in self._meant:
                self._meant[stem] = self._nearest_spelling(stem)
            meant = self._meant[stem]
            if meant is not None:
                asked.setdefault(self.term_of[meant], word)
        return asked

    def rarity(self, terms: Numbers) -> Ints:
        """BM25's inverse document frequency, in IDF_UNIT."""
        df = self.frequency.values[terms]
        idf = np.log1p((self.alive - df + 0.5) / (df + 0.5))
        rounded: Ints = np.rint(idf * IDF_UNIT).astype(np.int64)
        return rounded

    def cells(self, documents: Numbers) -> tuple[Ints, Ints]:
        """Where the terms of some documents stand, end to end, and where each one ends."""
        first = self.starts.values[documents]
        return spread(first, self.starts.values[documents + 1] - first)

    def packed(self, kept: Numbers) -> "Documents":
        """The same with these documents alone."""
        new = Documents()
        new.term_of, new._terms_of_token = self.term_of, self._terms_of_token
        new._by_initial = self._by_initial
        cells, ends = self.cells(kept)
        new.starts.extend(ends)
        new.terms.extend(self.terms.values[cells])
        new.term_weights.extend(self.term_weights.values[cells])
        new.uses.extend(self.uses.values[kept])
        new.frequency.extend(self.frequency.values)
        new.alive = self.alive
        new._digests = [self._digests[number] for number in kept.tolist()]
        new._number = {digest: number for number, digest in enumerate(new._digests)}
        return new

    def _terms_in(self, text: str) -> list[int]:
        found: list[int] = []
        known = self._terms_of_token
        for token in text[:LONGEST].split():
            terms = known.get(token)
            if terms is None:
                terms = known[token] = tuple(self._term(stem) for stem in stems(token))
            found += terms
        return found

    def _term(self, stem: str) -> int:
        term = self.term_of.get(stem)
        if term is None:
            term = self.term_of[stem] = len(self.term_of)
            self._by_initial.setdefault(stem[0], []).append(stem)
        return term

    def _append(self, terms: Ints, counts: Ints, lengths: Ints, sizes: Ints) -> None:
        fresh = len(self.term_of) - self.frequency.size
        self.frequency.extend(np.zeros(fresh, np.int32))
        if not len(sizes):
            return
        norm = _K1 * (1 - _B + _B * np.repeat(lengths, sizes) / _TYPICAL_STEMS)
        weights = counts * (_K1 + 1) / (counts + norm)
        self.starts.extend(self.starts.values[-1] + np.cumsum(sizes))
        self.terms.extend(terms)
        self.term_weights.extend(np.rint(weights * TERM_UNIT))
        self.uses.extend(np.zeros(len(sizes), np.int32))

    def _use(self, numbers: Ints, by: int) -> None:
        self._meant.clear()
        touched = np.unique(numbers)
        uses = self.uses.values
        before = uses[touched] > 0
        np.add.at(uses, numbers, by)
        changed = touched[(uses[touched] > 0) != before]
        if changed.size:
            self.alive += by * len(changed)
            cells, _ = self.cells(changed)
            np.add.at(self.frequency.values, self.terms.values[cells], by)

    def _nearest_spelling(self, stem: str) -> str | None:
        frequency = self.frequency.values
        alike = process.extract(
            stem,
            self._by_initial.get(stem[0], ()),
            scorer=fuzz.ratio,
            score_cutoff=_ALIKE,
            limit=None,
        )
        spoken = [(-score, other) for other, score, _ in alike if frequency[self.term_of[other]]]
        return min(spoken)[1] if spoken else None


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str | None:
    found = stems(word)
    return found[0] if found else None


_DTYPES: dict[str, npt.DTypeLike] = {
    "traits": np.uint32,
    "structure": np.int32,
    "document": np.int32,
    "lat": np.float64,
    "lon": np.float64,
    "postcode": np.int32,
    "commune": np.int32,
    "epci": np.int32,
    "department": np.int32,
    "region": np.int32,
    "coverage": np.uint8,
    "radius_km": np.float64,
    "zone": np.int32,
    "zone_start": np.int32,
    "zone_count": np.int32,
    "sector_start": np.int32,
    "sector_count": np.int32,
    "availability": np.float64,
    "feedback": np.float64,
    "amount_min": np.float64,
    "amount_max": np.float64,
    "lead_days": np.float64,
    "absent_until": np.int32,
    "confirmed_on": np.int32,
    "tags": np.uint32,
    "team": np.float64,
    "zones": np.int32,
    "sectors": np.uint8,
    "worths": np.uint8,
}
_LISTS = ("zones", "sectors", "worths")


class Columns:
    """One row an offer; `zones`, `sectors` and `worths` hold the lists of all rows."""

    traits: npt.NDArray[np.uint32]
    """Bits of kind, service types and flags; 0 for a dead row."""
    structure: Numbers
    document: Numbers
    lat: Floats
    lon: Floats
    xyz: Floats
    postcode: Numbers
    commune: Numbers
    epci: Numbers
    department: Numbers
    region: Numbers
    coverage: npt.NDArray[np.uint8]
    radius_km: Floats
    zone: Numbers
    zone_start: Numbers
    zone_count: Numbers
    sector_start: Numbers
    sector_count: Numbers
    availability: Floats
    feedback: Floats
    amount_min: Floats
    amount_max: Floats
    lead_days: Floats
    absent_until: Numbers
    confirmed_on: Numbers
    """Days, as ordinals of the calendar; 0 when never said."""
    tags: npt.NDArray[np.uint32]
    team: Floats
    zones: Numbers
    sectors: npt.NDArray[np.uint8]
    worths: npt.NDArray[np.uint8]

    def __init__(self) -> None:
        self._growing = {name: Growing(dtype) for name, dtype in _DTYPES.items()}
        self._growing["xyz"] = Growing(np.float64, 3)
        self.extend({})

    def __len__(self) -> int:
        return len(self.traits)

    def extend(self, more: dict[str, Any]) -> None:
        for name, values in more.items():
            self._growing[name].extend(values)
        for name, growing in self._growing.items():
            setattr(self, name, growing.values)

    def packed(self, kept: Numbers) -> "Columns":
        """The same with these rows alone, in their order."""
        new = Columns()
        more = {name: getattr(self, name)[kept] for name in self._growing if name not in _LISTS}
        for lists, start, count in (
            (("zones",), "zone_start", "zone_count"),
            (("sectors", "worths"), "sector_start", "sector_count"),
        ):
            cells, ends = spread(more[start], more[count])
            more |= {name: getattr(self, name)[cells] for name in lists}
            more[start] = ends - more[count]
        new.extend(more)
        return new


def spread(starts: npt.ArrayLike, sizes: npt.ArrayLike) -> tuple[Ints, Ints]:
    """The cells of some lists, end to end, and where each list ends among them."""
    first, count = np.asarray(starts, np.int64), np.asarray(sizes, np.int64)
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + count, count), ends


class Index:
    """Every offer that may be matched, ready to be ranked.

    Inactive and unreachable offers, and those of an unknown kind, are taken out rather than
    kept: nothing can match them. Not safe to update while another thread ranks.
    """

    def __init__(self, gazetteer: Gazetteer, weights: Weights = WEIGHTS) -> None:
        self.weights = weights
        self.atlas = atlas_of(gazetteer)
        self.offer_ids: list[str] = []
        self.structure_ids: list[str] = []
        self.columns = Columns()
        self.documents = Documents()
        self._postings = _empty_postings()
        self._row: dict[str, int] = {}
        self._structure: dict[str, int] = {}
        self._packed_rows = 0

    def __len__(self) -> int:
        return len(self._row)

    def upsert(self, offers: Iterable[Offer]) -> None:
        """Add offers, each in place of the one of the same id, the last one said counting."""
        waiting = iter(offers)
        while batch := {offer.id: offer for offer in islice(waiting, _BATCH)}:
            self._drop(batch)
            self._append(
                [
                    offer
                    for offer in batch.values()
                    if offer.active and offer.reachable and offer.kind in KIND_BIT
                ]
            )
            self._pack_when_worn()

    def remove(self, ids: Iterable[str]) -> None:
        """Take offers out; an id that is not there is no fault."""
        self._drop(ids)
        self._pack_when_worn()

    def amount_outside(self, need: Need, rows: Rows) -> Flags:
        """The rows that take no contract of the need's amount; unknown limits hold nothing."""
        columns = self.columns
        outside = np.zeros(len(rows), np.bool_)
        if need.amount_max is not None:
            outside |= need.amount_max < columns.amount_min[rows]
        if need.amount_min is not None:
            outside |= need.amount_min > columns.amount_max[rows]
        return outside

    def is_absent(self, on: date, rows: Rows) -> Flags:
        """The rows whose structures take nothing more that day."""
        absent: Flags = self.columns.absent_until[rows] >= on.toordinal()
        return absent

    def is_stale(self, on: date, rows: Rows) -> Flags:
        """The rows confirmed once, too long ago."""
        confirmed = self.columns.confirmed_on[rows]
        stale: Flags = (confirmed > 0) & (confirmed < on.toordinal() - self.weights.stale_days)
        return stale

    def sectors_of_its_groups(self) -> set[str]:
        """The sectors that its offers declare or imply, and the others of their groups: no
        need that ticks sectors finds anybody here without ticking one of these."""
        groups = {SECTORS[sector].group for sector in np.unique(self.columns.sectors).tolist()}
        return {sector.slug for sector in SECTORS if sector.group in groups}

    def offering(self, sector: int) -> tuple[Numbers, npt.NDArray[np.uint8]]:
        """The rows that declare or imply a sector, dead ones among them, and their worth."""
        rows, worths = self._postings[sector]
        return rows.values, worths.values

    def _drop(self, ids: Iterable[str]) -> None:
        for offer_id in ids:
            row = self._row.pop(offer_id, None)
            if row is not None:
                self.columns.traits[row] = 0
                self.documents.drop(int(self.columns.document[row]))

    def _append(self, offers: list[Offer]) -> None:
        if not offers:
            return
        seats = [
            self.atlas.seat(o.commune, o.lat, o.lon, o.postcode, o.department, o.region)
            for o in offers
        ]
        zones = [
            self.atlas.zones(o.coverage.codes) if o.coverage.type == "zones" else [] for o in offers
        ]
        sectors = [self._sectors_of(offer) for offer in offers]
        first = len(self.columns)
        lat, lon = np.array([s.lat for s in seats]), np.array([s.lon for s in seats])
        texts = [f"{o.name}\n{o.title}\n{o.description}" for o in offers]
        zone_count = np.array([len(z) for z in zones])
        sector_count = np.array([len(s) for s in sectors])
        self.columns.extend(
            {
                "traits": [_traits(offer) for offer in offers],
                "structure": [self._structure_of(o.structure_id) for o in offers],
                "document": self.documents.add(texts),
                "lat": lat,
                "lon": lon,
                "xyz": coverage.earth(lat, lon),
                "postcode": [s.postcode for s in seats],
                "commune": [s.commune for s in seats],
                "epci": [s.epci for s in seats],
                "department": [s.department for s in seats],
                "region": [s.region for s in seats],
                "coverage": [_COVERAGE[o.coverage.type] for o in offers],
                "radius_km": [
                    o.coverage.km if o.coverage.type == "radius" else None for o in offers
                ],
                "zone": [z[0] if z else NOWHERE for z in zones],
                "zone_start": len(self.columns.zones) + np.cumsum(zone_count) - zone_count,
                "zone_count": zone_count,
                "sector_start": len(self.columns.sectors) + np.cumsum(sector_count) - sector_count,
                "sector_count": sector_count,
                "availability": [self._availability(offer) for offer in offers],
                "feedback": [o.feedback for o in offers],
                "amount_min": [o.amount_min for o in offers],
                "amount_max": [o.amount_max for o in offers],
                "lead_days": [o.lead_days for o in offers],
                "absent_until": [_ordinal(o.absent_until) for o in offers],
                "confirmed_on": [_ordinal(o.confirmed_on) for o in offers],
                "tags": [tag_bits(o.tags) for o in offers],
                "team": [o.team for o in offers],
                "zones": [zone for listed in zones for zone in listed],
                "sectors": [sector for listed in sectors for sector in listed],
                "worths": [worth for listed in sectors for worth in listed.values()],
            }
        )
        self.offer_ids += [offer.id for offer in offers]
        self._row |= {offer.id: first + place for place, offer in enumerate(offers)}
        self._post(first)

    def _sectors_of(self, offer: Offer) -> dict[int, int]:
        """Indexes, sorted, with their worth. A slug of no sector still counts as declared."""
        if offer.sectors:
            known = {BY_SLUG[slug].index for slug in offer.sectors if slug in BY_SLUG}
            return dict.fromkeys(sorted(known), WORTH)
        implied = implied_sectors(
            offer.title, offer.description, offer.name, offer.naf, self.weights
        )
        return {sector: round(worth * WORTH) for sector, worth in sorted(implied.items())}

    def _structure_of(self, structure_id: str) -> int:
        number = self._structure.get(structure_id)
        if number is None:
            number = self._structure[structure_id] = len(self.structure_ids)
            self.structure_ids.append(structure_id)
        return number

    def _availability(self, offer: Offer) -> float:
        """1 for a newcomer; lower for who leaves needs unanswered, or confirmed nothing."""
        weights = self.weights
        answering = (offer.answered + weights.patience) / (offer.received + weights.patience)
        least = weights.least_availability
        available = least + (1 - least) * min(1.0, answering)
        return max(least, available * (weights.unconfirmed if offer.implied else 1.0))

    def _post(self, first: int) -> None:
        columns = self.columns
        cells = slice(int(columns.sector_start[first]), len(columns.sectors))
        sectors, worths = columns.sectors[cells], columns.worths[cells]
        rows = np.repeat(np.arange(first, len(columns)), columns.sector_count[first:])
        order = np.argsort(sectors, kind="stable")
        bounds = np.searchsorted(sectors[order], np.arange(len(SECTORS) + 1))
        for sector in np.unique(sectors).tolist():
            these = order[bounds[sector] : bounds[sector + 1]]
            posted_rows, posted_worths = self._postings[sector]
            posted_rows.extend(rows[these])
            posted_worths.extend(worths[these])

    def _pack_when_worn(self) -> None:
        rows, loose = len(self.columns), len(self.columns) - self._packed_rows
        dead = rows - len(self._row)
        if max(dead * 2, loose) >= max(_FEWEST_LOOSE, rows // 2):
            self.pack()

    def pack(self) -> None:
        """Let the dead rows go, and put those of a sector side by side, where they are read
        two or three times faster."""
        kept = np.flatnonzero(self.columns.traits).astype(np.int32)
        if len(self.columns.sectors):
            last = len(self.columns.sectors) - 1
            first_sector = self.columns.sectors[np.minimum(self.columns.sector_start[kept], last)]
            kept = kept[np.argsort(first_sector, kind="stable")]
        columns = self.columns.packed(kept)
        documents, columns.document[:] = np.unique(columns.document, return_inverse=True)
        structures, columns.structure[:] = np.unique(columns.structure, return_inverse=True)
        self.columns = columns
        self.documents = self.documents.packed(documents)
        self.structure_ids = [self.structure_ids[number] for number in structures.tolist()]
        self._structure = {name: number for number, name in enumerate(self.structure_ids)}
        self.offer_ids = [self.offer_ids[row] for row in kept.tolist()]
        self._row = {offer_id: row for row, offer_id in enumerate(self.offer_ids)}
        self._postings = _empty_postings()
        self._packed_rows = len(columns)
        if len(columns):
            self._post(0)


def _empty_postings() -> list[tuple[Growing, Growing]]:
    return [(Growing(np.int32), Growing(np.uint8)) for _ in SECTORS]


def tag_bits(tags: Iterable[str]) -> int:
    """The environmental tags as bits; those that nobody knows have none."""
    return sum(TAG_BIT[tag] for tag in set(tags) if tag in TAG_BIT)


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


def _traits(offer: Offer) -> int:
    services = sum(SERVICE_BIT[s] for s in set(offer.service_types) if s in SERVICE_BIT)
    return (
        KIND_BIT[offer.kind]
        | services
        | (0 if offer.service_types else UNKNOWN_SERVICE)
        | (IMPLIED if offer.implied else 0)
        | (QPV if offer.qpv else 0)
    )
