"""Rows: contracts with a social clause, who works on them, and the hours that they report."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation, User
from marketplace.clauses.reported import (
    Age,
    District,
    EmployerRole,
    ProgrammeKind,
    Public,
    ReportState,
    Sex,
    Way,
    WorkContract,
)
from marketplace.db import Base
from marketplace.moderation.tables import Desk
from marketplace.needs.tables import AMOUNT, Lever, Lot, Nature, Need

HOURS = Numeric(12, 2)


class Programme(Base):
    """What contracts may belong to: a project of urban renewal, a local upkeep plan…"""

    __tablename__ = "programmes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ProgrammeKind]
    name: Mapped[str] = mapped_column(String(200), unique=True)


class Contract(Base):
    """What a holder owes to inclusion. From a need that was awarded, or entered by hand.

    A month up to `closed_until` is over: nobody reports hours in it any more.
    """

    __tablename__ = "contracts"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="days_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"), index=True)
    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    lever: Mapped[Lever | None]
    nature: Mapped[Nature | None]
    amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    closed_until: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

    organisation: Mapped[Organisation] = relationship()
    need: Mapped[Need | None] = relationship()
    desk: Mapped[Desk] = relationship()
    programme: Mapped[Programme | None] = relationship()
    lots: Mapped[list["ContractLot"]] = relationship(
        order_by="ContractLot.number", back_populates="contract"
    )
    employers: Mapped[list["ContractEmployer"]] = relationship(
        order_by="ContractEmployer.id", back_populates="contract"
    )

    @property
    def holder(self) -> "ContractEmployer":
        return next(one for one in self.employers if one.role is EmployerRole.HOLDER)


class ContractLot(Base):
    """A part of a contract with hours of its own; a contract has one at least.

    `planned_hours`: what was computed before; `committed_hours`: what the holder signed.
    `support_hires`: « embauches liées à l'ingénierie, au fonctionnement ou à l'accompagnement ».
    Once closed it owes what was done, and nobody reports hours on it.
    """

    __tablename__ = "contract_lots"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("planned_hours >= 0 AND committed_hours >= 0", name="hours_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    planned_hours: Mapped[Decimal | None] = mapped_column(HOURS)
    committed_hours: Mapped[Decimal | None] = mapped_column(HOURS)
    targets: Mapped[str] = mapped_column(default="")
    support_hires: Mapped[int | None]
    closed_at: Mapped[datetime | None]

    contract: Mapped[Contract] = relationship(back_populates="lots")
    lot: Mapped[Lot | None] = relationship()


class ContractEmployer(Base):
    """A firm or a structure whose people work on a contract. `kind`: one of
    reported.EMPLOYER_KINDS. `email`: where an ordinary firm gets its link to report."""

    __tablename__ = "contract_employers"
    __table_args__ = (
        UniqueConstraint("contract_id", "siret"),
        Index(
            "uq_contract_employers_holder",
            "contract_id",
            unique=True,
            postgresql_where=text("role = 'holder'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    siret: Mapped[str] = mapped_column(String(14), index=True)
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(10))
    role: Mapped[EmployerRole]
    email: Mapped[str] = mapped_column(String(254), default="")
    is_in_qpv: Mapped[bool | None]

    contract: Mapped[Contract] = relationship(back_populates="employers")


class ContractChange(Base):
    """What was changed of a contract that is followed, and why. `fields`: what, before, after,
    in words."""

    __tablename__ = "contract_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    changed_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    fields: Mapped[list[list[str]]] = mapped_column(JSONB)

    user: Mapped[User] = relationship()


class HourReport(Base):
    """The hours of an employer on a lot in a month, of which `month` is the first day."""

    __tablename__ = "hour_reports"
    __table_args__ = (
        UniqueConstraint("lot_id", "employer_id", "month"),
        CheckConstraint("extract(day from month) = 1", name="first_of_month"),
        Index("ix_hour_reports_waiting", "lot_id", postgresql_where=text("state = 'sent'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("contract_lots.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("contract_employers.id"), index=True)
    month: Mapped[date]
    state: Mapped[ReportState]
    version: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    """Nobody, when it came by the link of a firm."""
    question: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)

    lot: Mapped[ContractLot] = relationship()
    employer: Mapped[ContractEmployer] = relationship()
    sent_by: Mapped[User | None] = relationship(foreign_keys=sent_by_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)
    lines: Mapped[list["HourLine"]] = relationship(
        order_by="HourLine.id", cascade="all, delete-orphan"
    )
    versions: Mapped[list["ReportVersion"]] = relationship(
        order_by="ReportVersion.number", cascade="all, delete-orphan"
    )


class HourLine(Base):
    """People of one sort in a report: see reported.Line."""

    __tablename__ = "hour_lines"
    __table_args__ = (
        CheckConstraint(
            "hours >= 0 AND people >= 0 AND new_people BETWEEN 0 AND people", name="counts"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(
        ForeignKey("hour_reports.id", ondelete="CASCADE"), index=True
    )
    way: Mapped[Way]
    work_contract: Mapped[WorkContract]
    public: Mapped[Public]
    sex: Mapped[Sex]
    age: Mapped[Age]
    district: Mapped[District]
    hours: Mapped[Decimal] = mapped_column(HOURS)
    people: Mapped[int]
    new_people: Mapped[int]


class ReportVersion(Base):
    """A report as it was sent once: `lines` is what reporting.stored gives."""

    __tablename__ = "hour_report_versions"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("hour_reports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sent_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)

    user: Mapped[User | None] = relationship()


class ContractTotal(Base):
    """Validated hours of an employer on a lot, of all its months: maintained by clauses.rollup."""

    __tablename__ = "contract_totals"

    lot_id: Mapped[int] = mapped_column(ForeignKey("contract_lots.id"), primary_key=True)
    employer_id: Mapped[int] = mapped_column(
        ForeignKey("contract_employers.id"), primary_key=True, index=True
    )
    hours: Mapped[Decimal] = mapped_column(HOURS)
    new_people: Mapped[int]


class DeskYearPeople(Base):
    """How many different people the contracts of a desk gave work to in a year: months and
    contracts do not add up, so the desk says it."""

    __tablename__ = "desk_year_people"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    distinct_people: Mapped[int]
    said_at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
