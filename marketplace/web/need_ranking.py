"""Who could answer a need, as its insiders see it: page by page, lot by lot, and in a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Blueprint, Response, send_file
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.tables import Outcome
from marketplace.db import db
from marketplace.files.contents import MEDIA_TYPES, Format
from marketplace.guards.noting import note_export
from marketplace.guards.roles import sign_in_required, viewer
from marketplace.guards.scopes import need_of_insider
from marketplace.matching import explaining
from marketplace.matching import queries as matching
from marketplace.matching.lots import LotFound
from marketplace.matching.tables import LotMatch, Match, Shortlist
from marketplace.matching.turns import in_turn
from marketplace.needs.tables import Need
from marketplace.sheets import write_csv, write_xlsx
from marketplace.structures.kinds import LABELS
from marketplace.structures.tables import Structure

need_ranking = Blueprint("need_ranking", __name__)

PER_PAGE = 20
NEAR_SHOWN = 10
NEARBY_KM = 20
READ_AT_ONCE = 500
KEPT_IN_MEMORY = 1_000_000

COLUMNS = (
    "Lot",
    "Rang",
    "Structure",
    "SIRET",
    "Type",
    "Ville",
    "Département",
    "Distance en km",
    "Score",
    "Raisons",
    "Ce qui manque",
)


@dataclass(frozen=True)
class Ranking:
    """One page of a ranking: the need's, or that of the lot with this number."""

    shortlist: Shortlist | None
    has_outcome: bool
    lots: Sequence[LotFound] = ()
    number: int | None = None
    eligible: int = 0
    nearby: int = 0
    shown: Sequence[tuple[Match | LotMatch, Structure]] = ()
    near: Sequence[tuple[Match | LotMatch, Structure]] = ()


def ranking_of(session: Session, need: Need, number: int | None, page: int) -> Ranking:
    """Four queries at most, however many structures there are."""
    nearby = select(func.count()).where(
        Match.need_id == need.id,
        func.cardinality(Match.near) == 0,
        Match.distance_km <= NEARBY_KM,
    )
    decided = select(Outcome.id).where(Outcome.need_id == need.id).exists()
    found = session.execute(
        select(Shortlist, nearby.scalar_subquery(), decided)
        .select_from(Need)
        .outerjoin(Shortlist)
        .where(Need.id == need.id)
    ).one()
    shortlist, close, has_outcome = found
    if shortlist is None:
        return Ranking(None, has_outcome)
    lots = matching.lots_found(session, need.id) if need.lots else []
    lot = next((one for one in lots if one.number == number), None)
    eligible = (lot.eligible or 0) if lot else shortlist.eligible
    of_lot = next((row for row in need.lots if lot and row.number == lot.number), None)
    table = LotMatch if of_lot else Match
    wanted = matching.lot_matches_of(of_lot.id) if of_lot else matching.matches_of_need(need.id)
    of_list = LotMatch.lot_id == of_lot.id if of_lot else Match.need_id == need.id
    is_near = func.cardinality(table.near) > 0
    turn = in_turn(session, table, of_list, need.published_at or clock.now())
    on_page = (
        select(table.id)
        .where(of_list, ~is_near)
        .order_by(turn, table.rank)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    are_shown = table.id.in_(on_page) | (is_near & (table.rank <= eligible + NEAR_SHOWN))
    rows = session.scalars(wanted.where(are_shown).order_by(None).order_by(turn, table.rank)).all()
    return Ranking(
        shortlist=shortlist,
        has_outcome=has_outcome,
        lots=lots,
        number=lot.number if lot else None,
        eligible=eligible,
        nearby=(lot.close or 0) if lot else close,
        shown=[(row, row.structure) for row in rows if not row.near],
        near=[(row, row.structure) for row in rows if row.near],
    )


@need_ranking.get("/besoins/<slug>/classement.csv")
@sign_in_required
def export(slug: str) -> Response:
    """All that the ranking holds, lot by lot."""
    need = need_of_insider(db.session(), viewer(), slug)
    note_export(("need", need.id))
    name = f"classement-{need.slug}-{clock.today().isoformat()}.csv"
    return csv_file(name, COLUMNS, _cells(db.session(), need))


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to download, kept on the disk while it is written when it is long."""
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    for line in write_csv(columns, rows):
        file.write(line.encode())
    file.seek(0)
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def xlsx_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The same as a workbook."""
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    for piece in write_xlsx(columns, rows):
        file.write(piece)
    file.seek(0)
    return send_file(
        file, mimetype=MEDIA_TYPES[Format.XLSX], as_attachment=True, download_name=name
    )


def _lists(session: Session, need: Need) -> Iterator[tuple[str, Iterable[Row[*tuple[Any, ...]]]]]:
    """The ranking of each lot, or that of a need without lots, as the columns of the file."""
    if not need.lots:
        yield "", _listed(session, Match, Match.need_id == need.id, need)
    for lot in need.lots:
        of_list = LotMatch.lot_id == lot.id
        yield f"{lot.number} · {lot.title}", _listed(session, LotMatch, of_list, need)


def _listed(
    session: Session, table: type[Match | LotMatch], of_list: ColumnElement[bool], need: Need
) -> Iterable[Row[*tuple[Any, ...]]]:
    """In the order of the page, and no row for the session to keep: there may be thousands."""
    turn = in_turn(session, table, of_list, need.published_at or clock.now())
    listed = _columns_of(table).where(of_list).order_by(turn, table.rank)
    return session.execute(listed, execution_options={"yield_per": READ_AT_ONCE})


def _columns_of(table: type[Match | LotMatch]) -> Select[*tuple[Any, ...]]:
    return select(
        func.coalesce(func.nullif(Structure.brand, ""), Structure.name),
        Structure.siret,
        Structure.kind,
        Structure.city,
        Structure.department_code,
        table.distance_km,
        table.score,
        table.reasons,
        table.near,
    ).join(Structure, Structure.id == table.structure_id)


def _cells(session: Session, need: Need) -> Iterator[tuple[object, ...]]:
    for title, rows in _lists(session, need):
        for place, row in enumerate(rows, start=1):
            name, siret, kind, city, department, km, score, reasons, near = row
            yield (
                title,
                place,
                name,
                siret,
                LABELS[kind],
                city,
                department,
                None if km is None else round(km),
                round(score, 3),
                "\u00a0; ".join(explaining.sentences(reasons, "buyer")),
                "\u00a0; ".join(explaining.NEAR[code] for code in near),
            )
