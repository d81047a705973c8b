"""The lots of a published need change one by one, each change is kept, and one may end first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.differences import differences_of
from marketplace.answers.ending_lots import end_lot
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerPart
from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.matching.queries import lots_found
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import LotMatch, Match
from marketplace.needs.amending_lots import (
    LastLot,
    NotCut,
    add_to_sent,
    amend_lot,
    numbers_in,
)
from marketplace.needs.drafting import ChangedElsewhere, lot_draft
from marketplace.needs.duplicating import duplicate
from marketplace.needs.lifecycle import NotOpen, Status
from marketplace.needs.lots import LotGone, lot_seen, lots_seen
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import LotEnding, Need, NeedAmendment, PlaceType
from marketplace.structures.tables import Structure
from marketplace.territories.queries import gazetteer
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    MARSEILLE,
    offer,
    structure,
    submitted_need,
)

NOW = clock.now()
MOWING = LotDraft("Tonte des stades", sectors=(GREEN_SPACES,), amount_max=Decimal(12000))
CLEANERS = LotDraft("Nettoyage des vestiaires", sectors=(CLEANING,))


@pytest.fixture
def need(session: Session) -> Need:
    town = people.organisation(session)
    author = people.buyer(session, town.id).id
    cut = submitted_need(session, author, town.id, sectors=(), lots=(MOWING, CLEANERS))
    cut.status, cut.published_at = Status.PUBLISHED, NOW
    session.commit()  # amounts are then as they are read
    return cut


@pytest.fixture
def gardeners(session: Session) -> Structure:
    found = structure(session, "Les Haies")
    offer(session, found, GREEN_SPACES)
    session.commit()
    return found


@pytest.fixture
def cleaners(session: Session) -> Structure:
    found = structure(session, "Propre et net")
    offer(session, found, CLEANING)
    session.commit()
    return found


def in_words(session: Session, amendment: NeedAmendment | None) -> list[tuple[str, str, str]]:
    assert amendment is not None
    said = differences_of(amendment, gazetteer(session))
    return [(one.label, one.before, one.after) for one in said]


def change(session: Session, need: Need, number: int, said: LotDraft) -> NeedAmendment | None:
    lot = need.lots[number - 1]
    return amend_lot(session, need.id, lot.id, need.author_id, said, lot_seen(lot), NOW)


def answered(session: Session, need: Need, who: Structure, number: int) -> None:
    part = AnswerPart(lot_id=need.lots[number - 1].id, price_min=10, price_max=10)
    session.add(
        Answer(
            need_id=need.id,
            structure_id=who.id,
            author_id=need.author_id,
            status=AnswerStatus.SENT,
            message="",
            version=1,
            saved_at=NOW,
            sent_at=NOW,
            parts=[part],
        )
    )
    session.flush()


def test_a_lot_that_changes_is_told_as_a_diff_and_the_need_is_ranked_anew(
    session: Session, need: Need, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    said = LotDraft(
        "Tonte et taille",
        sectors=(GREEN_SPACES,),
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        radius_km=30,
        amount_max=Decimal(15000),
    )
    with transaction():
        amendment = change(session, need, 1, said)
    assert lot_draft(need.lots[0]) == said
    assert in_words(session, amendment) == [
        ("Lot 1, titre", "Tonte des stades", "Tonte et taille"),
        ("Lot 1, lieu", "Là où est le besoin", "Besançon (25), à moins de 30\u00a0km"),
        ("Lot 1, montant HT", "moins de 12\u202f000\u00a0€", "moins de 15\u202f000\u00a0€"),
    ]
    assert amendment is not None
    assert (numbers_in(amendment.changes), need.amended_at) == ([1], NOW)
    assert asked_jobs == [(Job.SHORTLIST_NEED, {"need_id": need.id})]
    assert change(session, need, 1, said) is None


def test_what_a_colleague_changed_meanwhile_is_not_written_over(
    session: Session, need: Need
) -> None:
    lot = need.lots[0]
    seen = lot_seen(lot)
    change(session, need, 1, LotDraft("Tonte de trois stades"))
    with pytest.raises(ChangedElsewhere):
        amend_lot(session, need.id, lot.id, need.author_id, LotDraft("Autre"), seen, NOW)


def test_a_lot_is_added_once_after_the_others(session: Session, need: Need) -> None:
    seen, said = lots_seen(need), LotDraft("Taille des haies", amount_max=Decimal(9000))
    added = add_to_sent(session, need.id, need.author_id, said, seen, NOW)
    assert in_words(session, added) == [
        ("Lot 3, titre", "Rien", "Taille des haies"),
        ("Lot 3, montant HT", "Rien", "moins de 9\u202f000\u00a0€"),
    ]
    assert add_to_sent(session, need.id, need.author_id, said, seen, NOW) is None
    assert [lot.number for lot in need.lots] == [1, 2, 3]


def test_a_need_published_whole_takes_no_lot_and_a_closed_one_no_change(
    session: Session, need: Need
) -> None:
    town = people.organisation(session, "Dole")
    whole = submitted_need(session, people.buyer(session, town.id).id, town.id)
    whole.status = Status.PUBLISHED
    with pytest.raises(NotCut):
        add_to_sent(session, whole.id, whole.author_id, MOWING, lots_seen(whole), NOW)
    assert need.deadline_on is not None
    over = NOW + timedelta(days=(need.deadline_on - clock.today()).days + 1)
    lot = need.lots[0]
    with pytest.raises(NotOpen):
        amend_lot(session, need.id, lot.id, need.author_id, CLEANERS, lot_seen(lot), over)
    with pytest.raises(NotOpen):
        end_lot(session, need.id, lot.id, need.author_id, "En régie", over)


def test_a_lot_that_nobody_answered_is_withdrawn_with_its_matches(
    session: Session, need: Need, gardeners: Structure, cleaners: Structure
) -> None:
    shortlist_need(session, need.id, NOW)
    assert [(lot.number, lot.eligible) for lot in lots_found(session, need.id)] == [(1, 1), (2, 1)]
    lot = need.lots[1]
    ended = end_lot(session, need.id, lot.id, need.author_id, "En régie", NOW)
    assert (lot.ending, lot.ended_at, lot.ending_reason) == (LotEnding.WITHDRAWN, NOW, "En régie")
    assert in_words(session, ended) == [
        ("Lot 2, état", "Ouvert", "Retiré"),
        ("Lot 2, raison", "Rien", "En régie"),
    ]
    shortlist_need(session, need.id, NOW)
    assert [lot.number for lot in lots_found(session, need.id)] == [1]
    assert session.scalars(select(LotMatch).filter_by(lot_id=lot.id)).all() == []
    assert session.scalars(select(Match.structure_id)).all() == [gardeners.id]
    copy = duplicate(session, need, need.author_id, "a1b2c3d4e5f6", NOW)
    assert [one.title for one in copy.lots] == ["Tonte des stades"]


def test_a_lot_that_was_answered_is_closed_and_keeps_who_could_answer(
    session: Session, need: Need, gardeners: Structure, cleaners: Structure
) -> None:
    shortlist_need(session, need.id, NOW)
    answered(session, need, cleaners, 2)
    lot = need.lots[1]
    end_lot(session, need.id, lot.id, need.author_id, "En régie", NOW)
    assert (lot.ending, need.kept_lots, need.open_lots) == (
        LotEnding.CLOSED,
        need.lots,
        need.lots[:1],
    )
    shortlist_need(session, need.id, NOW)
    kept = session.scalars(select(LotMatch.structure_id).filter_by(lot_id=lot.id))
    assert kept.all() == [cleaners.id]


def test_a_lot_ends_once_and_the_last_one_not_alone(session: Session, need: Need) -> None:
    first, second = need.lots
    end_lot(session, need.id, second.id, need.author_id, "En régie", NOW)
    with pytest.raises(LotGone):
        end_lot(session, need.id, second.id, need.author_id, "Encore", NOW)
    with pytest.raises(LotGone):
        change(session, need, 2, MOWING)
    with pytest.raises(LastLot):
        end_lot(session, need.id, first.id, need.author_id, "En régie", NOW)


def test_a_lot_moved_elsewhere_is_proposed_to_those_of_there(
    session: Session, need: Need, gardeners: Structure
) -> None:
    southern = structure(session, "Les jardins du port", MARSEILLE)
    offer(session, southern, GREEN_SPACES)
    session.commit()
    shortlist_need(session, need.id, NOW)
    there = LotDraft(
        MOWING.title,
        sectors=(GREEN_SPACES,),
        place_type=PlaceType.POINT,
        commune_code=MARSEILLE,
    )
    change(session, need, 1, there)
    shortlist_need(session, need.id, NOW)
    near = LotMatch.near == []
    able = select(LotMatch.structure_id).where(LotMatch.lot_id == need.lots[0].id, near)
    assert session.scalars(able).all() == [southern.id]
