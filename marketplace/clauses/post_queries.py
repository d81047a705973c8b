"""Reads: the posts that a contract opens to publics of the clause."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.clauses.post_tables import CandidateCount, Opening


@dataclass(frozen=True, slots=True)
class Opened:
    """Posts, and how many candidates prescribers counted for them."""

    opening: Opening
    people: int
    in_qpv: int


def openings_of(session: Session, contract_id: int) -> Sequence[Opened]:
    """The posts of a contract, the latest to answer first."""
    found = (
        select(
            CandidateCount.opening_id,
            func.sum(CandidateCount.people).label("people"),
            func.sum(CandidateCount.in_qpv).label("in_qpv"),
        )
        .group_by(CandidateCount.opening_id)
        .subquery()
    )
    asked = (
        select(Opening, func.coalesce(found.c.people, 0), func.coalesce(found.c.in_qpv, 0))
        .outerjoin(found, found.c.opening_id == Opening.id)
        .where(Opening.contract_id == contract_id)
        .order_by(Opening.apply_until.desc(), Opening.id.desc())
    )
    return [Opened(*row) for row in session.execute(asked)]
