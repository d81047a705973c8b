"""Who could answer a need, as its insiders see it: page by page, lot by lot, and in a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Blueprint, Response, send_file
from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.tables import Outcome
from marketplace.db import db
from marketplace.files.contents import MEDIA_TYPES, Format
from marketplace.guards.roles import sign_in_required, viewer
from marketplace.guards.scopes import need_of_insider
from marketplace.matching import explaining
from marketplace.matching import queries as matching
from marketplace.matching.lots import LotFound
from marketplace.matching.tables import LotMatch, Match, Shortlist
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
    """Five queries at most, however many structures there are."""
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
    first = (page - 1) * PER_PAGE
    is_near = func.cardinality(table.near) > 0
    rows = session.scalars(
        wanted.where(
            or_(
                ~is_near & table.rank.between(first + 1, first + PER_PAGE),
                is_near & (table.rank <= eligible + NEAR_SHOWN),
            )
        )
    ).all()
    pairs = [(row, row.structure) for row in rows]
    return Ranking(
        shortlist=shortlist,
        has_outcome=has_outcome,
        lots=lots,
        number=lot.number if lot else None,
        eligible=eligible,
        nearby=(lot.close or 0) if lot else close,
        shown=[pair for pair in pairs if not pair[0].near],
        near=[pair for pair in pairs if pair[0].near],
    )


@need_ranking.get("/besoins/<slug>/classement.csv")
@sign_in_required
def export(slug: str) -> Response:
    """All that the ranking holds, lot by lot."""
    need = need_of_insider(db.session(), viewer(), slug)
    lots = [(lot.id, f"{lot.number} · {lot.title}") for lot in need.lots]
    name = f"classement-{need.slug}-{clock.today().isoformat()}.csv"
    return csv_file(name, COLUMNS, _cells(db.session(), need.id, lots))


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


def _lists(
    session: Session, need_id: int, lots: Sequence[tuple[int, str]]
) -> Iterator[tuple[str, Iterable[Row[*tuple[Any, ...]]]]]:
    """The ranking of each lot, or that of a need without lots, as the columns of the file."""
    by_batches = {"yield_per": READ_AT_ONCE}
    if not lots:
        whole = _columns_of(Match).where(Match.need_id == need_id)
        yield "", session.execute(whole, execution_options=by_batches)
    for lot_id, title in lots:
        of_lot = _columns_of(LotMatch).where(LotMatch.lot_id == lot_id)
        yield title, session.execute(of_lot, execution_options=by_batches)


def _columns_of(table: type[Match | LotMatch]) -> Select[*tuple[Any, ...]]:
    """Best first, and no row for the session to keep: there may be thousands."""
    return (
        select(
            table.rank,
            func.coalesce(func.nullif(Structure.brand, ""), Structure.name),
            Structure.siret,
            Structure.kind,
            Structure.city,
            Structure.department_code,
            table.distance_km,
            table.score,
            table.reasons,
            table.near,
        )
        .join(Structure, Structure.id == table.structure_id)
        .order_by(table.rank)
    )


def _cells(
    session: Session, need_id: int, lots: Sequence[tuple[int, str]]
) -> Iterator[tuple[object, ...]]:
    for title, rows in _lists(session, need_id, lots):
        for rank, name, siret, kind, city, department, km, score, reasons, near in rows:
            yield (
                title,
                rank,
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
