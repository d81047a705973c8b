"""Cutting a need into lots: nothing is added twice, and nobody writes over another unawares."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from marketplace.needs.drafting import ALL, ChangedElsewhere, answers_of, fingerprint, lot_draft
from marketplace.needs.lifecycle import ForbiddenMove
from marketplace.needs.lots import (
    MOST,
    LotGone,
    TooManyLots,
    add_lot,
    change_lot,
    lot_seen,
    lots_seen,
    move_lot,
    remove_lot,
)
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Lever, Need, PlaceType
from tests.factories import people
from tests.factories.market import BESANCON, CLEANING, GREEN_SPACES, MONDAY, draft, submitted_need

LATER = MONDAY + timedelta(minutes=3)
MOWING = LotDraft("Tonte des stades", sectors=(GREEN_SPACES,), amount_max=Decimal("12000.50"))
CLEANERS = LotDraft(
    "Nettoyage des vestiaires",
    "Deux fois par semaine",
    (CLEANING,),
    PlaceType.POINT,
    BESANCON,
    radius_km=20,
    lever=Lever.RESERVED_HANDICAP,
)
HEDGES = LotDraft("Taille des haies", place_type=PlaceType.ZONES, zones=("25", "39"))


@pytest.fixture
def need(session: Session) -> Need:
    organisation = people.organisation(session)
    return draft(session, people.buyer(session, organisation.id).id, organisation.id)


def titles(need: Need) -> list[tuple[int, str]]:
    return [(lot.number, lot.title) for lot in need.lots]


def cut(session: Session, need: Need, *lots: LotDraft) -> None:
    for lot in lots:
        add_lot(session, need.id, lot, lots_seen(need), LATER)


def test_a_lot_says_again_what_it_was_told(session: Session, need: Need) -> None:
    cut(session, need, MOWING, CLEANERS, HEDGES)
    session.expire_all()
    assert answers_of(need)["lots"] == [MOWING, CLEANERS, HEDGES]
    assert titles(need) == [
        (1, "Tonte des stades"),
        (2, "Nettoyage des vestiaires"),
        (3, "Taille des haies"),
    ]
    assert need.saved_at == LATER


def test_a_form_sent_twice_adds_one_lot_and_two_tabs_add_two(session: Session, need: Need) -> None:
    seen = lots_seen(need)
    first = add_lot(session, need.id, MOWING, seen, LATER)
    assert add_lot(session, need.id, MOWING, seen, LATER) is first
    add_lot(session, need.id, CLEANERS, seen, LATER)
    assert [title for _, title in titles(need)] == [MOWING.title, CLEANERS.title]


def test_two_lots_may_say_the_same_when_one_means_it(session: Session, need: Need) -> None:
    cut(session, need, MOWING, MOWING)
    assert len(need.lots) == 2


def test_a_lot_changed_elsewhere_is_not_written_over_unless_one_vouches_for_it(
    session: Session, need: Need
) -> None:
    lot = add_lot(session, need.id, MOWING, lots_seen(need), LATER)
    seen = lot_seen(lot)
    change_lot(session, need.id, lot.id, HEDGES, seen, LATER)
    with pytest.raises(ChangedElsewhere) as refused:
        change_lot(session, need.id, lot.id, CLEANERS, seen, LATER)
    assert lot_draft(lot) == HEDGES
    change_lot(session, need.id, lot.id, HEDGES, seen, LATER)  # the very same is no conflict
    change_lot(session, need.id, lot.id, CLEANERS, refused.value.fingerprint, LATER)
    assert lot_draft(lot) == CLEANERS


def test_lots_change_places_and_a_double_click_moves_one_place(
    session: Session, need: Need
) -> None:
    cut(session, need, MOWING, CLEANERS, HEDGES)
    hedges, seen = need.lots[2], lots_seen(need)
    for _ in range(2):
        move_lot(session, need.id, hedges.id, True, seen, LATER)
    assert [title for _, title in titles(need)] == [MOWING.title, HEDGES.title, CLEANERS.title]
    move_lot(session, need.id, hedges.id, False, lots_seen(need), LATER)
    move_lot(session, need.id, hedges.id, False, lots_seen(need), LATER)  # the last stays last
    assert [title for _, title in titles(need)] == [MOWING.title, CLEANERS.title, HEDGES.title]


def test_a_lot_taken_out_leaves_the_others_numbered_and_is_gone(
    session: Session, need: Need
) -> None:
    cut(session, need, MOWING, CLEANERS, HEDGES)
    gone = need.lots[0].id
    remove_lot(session, need.id, gone, LATER)
    session.expire_all()
    assert titles(need) == [(1, CLEANERS.title), (2, HEDGES.title)]
    with pytest.raises(LotGone):
        remove_lot(session, need.id, gone, LATER)
    with pytest.raises(LotGone):
        change_lot(session, need.id, gone, MOWING, "", LATER)


def test_there_is_an_end_to_lots(session: Session, need: Need) -> None:
    cut(session, need, *(LotDraft(f"Lot numéro {number}") for number in range(MOST)))
    with pytest.raises(TooManyLots):
        cut(session, need, MOWING)


def test_the_lots_are_part_of_what_is_checked_before_sending(session: Session, need: Need) -> None:
    before = fingerprint(need, ALL)
    cut(session, need, MOWING, CLEANERS)
    two = fingerprint(need, ALL)
    move_lot(session, need.id, need.lots[0].id, False, lots_seen(need), LATER)
    assert len({before, two, fingerprint(need, ALL)}) == 3


def test_the_lots_of_a_need_that_was_sent_are_no_longer_changed(session: Session) -> None:
    organisation = people.organisation(session)
    author = people.buyer(session, organisation.id)
    sent = submitted_need(session, author.id, organisation.id, lots=(MOWING, HEDGES))
    assert [lot.title for lot in sent.lots] == [MOWING.title, HEDGES.title]
    for deed in (
        lambda: add_lot(session, sent.id, CLEANERS, lots_seen(sent), LATER),
        lambda: change_lot(session, sent.id, sent.lots[0].id, CLEANERS, "", LATER),
        lambda: move_lot(session, sent.id, sent.lots[0].id, False, lots_seen(sent), LATER),
        lambda: remove_lot(session, sent.id, sent.lots[0].id, LATER),
    ):
        with pytest.raises(ForbiddenMove):
            deed()
