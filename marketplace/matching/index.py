"""Offers in columns, so that a need can be ranked over all of them in a millisecond. Pure.

Rows are only ever appended; a changed or removed offer leaves a dead row, which no mask
lets through, until a quarter of them are dead and the columns are packed again. Nothing
that a ranking says depends on the order of rows, so any sequence of updates ranks like an
index built anew (a property test holds it).
"""

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from marketplace.matching.documents import Documents, Growing, spread
from marketplace.matching.implied import implied_sectors
from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Offer
from marketplace.matching.weights import WEIGHTS, Weights
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS
from marketplace.territories import coverage
from marketplace.territories.atlas import atlas_of
from marketplace.territories.coverage import NOWHERE, Numbers, Rows
from marketplace.territories.distances import Flags, Floats, earth
from marketplace.territories.gazetteer import Gazetteer

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
        self._postings: dict[int, tuple[Growing, Growing]] = {}
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

    def of_structure(self, structure_id: str) -> "Index":
        """Its offers alone, which rank as they do among all: words keep the rarity that they
        have there. To be read, not updated."""
        alone = Index(self.atlas.gazetteer, self.weights)
        alone.documents = self.documents
        is_its = self.columns.structure == self._structure.get(structure_id, NOWHERE)
        rows = np.flatnonzero(is_its & (self.columns.traits != 0)).astype(np.int32)
        if len(rows):
            alone.columns = self.columns.packed(rows)
            alone.columns.structure[:] = alone._structure_of(structure_id)
            alone.offer_ids = [self.offer_ids[row] for row in rows.tolist()]
            alone._row = {offer_id: row for row, offer_id in enumerate(alone.offer_ids)}
            alone._post(0)
        return alone

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

    def sectors(self) -> set[str]:
        """Those that its offers declare or imply."""
        return {SECTORS[sector].slug for sector in np.unique(self.columns.sectors).tolist()}

    def sectors_of_its_groups(self) -> set[str]:
        """The same, and the others of their groups: no need that ticks sectors finds anybody
        here without ticking one of these."""
        groups = {BY_SLUG[slug].group for slug in self.sectors()}
        return {sector.slug for sector in SECTORS if sector.group in groups}

    def offering(self, sector: int) -> tuple[Numbers, npt.NDArray[np.uint8]]:
        """The rows that declare or imply a sector, dead ones among them, and their worth."""
        rows, worths = self._postings.get(sector, _NOT_OFFERED)
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
                "xyz": earth(lat, lon),
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
            posted_rows, posted_worths = self._postings.setdefault(sector, _no_postings())
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
        self._postings = {}
        self._packed_rows = len(columns)
        if len(columns):
            self._post(0)


def _no_postings() -> tuple[Growing, Growing]:
    return Growing(np.int32), Growing(np.uint8)


_NOT_OFFERED = _no_postings()


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
