"""Ranking open needs and keeping what was found."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.matching import queries
from marketplace.matching.index import Index
from marketplace.matching.live_index import live_index
from marketplace.matching.ranking import rank
from marketplace.matching.shapes import Ranked
from marketplace.matching.tables import Match, MatchStatus, Shortlist
from marketplace.matching.weights import WEIGHTS
from marketplace.needs.posting import need_for_update
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.territories.queries import gazetteer

NEAR_KEPT = 50
"""How many structures that miss one criterion are kept below the eligible."""


def shortlist_need(session: Session, need_id: int, now: datetime) -> None:
    """Rank an open need over all offers and keep its matches; a need not open is left alone.

    May run twice: the same offers give the same rows. A match that somebody already acted
    on keeps its state, and stays even when the offer no longer fits.
    """
    need = need_for_update(session, need_id)
    if session.scalar(select(Need.id).where(Need.id == need_id, is_open(now))) is None:
        return
    with live_index.reading(session, now) as index:
        ranking = rank(index, queries.need_shape(need), top=max(1, len(index)))
    kept = ranking.matches[: ranking.eligible + NEAR_KEPT]
    _keep_matches(session, need_id, kept, now)
    _keep_shortlist(session, need_id, ranking.eligible, now)


def shortlist_for_offer(session: Session, offer_id: int, now: datetime) -> None:
    """Ask for the shortlist of every open need that an offer could serve, or served before
    it changed."""
    structure_id = session.scalar(select(Offer.structure_id).where(Offer.id == offer_id))
    if structure_id is None:
        return
    siblings = session.scalars(select(Offer.id).where(Offer.structure_id == structure_id)).all()
    alone = Index(gazetteer(session))
    alone.upsert(queries.offer_shapes(session, siblings))
    concerned = queries.needs_matching(session, structure_id)
    concerned &= set(queries.open_needs(session, now))
    concerned |= {
        need.id
        for need in queries.open_needs_in_full(session, now)
        if rank(alone, queries.need_shape(need), top=1).matches
    }
    for need_id in sorted(concerned):
        enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)


def _keep_matches(session: Session, need_id: int, matches: list[Ranked], now: datetime) -> None:
    rows = [
        {
            "need_id": need_id,
            "structure_id": int(match.structure_id),
            "offer_id": int(match.offer_id),
            "rank": position,
            "score": match.score,
            "distance_km": match.distance_km,
            "parts": match.parts,
            "reasons": match.reasons,
            "near": match.near,
            "first_matched_at": now,
        }
        for position, match in enumerate(matches, start=1)
    ]
    gone = delete(Match).where(Match.need_id == need_id, Match.status == MatchStatus.SUGGESTED)
    session.execute(gone.where(Match.structure_id.not_in([row["structure_id"] for row in rows])))
    if rows:
        found = insert(Match)
        again = {
            name: found.excluded[name]
            for name in (
                "offer_id",
                "rank",
                "score",
                "distance_km",
                "parts",
                "reasons",
                "near",
            )
        }
        session.execute(
            found.on_conflict_do_update(index_elements=["need_id", "structure_id"], set_=again),
            rows,
        )


def _keep_shortlist(session: Session, need_id: int, eligible: int, now: datetime) -> None:
    row = {
        "weights_version": WEIGHTS.version,
        "eligible": eligible,
        "ranked_at": now,
    }
    kept = insert(Shortlist).values(need_id=need_id, **row)
    session.execute(kept.on_conflict_do_update(index_elements=["need_id"], set_=row))
