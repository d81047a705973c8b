"""What stands of answers on the page of a need: to whom it was proposed, who answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers import queries, wording
from marketplace.answers.eligibility import Eligibility, eligibility_of
from marketplace.answers.queries import Standing
from marketplace.answers.responding import stamp_opened
from marketplace.answers.support_queries import open_proposals
from marketplace.answers.tables import Answer, Outcome
from marketplace.clauses.contract_tables import Contract
from marketplace.db import db, transaction
from marketplace.guards.roles import Viewer
from marketplace.guards.scopes import visible_contracts
from marketplace.matching.lifecycle import FROM, MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import OVER
from marketplace.needs.tables import Need
from marketplace.structures.queries import structures_of
from marketplace.structures.tables import Structure


@dataclass(frozen=True)
class Beside:
    """`own`: each structure of a member, with its match and answer if any; `standing`: for the
    buyer's people and facilitators."""

    own: list[tuple[Structure, Match | None, Answer | None]]
    standing: Standing | None
    declined_in_words: str
    proposals: int
    """Of the facilitator, that wait for the buyer."""
    outcomes: Sequence[Outcome] = ()
    contracts: Sequence[int] = ()
    is_surveyed: bool = True
    """Whether its buyer said if Tandem helped."""
    eligibility: Mapping[int, Eligibility] = field(default_factory=dict)
    """Of each structure of a member, by its id."""


def answers_beside(session: Session, need: Need, who: Viewer | None, is_insider: bool) -> Beside:
    standing = queries.standing_of(session, need.id) if is_insider and need.published_at else None
    declines = standing.declines if standing else {}
    is_over = is_insider and need.status in OVER
    own = _own(session, need, who) if who and who.structure_ids else []
    return Beside(
        own=own,
        standing=standing,
        declined_in_words=wording.refusals_counted(declines) if declines else "",
        proposals=open_proposals(session, need.id) if standing else 0,
        outcomes=queries.outcomes_of(session, need.id) if is_over else (),
        contracts=contracts_beside(session, who, need) if who and is_over else (),
        is_surveyed=not is_over or queries.has_said_whether_it_helped(session, need.id, None),
        eligibility={structure.id: eligibility_of(need, structure.kind) for structure, *_ in own},
    )


def contracts_beside(session: Session, who: Viewer, need: Need) -> Sequence[int]:
    """The ids of the contracts that a need led to, that this person may open."""
    seen = visible_contracts(who).where(Contract.need_id == need.id)
    return session.scalars(seen.with_only_columns(Contract.id).order_by(Contract.id)).all()


def stamp_page_view(need: Need, who: Viewer | None, now: datetime) -> None:
    """A signed-in member looks at the page: what was proposed to its structures is opened."""
    if who is None or not who.structure_ids or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return
    unopened = select(Match.id).where(
        Match.need_id == need.id,
        Match.structure_id.in_(who.structure_ids),
        Match.status.in_(FROM[MatchStatus.OPENED]),
    )
    if db.session.scalar(unopened.limit(1)) is None:
        return
    with transaction() as writing:
        stamp_opened(writing, need.id, who.structure_ids, who.user_id, now)


def _own(
    session: Session, need: Need, who: Viewer
) -> list[tuple[Structure, Match | None, Answer | None]]:
    of_them = who.structure_ids
    matches = {
        match.structure_id: match
        for match in session.scalars(
            select(Match).where(Match.need_id == need.id, Match.structure_id.in_(of_them))
        )
    }
    written = {
        answer.structure_id: answer
        for answer in session.scalars(
            select(Answer).where(Answer.need_id == need.id, Answer.structure_id.in_(of_them))
        )
    }
    return [
        (structure, matches.get(structure.id), written.get(structure.id))
        for structure in structures_of(session, of_them)
    ]
