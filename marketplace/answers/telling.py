"""Telling structures what came of a need, each of the lots that it answered alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.answers import queries, wording
from marketplace.answers.consortium_queries import leads_of_partners
from marketplace.answers.lifecycle import AnswerStatus, Decided
from marketplace.answers.tables import Answer, AnswerPart, Outcome, OutcomeReason
from marketplace.mail import Promise
from marketplace.matching.lifecycle import ANSWERED
from marketplace.matching.tables import Match
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember

NO_REASONS: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of what: the lots that each answer speaks of, and the lead of each partner of
    a group that answered."""

    lots: Mapping[int, Collection[int | None]]
    leads: Mapping[int, int]

    def sides(self, structure_id: int) -> set[int]:
        """The structure, and the lead that answered in its name."""
        return {structure_id, self.leads.get(structure_id, structure_id)}

    def hears(self, structure_id: int, lot_id: int | None) -> bool:
        """Of what it answered; of everything when it only said that it is interested."""
        spoken = {lot for side in self.sides(structure_id) for lot in self.lots.get(side, ())}
        return not spoken or lot_id in spoken


@dataclass(frozen=True, slots=True)
class Told:
    """What the people of a structure are written; `refused` are the lots that it does not get."""

    structure: Structure
    sentences: tuple[str, ...]
    reason: str
    refused: tuple[int | None, ...]
    people: int

    @property
    def is_holder(self) -> bool:
        """Of all that it answered."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class Heard:
    """An outcome as one structure reads it."""

    outcome: Outcome
    is_holder: bool
    reason: str


def listeners_of(session: Session, need_id: int, structure_ids: Collection[int]) -> Listeners:
    parts = (
        select(Answer.structure_id, AnswerPart.lot_id)
        .join(AnswerPart)
        .where(Answer.need_id == need_id, Answer.status == AnswerStatus.SENT)
    )
    lots: dict[int, set[int | None]] = {}
    for structure_id, lot_id in session.execute(parts):
        lots.setdefault(structure_id, set()).add(lot_id)
    return Listeners(lots, leads_of_partners(session, need_id, {*structure_ids} | lots.keys()))


def told_of(
    session: Session,
    need: Need,
    decided: Sequence[Decided],
    own_reasons: Mapping[int, str] = NO_REASONS,
) -> list[Told]:
    """What each structure that stands, or stood, is written of these decisions. A reason of its
    own, by its id, stands for those of the lots."""
    matches = session.scalars(
        select(Match)
        .where(Match.need_id == need.id, Match.status.in_(ANSWERED))
        .options(joinedload(Match.structure))
        .order_by(Match.structure_id)
    ).all()
    ids = [match.structure_id for match in matches]
    listeners, people = listeners_of(session, need.id, ids), _counted(session, ids)
    numbers = {lot.id: lot.number for lot in need.lots}
    found = []
    for match in matches:
        concerned = [one for one in decided if listeners.hears(match.structure_id, one.lot_id)]
        if not concerned:
            continue
        sides = listeners.sides(match.structure_id)
        refused = [one for one in concerned if one.structure_id not in sides]
        own = own_reasons.get(match.structure_id, "") if refused else ""
        found.append(
            Told(
                structure=match.structure,
                sentences=tuple(
                    wording.outcome_told(
                        one.result,
                        is_holder=one.structure_id in sides,
                        lot=f"Lot {numbers[one.lot_id]}" if one.lot_id is not None else "",
                    )
                    for one in concerned
                ),
                reason=own or "\n".join(dict.fromkeys(one.reason for one in refused if one.reason)),
                refused=tuple(one.lot_id for one in refused),
                people=people.get(match.structure_id, 0),
            )
        )
    return found


def _counted(session: Session, structure_ids: Collection[int]) -> dict[int, int]:
    """How many people of each structure can be written to."""
    rows = (
        select(StructureMember.structure_id)
        .join(User, User.id == StructureMember.user_id)
        .where(StructureMember.structure_id.in_(structure_ids))
        .where(User.is_active, User.email_verified_at.is_not(None))
    )
    counted: dict[int, int] = {}
    for structure_id in session.scalars(rows):
        counted[structure_id] = counted.get(structure_id, 0) + 1
    return counted


def tell(session: Session, need: Need, told: Iterable[Told], which: str) -> None:
    """`which` names what is told, so that it is told once."""
    for one in told:
        _mail(session, need, one, "answers/outcome", f"outcome:{which}")


def tell_corrected(
    session: Session, need: Need, told: Iterable[Told], why: str, now: datetime
) -> None:
    for one in told:
        key = f"outcome_corrected:{now:%Y%m%d%H%M%S%f}"
        _mail(session, need, one, "answers/outcome_corrected", key, why=why)


def _mail(session: Session, need: Need, told: Told, kind: str, key: str, why: str = "") -> None:
    for person in queries.people_of_structure(session, told.structure.id):
        mail.post(
            session,
            key=f"{key}:{told.structure.id}:{person.id}",
            kind=kind,
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="outcomes",
            link=f"/besoins/{need.slug}/reponse/{told.structure.slug}",
            name=person.full_name,
            structure=told.structure.display_name,
            need=need.title,
            outcome=" ".join(told.sentences),
            reason=told.reason,
            why=why,
        )


@dataclass(frozen=True, slots=True)
class Hearing:
    """The outcomes of a need, for whoever asks what concerns it."""

    outcomes: Sequence[Outcome]
    listeners: Listeners
    own: Mapping[tuple[int, int], str]
    """The reasons that are for one structure alone, by outcome and structure."""

    def of(self, structure_id: int) -> list[Heard]:
        sides = self.listeners.sides(structure_id)
        return [
            Heard(
                outcome,
                is_holder=(is_holder := outcome.structure_id in sides),
                reason=""
                if is_holder
                else self.own.get((outcome.id, structure_id), outcome.reason),
            )
            for outcome in self.outcomes
            if self.listeners.hears(structure_id, outcome.lot_id)
        ]


def hearing_of(session: Session, need_id: int, structure_ids: Collection[int]) -> Hearing:
    own = (
        select(OutcomeReason)
        .join(Outcome, Outcome.id == OutcomeReason.outcome_id)
        .where(Outcome.need_id == need_id)
    )
    return Hearing(
        outcomes=queries.outcomes_of(session, need_id),
        listeners=listeners_of(session, need_id, structure_ids),
        own={(row.outcome_id, row.structure_id): row.words for row in session.scalars(own)},
    )
