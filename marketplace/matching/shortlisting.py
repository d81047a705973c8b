"""Ranking open needs and keeping what was found."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.matching import shaping
from marketplace.matching.basis import basis_of
from marketplace.matching.keeping import keep_list
from marketplace.matching.kept import NEAR_KEPT
from marketplace.matching.live_index import live_index
from marketplace.matching.lots import best_of_lots, rank_lots_for_everyone
from marketplace.matching.ranking import rank_everyone
from marketplace.matching.shapes import Ranking
from marketplace.matching.tables import LotMatch, LotShortlist, Match, Shortlist
from marketplace.matching.weights import WEIGHTS
from marketplace.needs.posting import need_for_update
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Lot, LotEnding, Need


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
    whole = shaping.need_shape(need, now)
    basis = ""
    with live_index.reading(session, now) as index:
        if lots:
            ranked = rank_lots_for_everyone(index, lots, NEAR_KEPT)
        else:
            ranking = rank_everyone(index, whole, NEAR_KEPT)
            basis = basis_of(index, whole)
    if lots:
        for lot, found in zip(lots, ranked, strict=True):
            _keep_lot(session, lot.lot_id, found.ranking)
        ranking = best_of_lots(ranked)
        _forget_ended_lots(session, need_id)
    keep_list(session, Match.need_id, need_id, ranking.matches, first_matched_at=now)
    row = {
        "weights_version": WEIGHTS.version,
        "eligible": ranking.eligible,
        "listed": len(ranking.matches),
        "basis": basis,
        "ranked_at": now,
    }
    kept = insert(Shortlist).values(need_id=need_id, **row)
    session.execute(kept.on_conflict_do_update(index_elements=["need_id"], set_=row))


def _keep_lot(session: Session, lot_id: int, ranking: Ranking) -> None:
    keep_list(session, LotMatch.lot_id, lot_id, ranking.matches)
    eligible = {"eligible": ranking.eligible}
    kept = insert(LotShortlist).values(lot_id=lot_id, **eligible)
    session.execute(kept.on_conflict_do_update(index_elements=["lot_id"], set_=eligible))


def _forget_ended_lots(session: Session, need_id: int) -> None:
    """Nobody can answer them any more; who could have answered a closed one is kept."""
    ended = select(Lot.id).where(Lot.need_id == need_id, Lot.ending.is_not(None))
    session.execute(delete(LotShortlist).where(LotShortlist.lot_id.in_(ended)))
    withdrawn = ended.where(Lot.ending == LotEnding.WITHDRAWN)
    session.execute(delete(LotMatch).where(LotMatch.lot_id.in_(withdrawn)))
