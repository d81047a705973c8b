"""The open needs that answer to what a visitor looks for; the page and the feed ask alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from marketplace.clock import PARIS
from marketplace.needs import wording
from marketplace.needs.queries import is_open
from marketplace.needs.tables import (
    Lot,
    LotSector,
    LotZone,
    Need,
    NeedKind,
    NeedSector,
    NeedZone,
    PlaceType,
)
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS
from marketplace.structures.kinds import Kind
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.queries import inside, touches

LONGEST = 200
NEW_DAYS = 7
DELAYS = {"7": "Dans 7 jours au plus", "14": "Dans 14 jours au plus", "30": "Dans 30 jours au plus"}
RESERVED = {
    "oui": "Réservés à certaines structures",
    "insertion": "Ouverts à l'insertion",
    "handicap": "Ouverts au handicap",
}


@dataclass(frozen=True)
class Sought:
    """What the address of the list says, once read: nonsense counts for nothing.

    `sectors` is None when no sector is asked; `zone` is None when no place is, or when the
    one typed in `where` is not known.
    """

    words: str = ""
    sector: str = ""
    where: str = ""
    zone: str | None = None
    kind: NeedKind | None = None
    reserved: str = ""
    within_days: int | None = None
    is_new: bool = False

    @property
    def is_unknown_place(self) -> bool:
        return bool(self.where) and self.zone is None

    @property
    def sectors(self) -> list[str] | None:
        """The slugs of the sector, or of the group, that is asked."""
        if not self.sector:
            return None
        of_group = [one.slug for one in SECTORS if one.group.slug == self.sector]
        return [self.sector] if self.sector in BY_SLUG else of_group


def sought_in(said: Mapping[str, str], places: Gazetteer) -> Sought:
    """What the arguments of an address ask for."""
    where = _words(said.get("lieu", ""))
    sector, kind = said.get("secteur", ""), said.get("type", "")
    is_sector = sector in BY_SLUG or any(one.group.slug == sector for one in SECTORS)
    return Sought(
        words=_words(said.get("q", "")),
        sector=sector if is_sector else "",
        where=where,
        zone=naming.zone_named(places, where) if where else None,
        kind=NeedKind(kind) if kind in set(NeedKind) else None,
        reserved=said.get("reserve", "") if said.get("reserve") in RESERVED else "",
        within_days=int(said["avant"]) if said.get("avant") in DELAYS else None,
        is_new=said.get("nouveaux") == "1",
    )


def open_needs_like(sought: Sought, places: Gazetteer, now: datetime) -> Select[Need]:
    """Open needs with whom they are from and where, most urgent first."""
    found = select(Need).where(is_open(now), *_asked(sought, places, now))
    return found.options(
        joinedload(Need.organisation), selectinload(Need.zones), selectinload(Need.sectors)
    ).order_by(Need.deadline_on, Need.id)


def counts_by_kind(
    session: Session, sought: Sought, places: Gazetteer, now: datetime
) -> dict[NeedKind, int]:
    """How many needs of each kind there would be, all else asked being equal."""
    rows = (
        select(Need.kind, func.count())
        .where(is_open(now), *_asked(sought, places, now, but_kind=True))
        .group_by(Need.kind)
    )
    return dict(session.execute(rows).all())


def _words(said: str) -> str:
    visible = "".join(c if c.isprintable() else " " for c in said)
    return " ".join(visible.split())[:LONGEST]


def _asked(
    sought: Sought, places: Gazetteer, now: datetime, but_kind: bool = False
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sought.words:
        wanted.append(_says(sought.words))
    if (slugs := sought.sectors) is not None:
        ticked = exists().where(NeedSector.need_id == Need.id, NeedSector.sector_slug.in_(slugs))
        of_lot = exists().where(
            Lot.need_id == Need.id,
            Lot.ending.is_(None),
            LotSector.lot_id == Lot.id,
            LotSector.sector_slug.in_(slugs),
        )
        wanted.append(or_(ticked, of_lot))
    if sought.is_unknown_place:
        wanted.append(false())
    elif sought.zone is not None and sought.zone != COUNTRY:
        wanted.append(lies_in(sought.zone))
    if sought.kind is not None and not but_kind:
        wanted.append(Need.kind == sought.kind)
    if sought.reserved:
        wanted.append(_is_reserved(sought.reserved))
    if sought.within_days is not None:
        last = now.astimezone(PARIS).date() + timedelta(days=sought.within_days)
        wanted.append(Need.deadline_on <= last)
    if sought.is_new:
        first = now.astimezone(PARIS).date() - timedelta(days=NEW_DAYS)
        wanted.append(Need.published_at >= datetime.combine(first, time(), tzinfo=PARIS))
    return wanted


def _says(words: str) -> ColumnElement[bool]:
    query = func.websearch_to_tsquery("tandem_fr", words)

    def speaks(
        title: InstrumentedAttribute[str], text: InstrumentedAttribute[str]
    ) -> ColumnElement[bool]:
        said = func.to_tsvector("tandem_fr", title + " " + text)
        return said.bool_op("@@")(query)

    of_lot = exists().where(Lot.need_id == Need.id, speaks(Lot.title, Lot.description))
    return or_(speaks(Need.title, Need.description), of_lot)


def _is_reserved(choice: str) -> ColumnElement[bool]:
    if choice == "oui":
        return func.cardinality(Need.kinds) > 0
    kinds = wording.RESERVATIONS[choice][1]
    return or_(
        func.cardinality(Need.kinds) == 0, Need.kinds.overlap([Kind(k) for k in sorted(kinds)])
    )


def lies_in(code: str) -> ColumnElement[bool]:
    """The place of a need, or of one of its lots, has a commune in common with this territory."""
    zone = exists().where(NeedZone.need_id == Need.id, touches(NeedZone.territory_code, code))
    of_lot = (Lot.need_id == Need.id) & Lot.ending.is_(None)
    lot_zone = exists().where(
        of_lot, LotZone.lot_id == Lot.id, touches(LotZone.territory_code, code)
    )
    return or_(
        Need.place_type == PlaceType.COUNTRY,
        Need.commune_code.in_(inside(code)),
        zone,
        lot_zone,
        exists().where(of_lot, Lot.commune_code.in_(inside(code))),
    )


def chosen(sought: Sought, labels_of_sectors: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
    """The filters in use: the name of each in the address, its value, and words for it."""
    said = [
        ("q", sought.words, f"«\u00a0{sought.words}\u00a0»"),
        ("secteur", sought.sector, labels_of_sectors.get(sought.sector, "")),
        ("lieu", sought.where, sought.where),
        ("type", str(sought.kind or ""), wording.KINDS[sought.kind] if sought.kind else ""),
        ("reserve", sought.reserved, RESERVED.get(sought.reserved, "")),
        ("avant", str(sought.within_days or ""), DELAYS.get(str(sought.within_days), "")),
        ("nouveaux", "1" if sought.is_new else "", f"Publiés depuis {NEW_DAYS} jours"),
    ]
    return [one for one in said if one[1]]
