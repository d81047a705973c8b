"""A need written step by step: nothing is lost, and nobody writes over another unawares."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.needs.drafting import (
    ALL,
    Answers,
    ChangedElsewhere,
    Incomplete,
    answers_of,
    discard_draft,
    draft_begun,
    fingerprint,
    save_draft,
    start_draft,
    submit_draft,
)
from marketplace.needs.lifecycle import ForbiddenMove, Move, Status
from marketplace.needs.tables import Need, NeedKind, NeedSector, PlaceType
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DOLE,
    GREEN_SPACES,
    MONDAY,
    draft,
    in_three_weeks,
    submitted_need,
)

LATER = MONDAY + timedelta(minutes=3)
WHAT = ("title", "sectors")
KEY = "0123456789ab"


@pytest.fixture
def buyer_of(session: Session) -> tuple[int, int]:
    """A buyer's id, and its organisation's."""
    organisation = people.organisation(session)
    return people.buyer(session, organisation.id).id, organisation.id


def whole(session: Session, author_id: int, organisation_id: int) -> Need:
    return draft(
        session,
        author_id,
        organisation_id,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
    )


def test_a_first_step_makes_a_draft_without_place_nor_deadline(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of, sectors=[GREEN_SPACES])
    assert (need.status, need.place_type, need.deadline_on) == (Status.DRAFT, None, None)
    assert answers_of(need)["sectors"] == [GREEN_SPACES]
    assert need.moves == []


def test_a_form_sent_twice_makes_one_draft(session: Session, buyer_of: tuple[int, int]) -> None:
    author_id, organisation_id = buyer_of
    said = Answers(organisation_id=organisation_id, kind=NeedKind.QUOTE, title="Tonte du stade")
    first = start_draft(session, author_id, said, KEY, MONDAY)
    assert start_draft(session, author_id, said, KEY, LATER) is first
    assert draft_begun(session, author_id, KEY) is first
    assert draft_begun(session, people.buyer(session).id, KEY) is None


def test_the_key_of_another_person_makes_a_draft_of_ones_own(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    author_id, organisation_id = buyer_of
    said = Answers(organisation_id=organisation_id, kind=NeedKind.QUOTE, title="Tonte du stade")
    first = start_draft(session, author_id, said, KEY, MONDAY)
    other = people.buyer(session, organisation_id).id
    assert start_draft(session, other, said, KEY, MONDAY).id != first.id


def test_a_step_leaves_the_answers_of_the_others_alone(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of, sectors=[GREEN_SPACES], description="Deux hectares")
    said = Answers(title="Tonte de deux stades", sectors=[CLEANING, GREEN_SPACES])
    seen = fingerprint(need, WHAT)
    need, is_changed = save_draft(session, need.id, said, seen, WHAT, LATER)
    assert (is_changed, need.saved_at) == (True, LATER)
    assert (need.title, need.description) == ("Tonte de deux stades", "Deux hectares")
    assert answers_of(need)["sectors"] == sorted([CLEANING, GREEN_SPACES])


def test_saying_the_same_again_changes_nothing_whatever_was_seen(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of)
    need, is_changed = save_draft(
        session, need.id, Answers(title=need.title), "something else", WHAT, LATER
    )
    assert (is_changed, need.saved_at) == (False, MONDAY)


def test_answers_changed_elsewhere_are_not_written_over_unless_one_vouches_for_them(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of)
    seen = fingerprint(need, WHAT)
    save_draft(session, need.id, Answers(title="Tonte, par un collègue"), seen, WHAT, LATER)
    mine = Answers(title="Tonte, par moi")
    with pytest.raises(ChangedElsewhere) as refused:
        save_draft(session, need.id, mine, seen, WHAT, LATER)
    assert (need.title, refused.value.saved_at) == ("Tonte, par un collègue", LATER)
    save_draft(session, need.id, mine, refused.value.fingerprint, WHAT, LATER)
    assert need.title == "Tonte, par moi"


def test_another_step_changed_elsewhere_is_no_conflict(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of)
    seen = fingerprint(need, WHAT)
    how = ("include_country",)
    saved = Answers(include_country=False)
    save_draft(session, need.id, saved, fingerprint(need, how), how, LATER)
    save_draft(session, need.id, Answers(title="Tonte du stade"), seen, WHAT, LATER)
    assert (need.title, need.include_country) == ("Tonte du stade", False)


def test_a_fingerprint_is_the_same_from_memory_and_from_the_database(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = whole(session, *buyer_of)
    said = Answers(kinds=["EI", "ACI"], service_types=["PREST"], zones=["25", "39"])
    need, _ = save_draft(session, need.id, said, fingerprint(need, ALL), ALL, LATER)
    before = fingerprint(need, ALL)
    session.expire_all()
    assert fingerprint(need, ALL) == before


def test_a_whole_draft_is_sent_once(session: Session, buyer_of: tuple[int, int]) -> None:
    need = whole(session, *buyer_of)
    seen = fingerprint(need, ALL)
    submit_draft(session, need.id, buyer_of[0], seen, MONDAY)
    assert (need.status, [move.move for move in need.moves]) == (Status.SUBMITTED, [Move.SUBMIT])
    with pytest.raises(ForbiddenMove):
        submit_draft(session, need.id, buyer_of[0], seen, LATER)


def test_a_draft_that_lacks_something_is_not_sent_and_says_what(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = draft(session, *buyer_of)
    with pytest.raises(Incomplete) as refused:
        submit_draft(session, need.id, buyer_of[0], fingerprint(need, ALL), MONDAY)
    assert [remark.code for remark in refused.value.remarks] == ["no_place", "no_deadline"]


def test_what_was_checked_is_what_is_sent(session: Session, buyer_of: tuple[int, int]) -> None:
    need = whole(session, *buyer_of)
    seen = fingerprint(need, ALL)
    how = ("include_country",)
    saved = Answers(include_country=False)
    save_draft(session, need.id, saved, fingerprint(need, how), how, LATER)
    with pytest.raises(ChangedElsewhere):
        submit_draft(session, need.id, buyer_of[0], seen, LATER)
    assert need.status == Status.DRAFT


def test_a_sent_need_is_no_longer_changed_nor_thrown_away(
    session: Session, buyer_of: tuple[int, int]
) -> None:
    need = submitted_need(session, *buyer_of)
    with pytest.raises(ForbiddenMove):
        save_draft(session, need.id, Answers(title="Autre"), fingerprint(need, ALL), ALL, LATER)
    with pytest.raises(ForbiddenMove):
        discard_draft(session, need.id)


def test_a_draft_thrown_away_leaves_nothing(session: Session, buyer_of: tuple[int, int]) -> None:
    need = draft(session, *buyer_of, sectors=[GREEN_SPACES], zones=[DOLE])
    discard_draft(session, need.id)
    session.flush()
    assert session.scalars(select(Need)).all() == []
    assert session.scalars(select(NeedSector)).all() == []


def test_only_a_draft_may_lack_its_place(session: Session, buyer_of: tuple[int, int]) -> None:
    need = draft(session, *buyer_of)
    need.status = Status.PUBLISHED
    with pytest.raises(IntegrityError, match="whole_once_sent"):
        session.flush()
    session.rollback()


def test_a_draft_without_a_title_is_a_bug(session: Session, buyer_of: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="title"):
        start_draft(session, buyer_of[0], Answers(organisation_id=buyer_of[1]), KEY, MONDAY)
