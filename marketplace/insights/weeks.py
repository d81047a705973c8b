"""Reads: what the territories of some desks lived in a week, counted or one by one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace import formats
from marketplace.answers.lifecycle import AnswerStatus, Result
from marketplace.answers.tables import Answer, Outcome
from marketplace.clauses.contract_tables import Contract, ContractLot, HourLine, HourReport
from marketplace.clock import PARIS
from marketplace.insights.watching import is_around, silent
from marketplace.moderation.queries import is_on
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedMove
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure

WEEK = timedelta(days=7)


class Event(StrEnum):
    """The values are the anchors of the page of a week."""

    PUBLISHED = "publies"
    ANSWERED = "repondus"
    CLOSED = "clos"
    AWARDED = "attribues"
    UNANSWERED = "sans-reponse"
    STRUCTURES = "structures"
    OFFERS = "prestations"
    HOURS = "heures"
    SILENT = "silencieuses"


IN_WORDS: Mapping[Event, tuple[str, str]] = {
    Event.PUBLISHED: ("besoin publié", "besoins publiés"),
    Event.ANSWERED: ("besoin qui a reçu une réponse", "besoins qui ont reçu des réponses"),
    Event.CLOSED: ("besoin clos", "besoins clos"),
    Event.AWARDED: ("besoin attribué", "besoins attribués"),
    Event.UNANSWERED: ("besoin encore sans réponse", "besoins encore sans réponse"),
    Event.STRUCTURES: ("nouvelle structure", "nouvelles structures"),
    Event.OFFERS: ("nouvelle prestation", "nouvelles prestations"),
    Event.HOURS: ("heure d'insertion déclarée", "heures d'insertion déclarées"),
    Event.SILENT: ("structure silencieuse", "structures silencieuses"),
}


@dataclass(frozen=True)
class Week:
    """A week of some desks, from Monday to Sunday in Paris. What stays without answer, and who
    stays silent, is as of `now`."""

    desk_ids: Collection[int]
    monday: date
    now: datetime

    @property
    def since(self) -> datetime:
        return _midnight(self.monday)

    @property
    def until(self) -> datetime:
        return _midnight(self.monday + WEEK)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def last_monday(now: datetime) -> date:
    """That of the last week that is over."""
    return monday_of(now.astimezone(PARIS).date()) - WEEK


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS).astimezone(UTC)


def counts(session: Session, week: Week) -> dict[Event, Decimal]:
    """How many of each there were, and how many hours; nothing but silent structures is nothing."""
    of_events = {
        Event.PUBLISHED: _number(needs(week, Event.PUBLISHED)),
        Event.ANSWERED: _number(needs(week, Event.ANSWERED)),
        Event.CLOSED: _number(needs(week, Event.CLOSED)),
        Event.AWARDED: _number(needs(week, Event.AWARDED)),
        Event.UNANSWERED: _number(needs(week, Event.UNANSWERED)),
        Event.STRUCTURES: _number(structures(week)),
        Event.OFFERS: _number(offers(week)),
        Event.HOURS: _hours(week),
        Event.SILENT: _number(silent(week.desk_ids, week.now)),
    }
    row = session.execute(select(*of_events.values())).one()
    counted = {
        event: Decimal(number)
        for event, number in zip(of_events, row, strict=True)
        if number is not None and number > 0
    }
    return counted if counted.keys() - {Event.SILENT} else {}


def _number(things: Select[*tuple[Any, ...]]) -> Any:
    counted = things.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return counted.scalar_subquery()


def _hours(week: Week) -> Any:
    reported = reports(week).with_only_columns(HourReport.id).order_by(None)
    summed = select(func.sum(HourLine.hours)).where(HourLine.report_id.in_(reported))
    return summed.scalar_subquery()


def said(event: Event, count: Decimal) -> str:
    """« 3 besoins publiés »."""
    one, many = IN_WORDS[event]
    return f"{formats.number(float(count))} {one if count < 2 else many}"


def needs(week: Week, event: Event) -> Select[Need]:
    """The needs of the desks that this happened to, by name."""
    answered = select(Answer.need_id).where(Answer.status == AnswerStatus.SENT)
    happened: Mapping[Event, tuple[ColumnElement[bool], ...]] = {
        Event.PUBLISHED: (_in(week, Need.published_at),),
        Event.ANSWERED: (Need.id.in_(answered.where(_in(week, Answer.sent_at))),),
        Event.CLOSED: (
            Need.id.in_(
                select(NeedMove.need_id).where(
                    NeedMove.move == Move.CLOSE, _in(week, NeedMove.moved_at)
                )
            ),
        ),
        Event.AWARDED: (
            Need.id.in_(
                select(Outcome.need_id).where(
                    Outcome.result == Result.AWARDED, _in(week, Outcome.decided_at)
                )
            ),
        ),
        Event.UNANSWERED: (
            is_open(week.now),
            Need.published_at < week.until - WEEK,
            Need.id.not_in(answered),
        ),
    }
    came = select(QueueEntry.need_id).where(is_on(week.desk_ids), QueueEntry.need_id.is_not(None))
    return (
        select(Need)
        .where(Need.id.in_(came), *happened[event])
        .options(joinedload(Need.organisation))
        .order_by(Need.title, Need.id)
    )


def structures(week: Week) -> Select[Structure]:
    """Those that came to the territories of the desks, by name."""
    return (
        select(Structure)
        .where(Structure.is_active, is_around(week.desk_ids), _in(week, Structure.created_at))
        .order_by(Structure.sort_key, Structure.id)
    )


def offers(week: Week) -> Select[Offer]:
    """What structures of these territories published, by the names of the structures."""
    return (
        select(Offer)
        .join(Structure, Structure.id == Offer.structure_id)
        .where(Offer.status == OfferStatus.PUBLISHED, _in(week, Offer.published_at))
        .where(Structure.is_active, is_around(week.desk_ids))
        .options(joinedload(Offer.structure))
        .order_by(Structure.sort_key, Offer.id)
    )


def reports(week: Week) -> Select[HourReport]:
    """The hours that employers sent, on the contracts that the desks follow."""
    followed = (
        select(ContractLot.id)
        .join(Contract, Contract.id == ContractLot.contract_id)
        .where(Contract.desk_id.in_(week.desk_ids))
    )
    return (
        select(HourReport)
        .where(HourReport.lot_id.in_(followed), _in(week, HourReport.sent_at))
        .options(
            joinedload(HourReport.employer),
            joinedload(HourReport.lot).joinedload(ContractLot.contract),
        )
        .order_by(HourReport.month, HourReport.id)
    )


def _in(week: Week, at: Any) -> ColumnElement[bool]:
    in_it: ColumnElement[bool] = (at >= week.since) & (at < week.until)
    return in_it
