"""Finding what people are to be told of reports of hours: those of a day, once it is over."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.accounts.tables import User
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    HourReport,
)
from marketplace.clauses.reported import ReportState
from marketplace.clock import PARIS
from marketplace.digests.tables import NoticeKind
from marketplace.digests.topics import Topic
from marketplace.moderation.tables import DeskMember
from marketplace.structures.tables import Structure, StructureMember

LOOKS_BACK = timedelta(days=7)
NAMED = 2
"""Contracts in the name of a notice; the page has them all."""

Row = dict[str, Any]


def waiting(session: Session, now: datetime) -> Iterator[Row]:
    """To facilitators, what employers sent in a day and that still waits."""
    sent = _by_day(HourReport.sent_at, now).join(DeskMember, DeskMember.desk_id == Contract.desk_id)
    to_desks = sent.join(User, User.id == DeskMember.user_id)
    for user_id, day, count, titles, _ in session.execute(
        to_desks.where(HourReport.state == ReportState.SENT)
    ):
        said = "relevés d'heures à valider" if count > 1 else "relevé d'heures à valider"
        yield _notice(
            user_id,
            NoticeKind.HOURS_WAITING,
            day,
            f"{count} {said}\u00a0: {_named(titles)}",
            "/guichet/heures",
            now,
        )


def validated(session: Session, now: datetime) -> Iterator[Row]:
    """To the people of structures, what desks validated of their hours in a day."""
    decided = (
        _by_day(HourReport.decided_at, now)
        .join(ContractEmployer, ContractEmployer.id == HourReport.employer_id)
        .join(Structure, Structure.siret == ContractEmployer.siret)
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .join(User, User.id == StructureMember.user_id)
    )
    for user_id, day, count, titles, contract_ids in session.execute(
        decided.where(HourReport.state == ReportState.VALIDATED)
    ):
        said = "relevés d'heures sont validés" if count > 1 else "relevé d'heures est validé"
        yield _notice(
            user_id,
            NoticeKind.HOURS_VALIDATED,
            day,
            f"{count} {said}\u00a0: {_named(titles)}",
            f"/contrats/{contract_ids[0]}" if len(contract_ids) == 1 else "/contrats",
            now,
        )


def _by_day(at: InstrumentedAttribute[Any], now: datetime) -> Select[Any]:
    """Reports by person and day of Paris, the days that are over: how many, of which contracts.
    To be joined with whom they are told."""
    today = datetime.combine(now.astimezone(PARIS).date(), time(), tzinfo=PARIS)
    day = func.date(func.timezone(PARIS.key, at))
    lately: ColumnElement[bool] = and_(at >= today - LOOKS_BACK, at < today)
    return (
        select(
            User.id,
            day,
            func.count(HourReport.id.distinct()),
            func.array_agg(Contract.title.distinct()),
            func.array_agg(Contract.id.distinct()),
        )
        .select_from(HourReport)
        .join(ContractLot, ContractLot.id == HourReport.lot_id)
        .join(Contract, Contract.id == ContractLot.contract_id)
        .where(lately, User.is_active)
        .group_by(User.id, day)
        .order_by(User.id, day)
    )


def _notice(user_id: int, kind: NoticeKind, day: date, title: str, link: str, now: datetime) -> Row:
    topic = Topic.QUEUE if kind is NoticeKind.HOURS_WAITING else Topic.HOURS
    return {
        "user_id": user_id,
        "topic": topic,
        "kind": kind,
        "subject_id": day.toordinal(),
        "need_id": None,
        "title": title,
        "link": link,
        "ready_at": now,
    }


def _named(titles: list[str]) -> str:
    named = ", ".join(f"«\u00a0{title}\u00a0»" for title in titles[:NAMED])
    return f"{named}…" if len(titles) > NAMED else named
