"""Ranking open needs and keeping what was found."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.matching import queries, shaping
from marketplace.matching.index import Index
from marketplace.matching.lifecycle import UNTOUCHED
from marketplace.matching.live_index import live_index
from marketplace.matching.lots import best_of_lots, rank_lots
from marketplace.matching.ranking import lists_anyone, rank
from marketplace.matching.shapes import Ranked, Ranking
from marketplace.matching.tables import LotMatch, LotShortlist, Match, Shortlist
from marketplace.matching.weights import WEIGHTS
from marketplace.needs.posting import need_for_update
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Lot, LotEnding, Need
from marketplace.offers.tables import Offer
from marketplace.territories.queries import gazetteer

NEAR_KEPT = 50
"""How many structures that miss one criterion are kept below the eligible."""


def shortlist_need(session: Session, need_id: int, now: datetime) -> None:
    """Rank an open need, or each of its lots, over all offers and keep the matches; a need
    not open is left alone.

    May run twice: the same offers give the same rows. A match that somebody already acted
    on keeps its state, and stays even when the offer no longer fits. Whoever is on the list
    of a lot has a match with the need.
    """
    need = need_for_update(session, need_id)
    if session.scalar(select(Need.id).where(Need.id == need_id, is_open(now))) is None:
        return
    lots = shaping.lot_needs(need, now)
    with live_index.reading(session, now) as index:
        everyone = max(1, len(index))
        if lots:
            ranked = rank_lots(index, lots, everyone)
        else:
            ranking = rank(index, shaping.need_shape(need, now), everyone)
    if lots:
        for lot, found in zip(lots, ranked, strict=True):
            _cut(found.ranking)
            _keep_lot(session, lot.lot_id, found.ranking)
        ranking = best_of_lots(ranked)
        _forget_ended_lots(session, need_id)
    else:
        _cut(ranking)
    _keep_matches(session, need_id, ranking.matches, now)
    _keep_shortlist(session, need_id, ranking.eligible, now)


def _cut(ranking: Ranking) -> None:
    del ranking.matches[ranking.eligible + NEAR_KEPT :]


def shortlist_for_offer(session: Session, offer_id: int, now: datetime) -> None:
    """Ask for the shortlist of every open need that an offer could serve, or served before
    it changed."""
    structure_id = session.scalar(select(Offer.structure_id).where(Offer.id == offer_id))
    if structure_id is not None:
        for need_id in needs_concerned(session, structure_id, now):
            enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)


def needs_concerned(session: Session, structure_id: int, now: datetime) -> list[int]:
    """The open needs on whose lists a structure stands, or would stand."""
    siblings = session.scalars(select(Offer.id).where(Offer.structure_id == structure_id)).all()
    alone = Index(gazetteer(session))
    alone.upsert(shaping.offer_shapes(session, siblings))
    needs = shaping.open_need_shapes(session, now, alone.sectors_of_its_groups())
    concerned = {
        need_id for need_id, parts in needs.items() if any(lists_anyone(alone, p) for p in parts)
    }
    return sorted(concerned | queries.open_needs_matching(session, structure_id, now))


def _keep_matches(session: Session, need_id: int, matches: list[Ranked], now: datetime) -> None:
    rows = [{"need_id": need_id, "first_matched_at": now} | row for row in _rows_of(matches)]
    gone = delete(Match).where(Match.need_id == need_id, Match.status.in_(UNTOUCHED))
    session.execute(gone.where(Match.structure_id.not_in([row["structure_id"] for row in rows])))
    _upsert(session, Match, "need_id", rows)


def _keep_lot(session: Session, lot_id: int, ranking: Ranking) -> None:
    rows = [{"lot_id": lot_id} | row for row in _rows_of(ranking.matches)]
    gone = delete(LotMatch).where(LotMatch.lot_id == lot_id)
    session.execute(gone.where(LotMatch.structure_id.not_in([row["structure_id"] for row in rows])))
    _upsert(session, LotMatch, "lot_id", rows)
    eligible = {"eligible": ranking.eligible}
    kept = insert(LotShortlist).values(lot_id=lot_id, **eligible)
    session.execute(kept.on_conflict_do_update(index_elements=["lot_id"], set_=eligible))


def _forget_ended_lots(session: Session, need_id: int) -> None:
    """Nobody can answer them any more; who could have answered a closed one is kept."""
    ended = select(Lot.id).where(Lot.need_id == need_id, Lot.ending.is_not(None))
    session.execute(delete(LotShortlist).where(LotShortlist.lot_id.in_(ended)))
    withdrawn = ended.where(Lot.ending == LotEnding.WITHDRAWN)
    session.execute(delete(LotMatch).where(LotMatch.lot_id.in_(withdrawn)))


def _rows_of(matches: list[Ranked]) -> list[dict[str, Any]]:
    return [
        {
            "structure_id": int(match.structure_id),
            "offer_id": int(match.offer_id),
            "rank": position,
            "score": match.score,
            "distance_km": match.distance_km,
            "parts": match.parts,
            "reasons": match.reasons,
            "near": match.near,
        }
        for position, match in enumerate(matches, start=1)
    ]


def _upsert(
    session: Session, table: type[Match | LotMatch], owner: str, rows: list[dict[str, Any]]
) -> None:
    if not rows:
        return
    found = insert(table)
    again = {
        name: found.excluded[name]
        for name in ("offer_id", "rank", "score", "distance_km", "parts", "reasons", "near")
    }
    session.execute(
        found.on_conflict_do_update(index_elements=[owner, "structure_id"], set_=again), rows
    )


def _keep_shortlist(session: Session, need_id: int, eligible: int, now: datetime) -> None:
    row = {
        "weights_version": WEIGHTS.version,
        "eligible": eligible,
        "ranked_at": now,
    }
    kept = insert(Shortlist).values(need_id=need_id, **row)
    session.execute(kept.on_conflict_do_update(index_elements=["need_id"], set_=row))
