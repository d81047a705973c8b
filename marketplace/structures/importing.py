"""Taking in a register of structures, in batches, however long it is."""

import hashlib
from base64 import b32encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import String, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace.jsonl import Refused
from marketplace.sheets import BrokenRow, Row
from marketplace.structures.columns import NOTED
from marketplace.structures.kinds import Kind
from marketplace.structures.placing import seat_of
from marketplace.structures.register import Entry, entry_of
from marketplace.structures.rights import joined, kept_from, withheld
from marketplace.structures.tables import Structure, StructureChange, StructureMember
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.text import slug, sort_key

BATCH = 1_000
MOST_NOTICES = 10_000
"""Of each sort, what a report says line by line; the others are counted."""

_LOCK = 0x7AE0_1001
"""Any number, the same for all: two imports at once would create the same structures."""

_COMPARED = (
    "sort_key",
    "brand",
    "legal_form",
    "address",
    "postcode",
    "city",
    "commune_code",
    "department_code",
    "lat",
    "lon",
    "is_point_approximate",
    "naf",
    "website",
    "email",
    "phone",
)

_READ = ("id", "siret", "kind", "name", "networks", *_COMPARED)

_SEAT = {"address", "postcode", "city", "commune_code", "department_code", "lat", "lon"} | {
    "is_point_approximate"
}
_MOVES_TOGETHER = {
    "brand": {"brand", "sort_key"},
    "address": _SEAT,
    "postcode": _SEAT,
    "city": _SEAT,
}
"""What a register leaves alone once a structure's own people changed one of it."""

Key = tuple[str, Kind, str]
"""SIRET, kind and name."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is wrong with a line, in French."""

    line: int
    field: str
    reason: str


@dataclass
class Report:
    """What became of each row."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Notice] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    more_refused: int = 0
    more_warnings: int = 0
    """How many there were beyond those that are kept."""

    def refuse(self, notice: Notice) -> None:
        if len(self.refused) < MOST_NOTICES:
            self.refused.append(notice)
        else:
            self.more_refused += 1

    def warn(self, notice: Notice) -> None:
        if len(self.warnings) < MOST_NOTICES:
            self.warnings.append(notice)
        else:
            self.more_warnings += 1

    def __post_init__(self) -> None:
        self.kept: dict[int, dict[str, list[str]]] = {}
        """By line and reason, what had to be kept though the line says otherwise: for networks
        alone, so that it is no part of a written report."""

    def keep(self, line: int, name: str, reason: str, value: object = "") -> None:
        if name in NOTED:
            label = NOTED[name][0].lower() + NOTED[name][1:]
            said = (
                f"{label} «\u00a0{value[:60]}\u00a0»" if value and isinstance(value, str) else label
            )
            self.kept.setdefault(line, {}).setdefault(reason, []).append(said)


@dataclass(frozen=True, slots=True)
class Imported:
    """A structure of the register, as the table now has it."""

    structure_id: int
    line: int
    sectors: tuple[str, ...]
    is_new: bool
    is_changed: bool
    before: Mapping[str, Any] = field(default_factory=dict)
    """Of one that was known, what the row changes, as it was: by column."""
    activities: tuple[str, ...] = ()
    """What the row names as sectors and that is none of the list."""
    withheld: str = ""
    """Why the network that brings it in may change nothing of it."""
    is_asked_to_join: bool = False
    """Its people hold its page: they alone say that it belongs to the network."""


def import_batches(
    session: Session,
    rows: Iterable[Row | BrokenRow],
    report: Report,
    network: str | None = None,
) -> Iterator[list[Imported]]:
    """Create and update structures by SIRET, kind and name; one list for each batch of rows.

    What a row leaves empty stays as it was. When a network brings its members in, they join it,
    and what structures.rights keeps from it is left as it was.

    Each row is counted as read, and noted when it is refused or odd; whether the others changed
    something is for the caller to count, who may know of more changes.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    places = gazetteer(session)
    seen: dict[bytes, int] = {}
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        entries = list(_entries(batch, report))
        _note_repeats(entries, seen, report)
        yield _upsert(session, entries, places, report, network)


def _entries(rows: Sequence[Row | BrokenRow], report: Report) -> Iterator[tuple[int, Entry]]:
    for row in rows:
        report.read += 1
        try:
            if isinstance(row, BrokenRow):
                raise Refused(row.field, row.reason)
            yield row.line, entry_of(row.cells)
        except Refused as refusal:
            report.refuse(Notice(row.line, refusal.field, refusal.reason))


def _note_repeats(
    entries: Sequence[tuple[int, Entry]], seen: dict[bytes, int], report: Report
) -> None:
    for line, entry in entries:
        first = seen.setdefault(_digest(_key(entry)), line)
        if first != line:
            report.warn(
                Notice(line, "siret", f"déjà lue ligne {first}\u00a0: même SIRET, type et nom")
            )


def _upsert(
    session: Session,
    entries: Sequence[tuple[int, Entry]],
    places: Gazetteer,
    report: Report,
    network: str | None,
) -> list[Imported]:
    if not entries:
        return []
    known = _known(session, {_key(entry) for _, entry in entries})
    own = _own_words(session, known)
    claimed = _claimed(session, known) if network else set[Key]()
    new: dict[Key, dict[str, Any]] = {}
    changed: dict[Key, dict[str, Any]] = {}
    outcomes = []
    for line, entry in entries:
        key = _key(entry)
        values = _values(entry, places, line, report)
        row = known.get(key)
        is_new = row is None
        if row is None:
            row = known[key] = new[key] = _fresh(entry) | values
        reason, kept = "", dict[str, str]()
        if network:
            values["networks"] = joined(network, row["networks"])
            if key not in new:
                reason = withheld(network, row["networks"], key in claimed)
                kept = kept_from(reason, row, values, own.get(key, ()))
        differs = [name for name, value in values.items() if row[name] != value]
        unspoken = [name for name in differs if name not in own.get(key, ()) and name not in kept]
        before = {name: row[name] for name in unspoken}
        row.update({name: values[name] for name in unspoken})
        if before and key not in new:
            changed[key] = row
        for name in differs:
            if name in kept:
                report.keep(line, name, kept[name], row[name])
        asked = "networks" in differs and "networks" in kept
        outcomes.append((row, line, entry, is_new, before, reason, asked))
    if changed:
        session.execute(update(Structure), list(changed.values()))
    if new:
        # With RETURNING they go in few statements, each of which wakes the triggers once.
        key_of = (Structure.id, Structure.siret, Structure.kind, Structure.name)
        made = session.execute(insert(Structure).returning(*key_of), list(new.values()))
        for id_, siret, kind, name in made:
            new[siret, kind, name]["id"] = id_
    return [
        Imported(
            structure_id=row["id"],
            line=line,
            sectors=entry.sectors,
            is_new=is_new,
            is_changed=bool(before),
            before=before,
            activities=entry.activities,
            withheld=reason,
            is_asked_to_join=asked,
        )
        for row, line, entry, is_new, before, reason, asked in outcomes
    ]


def _known(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    columns = [getattr(Structure, name) for name in _READ]
    parts = [literal(list(part), ARRAY(String)) for part in zip(*keys, strict=True)]
    asked = func.unnest(*parts).table_valued("siret", "kind", "name").render_derived()
    is_asked = tuple_(Structure.siret, Structure.kind, Structure.name) == tuple_(*asked.c)
    rows = session.execute(select(*columns).join(asked, is_asked)).mappings()
    return {(row["siret"], Kind(row["kind"]), row["name"]): dict(row) for row in rows}


def _own_words(session: Session, known: Mapping[Key, dict[str, Any]]) -> dict[Key, set[str]]:
    """The columns where a structure's own people spoke: a register does not gainsay them."""
    key_of = {row["id"]: key for key, row in known.items()}
    said = select(StructureChange.structure_id, StructureChange.field).where(
        StructureChange.structure_id.in_(key_of)
    )
    own: dict[Key, set[str]] = {}
    for structure_id, name in session.execute(said.distinct()):
        columns = _MOVES_TOGETHER.get(name, {name})
        own.setdefault(key_of[structure_id], set()).update(columns)
    return own


def _claimed(session: Session, known: Mapping[Key, dict[str, Any]]) -> set[Key]:
    key_of = {row["id"]: key for key, row in known.items()}
    held = select(StructureMember.structure_id).where(StructureMember.structure_id.in_(key_of))
    return {key_of[structure_id] for structure_id in session.scalars(held.distinct())}


def _values(entry: Entry, places: Gazetteer, line: int, report: Report) -> dict[str, Any]:
    """What the row says, by column; a place is taken whole or not at all."""
    seat = seat_of(entry.address, places)
    for doubt in (*entry.doubts, *seat.doubts):
        report.warn(Notice(line, doubt.field, doubt.reason))
    values: dict[str, Any] = {name: value for name, value in entry.details.items() if value}
    if "brand" in values:
        values["sort_key"] = _sort_key(entry)
    address = entry.address
    if address.city or address.postcode or address.department or address.point:
        lat, lon = seat.point or (None, None)
        values |= {
            "city": address.city,
            "postcode": address.postcode,
            "commune_code": seat.commune,
            "department_code": seat.department,
            "lat": lat,
            "lon": lon,
            "is_point_approximate": seat.is_approximate,
        }
    return values


def row_of(entry: Entry, places: Gazetteer) -> dict[str, Any]:
    """Every column of a structure that no table holds yet."""
    return _fresh(entry) | _values(entry, places, 0, Report())


def _fresh(entry: Entry) -> dict[str, Any]:
    return dict.fromkeys(_COMPARED, "") | {
        "siret": entry.siret,
        "kind": entry.kind,
        "name": entry.name,
        "slug": slug_of(_key(entry), _shown(entry)),
        "sort_key": _sort_key(entry),
        "commune_code": None,
        "department_code": None,
        "lat": None,
        "lon": None,
        "is_point_approximate": False,
        "networks": [],
    }


def _shown(entry: Entry) -> str:
    return entry.details["brand"] or entry.name


def _sort_key(entry: Entry) -> str:
    """Some characters are several letters once bare."""
    return sort_key(_shown(entry))[:300]


def slug_of(key: Key, shown: str) -> str:
    """The structure's address for ever: its name when created, and a digest of its key.

    With 50 bits, a million namesakes meet once in a thousand imports.
    """
    digest = b32encode(_digest(key)).decode().lower()[:10]
    return "-".join(filter(None, (slug(shown)[:60].strip("-"), digest)))


def _key(entry: Entry) -> Key:
    return entry.siret, entry.kind, entry.name


def _digest(key: Key) -> bytes:
    return hashlib.sha1("|".join(key).encode(), usedforsecurity=False).digest()
