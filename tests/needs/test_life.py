"""A published need is changed, put off, closed, opened again and copied, as its rules say."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.clock import PARIS
from marketplace.jobs import Job
from marketplace.needs.amending import (
    DeadlineBroughtForward,
    QuestionTakenBack,
    amend,
    amendable,
    differences,
    extend,
)
from marketplace.needs.closing import CannotReopen, close_due, close_early, reopen
from marketplace.needs.drafting import Answers, ChangedElsewhere, answers_of, fingerprint
from marketplace.needs.duplicating import duplicate
from marketplace.needs.lifecycle import ForbiddenMove, Move, NotOpen, Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, NeedMove
from tests.factories import people
from tests.factories.market import CLEANING, GREEN_SPACES, submitted_need

NOW = clock.now()
LATER = clock.today() + timedelta(days=60)
KEY = "a1b2c3d4e5f6"


def published(session: Session, **said: object) -> Need:
    town = people.organisation(session)
    need = submitted_need(session, people.buyer(session, town.id).id, town.id, **said)
    need.status, need.published_at = Status.PUBLISHED, NOW
    session.flush()
    return need


def amended(session: Session, need: Need, **said: Any) -> dict[str, list[Any]]:
    seen = fingerprint(need, amendable())
    row = amend(session, need.id, need.author_id, Answers(**said), seen, NOW)  # type: ignore[typeddict-item]  # a test's own values
    return row.changes if row else {}


def test_an_amendment_keeps_what_each_answer_was_and_is(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    need = published(session)
    day = need.deadline_on
    changes = amended(
        session, need, title="Tonte et haies", sectors=[CLEANING], deadline_on=LATER, kinds=[]
    )
    assert changes == {
        "title": ["Entretien des espaces verts", "Tonte et haies"],
        "sectors": [[GREEN_SPACES], [CLEANING]],
        "deadline_on": [day.isoformat() if day else None, LATER.isoformat()],
    }
    assert (need.title, need.deadline_on, need.amended_at) == ("Tonte et haies", LATER, NOW)


def test_what_another_answer_completes_is_kept_with_it(session: Session) -> None:
    need = published(session)
    assert set(amended(session, need, radius_km=20)) == {
        "place_type",
        "commune_code",
        "radius_km",
        "zones",
    }


def test_who_asks_and_what_for_stay_as_they_were_published(session: Session) -> None:
    need = published(session)
    assert amended(session, need, kind="tender", organisation_id=0, is_anonymous=True) == {}


def test_a_deadline_is_only_ever_put_off(session: Session) -> None:
    need = published(session)
    assert need.deadline_on
    with pytest.raises(DeadlineBroughtForward):
        extend(session, need.id, need.author_id, need.deadline_on - timedelta(days=1), NOW)
    assert extend(session, need.id, need.author_id, need.deadline_on, NOW) is None
    assert extend(session, need.id, need.author_id, LATER, NOW) is not None


def test_a_question_can_be_added_and_none_taken_back(session: Session) -> None:
    need = published(session, questions=("Quels délais ?",))
    first = need.questions[0].id
    with pytest.raises(QuestionTakenBack):
        differences(need, Answers(questions=["Quel prix ?"]))
    amended(session, need, questions=["Quel prix ?", "Quels délais ?"])
    session.expire_all()
    assert [q.words for q in need.questions] == ["Quel prix ?", "Quels délais ?"]
    assert need.questions[1].id == first


def test_the_second_of_two_tabs_is_told_that_the_need_changed(session: Session) -> None:
    need = published(session)
    seen = fingerprint(need, amendable())
    amended(session, need, title="Première modification")
    with pytest.raises(ChangedElsewhere):
        amend(session, need.id, need.author_id, Answers(title="Seconde"), seen, NOW)


def test_nothing_changes_after_the_deadline_even_before_the_close_is_recorded(
    session: Session,
) -> None:
    need = published(session)
    assert need.deadline_on
    last_second = clock.end_of_day(need.deadline_on)
    extend(session, need.id, need.author_id, need.deadline_on, last_second)
    midnight = last_second + timedelta(seconds=1)
    with pytest.raises(NotOpen):
        extend(session, need.id, need.author_id, LATER, midnight)
    with pytest.raises(NotOpen):
        close_early(session, need.id, need.author_id, midnight, "Assez de réponses")


def test_a_need_closes_at_the_end_of_the_paris_day_by_nobodys_hand(session: Session) -> None:
    need = published(session)
    assert need.deadline_on
    assert close_due(session, clock.end_of_day(need.deadline_on)) == 0
    over = clock.end_of_day(need.deadline_on) + timedelta(seconds=1)
    assert (close_due(session, over), close_due(session, over)) == (1, 0)
    move = session.scalars(select(NeedMove).order_by(NeedMove.id.desc())).first()
    assert move is not None
    assert (need.status, move.move, move.user_id) == (Status.CLOSED, Move.CLOSE, None)


def closed(session: Session, at: datetime = NOW) -> Need:
    need = published(session)
    close_early(session, need.id, need.author_id, at, "Assez de réponses")
    session.flush()
    return need


def opened_again(session: Session, need: Need, on: date = LATER, at: datetime = NOW) -> None:
    reopen(session, need.id, need.author_id, on, at, "")
    session.flush()


def test_a_closed_need_opens_again_once(session: Session) -> None:
    need = closed(session)
    opened_again(session, need)
    assert (need.status, need.deadline_on) == (Status.PUBLISHED, LATER)
    close_early(session, need.id, need.author_id, NOW, "Assez")
    session.flush()
    with pytest.raises(CannotReopen, match="déjà été rouvert"):
        opened_again(session, need)


def test_a_need_opens_again_within_thirty_days_and_with_days_to_come(session: Session) -> None:
    need = closed(session, NOW - timedelta(days=30, seconds=1))
    with pytest.raises(CannotReopen, match="30 jours"):
        opened_again(session, need)
    opened_again(session, need, at=NOW - timedelta(seconds=1))
    other = closed(session)
    with pytest.raises(CannotReopen, match="au plus tôt demain"):
        opened_again(session, other, on=NOW.astimezone(PARIS).date())


def test_no_need_opens_again_once_something_came_of_it(session: Session) -> None:
    need = closed(session)
    with pytest.raises(CannotReopen):
        reopen(session, need.id, need.author_id, LATER, NOW, "", has_outcome=True)
    need.status = Status.AWARDED
    with pytest.raises((CannotReopen, ForbiddenMove)):
        opened_again(session, need)


def test_a_need_past_its_deadline_opens_again_before_the_sweep_came_by(session: Session) -> None:
    need = published(session)
    assert need.deadline_on
    after = clock.end_of_day(need.deadline_on) + timedelta(minutes=2)
    opened_again(session, need, on=need.deadline_on + timedelta(days=10), at=after)
    moves = session.scalars(select(NeedMove.move).filter_by(need_id=need.id).order_by(NeedMove.id))
    assert moves.all()[-2:] == [Move.CLOSE, Move.REOPEN]


def test_a_copy_says_all_that_the_need_says_but_its_dates(session: Session) -> None:
    lots = (LotDraft("Écoles", sectors=(CLEANING,)), LotDraft("Mairie", amount_max=None))
    need = published(session, lots=lots, questions=("Quels délais ?",))
    copy = duplicate(session, need, need.author_id, KEY, NOW)
    assert copy.status is Status.DRAFT
    no_dates = {"deadline_on": None, "starts_on": None, "asking_until": None}
    assert answers_of(copy) == answers_of(need) | no_dates
    assert [lot.number for lot in copy.lots] == [1, 2]
    assert duplicate(session, need, need.author_id, KEY, NOW).id == copy.id
