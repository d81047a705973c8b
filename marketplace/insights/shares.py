"""Reads: how much of a file of spending went to inclusive structures, and to which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CTE, ColumnElement, Select, String, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from marketplace.insights.spend_lines import Doubt
from marketplace.insights.spend_tables import SpendFile, SpendLine
from marketplace.structures.kinds import HANDICAP, INSERTION
from marketplace.structures.tables import Structure


class Family(StrEnum):
    """By which law a supplier is inclusive. A SIRET that carries structures of two families is
    counted once, apart."""

    INSERTION = "insertion"
    HANDICAP = "handicap"
    PRISON = "prison"
    SEVERAL = "several"


class By(StrEnum):
    """What spending may be split by."""

    FAMILY = "family"
    KIND = "kind"
    CATEGORY = "category"
    ENTITY = "entity"
    DEPARTMENT = "department"
    QPV = "qpv"


@dataclass(frozen=True)
class Share:
    """Euros and suppliers of one value; `value` is "" where it is not known."""

    value: str
    total: Decimal
    inclusive: Decimal
    insertion: Decimal
    handicap: Decimal
    suppliers: int
    inclusive_suppliers: int

    @property
    def part(self) -> float | None:
        """Inclusive euros of all euros; None when credit notes leave nothing to divide."""
        return float(self.inclusive / self.total) if self.total > 0 else None


@dataclass(frozen=True)
class Doubtful:
    """Lines that count in the total, and are not known to be inclusive."""

    lines: int
    amount: Decimal


def overall(session: Session, file_ids: Collection[int]) -> dict[int, Share]:
    """The whole of each file, by its id."""
    return {int(share.value): share for share in _shares(session, file_ids, None, None)}


def split(session: Session, file_id: int, by: By, most: int | None = None) -> list[Share]:
    """One share a value, the largest first; of families and kinds, inclusive suppliers alone."""
    return _shares(session, [file_id], by, most)


def doubts(session: Session, file_id: int) -> dict[Doubt, Doubtful]:
    found = session.execute(
        select(SpendLine.doubt, func.count(), func.sum(SpendLine.amount))
        .where(SpendLine.file_id == file_id, SpendLine.doubt.is_not(None))
        .group_by(SpendLine.doubt)
    )
    return {doubt: Doubtful(lines, amount) for doubt, lines, amount in found if doubt}


def doubtful_lines(session: Session, file_id: int, most: int) -> Sequence[SpendLine]:
    return session.scalars(
        select(SpendLine)
        .where(SpendLine.file_id == file_id, SpendLine.doubt.is_not(None))
        .order_by(SpendLine.line)
        .limit(most)
    ).all()


def same_firm(session: Session, file_id: int) -> Doubtful:
    """What went to another establishment of a firm that has an inclusive one: to be verified,
    and not in the share."""
    sirens = select(func.left(Structure.siret, 9))
    known = select(Structure.siret)
    lines, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(SpendLine.amount), 0)).where(
            SpendLine.file_id == file_id,
            SpendLine.siret != "",
            SpendLine.siret.not_in(known),
            func.left(SpendLine.siret, 9).in_(sirens),
        )
    ).one()
    return Doubtful(lines, amount)


def files_of(organisation_ids: Collection[int]) -> Select[SpendFile]:
    """Latest first."""
    theirs = select(SpendFile).where(SpendFile.organisation_id.in_(organisation_ids))
    return theirs.order_by(SpendFile.created_at.desc(), SpendFile.id.desc())


def _suppliers(file_ids: Collection[int]) -> CTE:
    """The structures of each SIRET of these files: closed ones too, which were paid while open."""
    paid = select(SpendLine.siret).where(SpendLine.file_id.in_(file_ids), SpendLine.siret != "")
    kind = cast(Structure.kind, String)
    family = case(
        (func.bool_and(Structure.kind.in_(INSERTION)), Family.INSERTION),
        (func.bool_and(Structure.kind.in_(HANDICAP)), Family.HANDICAP),
        (func.bool_and(Structure.kind.not_in(INSERTION | HANDICAP)), Family.PRISON),
        else_=Family.SEVERAL,
    )
    return (
        select(
            Structure.siret,
            func.string_agg(kind.distinct(), aggregate_order_by(literal(" + "), kind)).label(
                "kinds"
            ),
            family.label("family"),
            func.min(Structure.department_code).label("department_code"),
            func.bool_or(Structure.is_in_qpv).label("is_in_qpv"),
        )
        .where(Structure.siret.in_(paid))
        .group_by(Structure.siret)
        .cte("suppliers")
    )


def _shares(
    session: Session, file_ids: Collection[int], by: By | None, most: int | None
) -> list[Share]:
    """By file when not by anything."""
    supplier = _suppliers(file_ids)
    is_inclusive = supplier.c.siret.is_not(None)
    value = _value(supplier, by) if by else cast(SpendLine.file_id, String)
    amount, siret = SpendLine.amount, SpendLine.siret

    def of(*which: ColumnElement[bool]) -> ColumnElement[Decimal]:
        return func.coalesce(func.sum(amount).filter(and_(*which)), 0)

    asked = (
        select(
            value.label("value"),
            func.coalesce(func.sum(amount), 0).label("total"),
            of(is_inclusive),
            of(supplier.c.family == Family.INSERTION),
            of(supplier.c.family == Family.HANDICAP),
            func.count(siret.distinct()).filter(siret != ""),
            func.count(siret.distinct()).filter(is_inclusive),
        )
        .outerjoin(supplier, supplier.c.siret == siret)
        .where(SpendLine.file_id.in_(file_ids))
        .group_by(value)
        .order_by(func.sum(amount).desc(), value)
    )
    if by in (By.FAMILY, By.KIND):
        asked = asked.where(is_inclusive)
    return [Share(*row) for row in session.execute(asked.limit(most))]


def _value(supplier: CTE, by: By) -> ColumnElement[str]:
    of = supplier.c
    values: dict[By, ColumnElement[str]] = {
        By.FAMILY: of.family,
        By.KIND: of.kinds,
        By.CATEGORY: SpendLine.category.expression,
        By.ENTITY: SpendLine.entity.expression,
        By.DEPARTMENT: func.coalesce(of.department_code, SpendLine.department_code, ""),
        By.QPV: case(
            (func.coalesce(of.is_in_qpv, SpendLine.is_in_qpv).is_(True), "yes"),
            (func.coalesce(of.is_in_qpv, SpendLine.is_in_qpv).is_(False), "no"),
            else_="",
        ),
    }
    return values[by]
