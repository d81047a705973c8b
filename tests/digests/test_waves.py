"""Structures are told in waves, the best placed first, all before half of the time has gone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.digests import telling
from marketplace.digests.waves import MOST_WAVES, URGENT, Run, in_turn, told_by
from marketplace.jobs import Job
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.shapes import Ranked
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.tables import Need, NeedKind
from tests.digests.readers import market, notices_to, published, tell
from tests.factories.market import MONDAY, offer, structure

DAY = timedelta(days=1)
PUBLISHED = datetime(2026, 3, 20, 9, tzinfo=UTC)
"""Nine days before a night of 23 hours."""


def told(days: float, matched: int, length: int = 24, **more: int | bool | None) -> int:
    run = Run(PUBLISHED, PUBLISHED + length * DAY)
    given = {"all_at_once": False} | more
    return told_by(PUBLISHED + days * DAY, matched, run, **given)  # type: ignore[arg-type]  # a test's own values


def test_forty_structures_are_told_in_four_waves_before_half_time() -> None:
    assert [told(day, 40) for day in (0, 2.9, 3, 6, 9, 11.9)] == [10, 10, 20, 30, 40, 40]


def test_few_structures_are_told_at_once() -> None:
    assert told(0, 10) == 10


def test_a_tender_goes_to_everyone_at_once_even_when_enough_are_interested() -> None:
    assert told(0, 500, all_at_once=True, interested=9, enough=3) == 500


def test_an_urgent_need_goes_to_everyone_at_once() -> None:
    assert told(0, 500, length=6) == 500


def test_nobody_else_is_told_once_enough_are_interested() -> None:
    assert told(3, 40, interested=2, enough=3) == 20
    assert told(3, 40, interested=3, enough=3) == 0


@given(
    matched=st.integers(0, 5_000),
    length=st.integers(1, 400),
    share=st.floats(0, 1),
)
def test_the_count_only_grows_and_all_are_told_by_half_time(
    matched: int, length: int, share: float
) -> None:
    half = length / 2
    before, at = told(share * half, matched, length), told(half, matched, length)
    assert 0 <= before <= at == matched
    assert told(0, matched, length) >= matched / MOST_WAVES
    assert length * DAY >= URGENT or told(0, matched, length) == matched


def ranked(name: str, score: float) -> Ranked:
    return Ranked(name, f"{name}-1", score, {}, [])


def test_among_near_equal_structures_those_told_little_lately_come_first() -> None:
    order = [ranked("a", 0.9), ranked("b", 0.88), ranked("far", 0.3)]
    assert [one.structure_id for one in in_turn(order, {})] == ["a", "b", "far"]
    assert [one.structure_id for one in in_turn(order, {"a": 9.0})] == ["b", "a", "far"]


def told_structures(session: Session, need: Need) -> set[int]:
    session.rollback()
    matches = select(Match.structure_id).where(
        Match.need_id == need.id, Match.status != MatchStatus.SUGGESTED
    )
    return set(session.scalars(matches))


def test_each_wave_is_told_once_and_a_new_ranking_moves_nothing_of_it(session: Session) -> None:
    place = market(session, count=24)
    need = published(session, place, kind=NeedKind.QUOTE, deadline_on=date(2026, 12, 23))
    assert tell(need, MONDAY) == 8
    first = told_structures(session, need)
    assert tell(need, MONDAY + timedelta(hours=1)) == 0

    best = structure(session, "Nouvelle et mieux placée")
    offer(session, best, title="Entretien des espaces verts, tonte, taille de haies")
    session.commit()
    with transaction() as writing:
        shortlist_need(writing, need.id, MONDAY + DAY)
    assert told_structures(session, need) == first

    assert tell(need, MONDAY + 6 * DAY) == 8
    assert first < told_structures(session, need)
    assert tell(need, MONDAY + 15 * DAY) == 8
    moves = session.scalars(select(MatchMove).where(MatchMove.status == MatchStatus.NOTIFIED)).all()
    assert len(moves) == 24
    assert all(move.user_id is None for move in moves)
    for member in place.members:
        [notice] = notices_to(session, member)
        assert notice.link == f"/besoins/{need.slug}"


def test_waves_stop_when_the_facilitator_has_enough_interested(session: Session) -> None:
    place = market(session, count=24)
    need = published(
        session, place, kind=NeedKind.QUOTE, deadline_on=date(2026, 12, 23), enough_interested=1
    )
    tell(need, MONDAY)
    chosen = min(told_structures(session, need))
    with transaction() as writing:
        match = match_for_update(writing, need.id, chosen)
        assert match is not None
        move_match(writing, match, MatchStatus.INTERESTED, place.members[0].id, MONDAY)
    assert tell(need, MONDAY + 20 * DAY) == 0


@pytest.mark.parametrize("kind", [NeedKind.QUOTE, NeedKind.SOURCING])
def test_turns_are_taken_from_one_need_to_the_next(session: Session, kind: NeedKind) -> None:
    """Equal structures: who had the first places of a need leaves them at the next."""
    place = market(session, count=30)
    told_of = []
    for number in range(3):
        need = published(session, place, kind=kind, deadline_on=date(2026, 12, 23))
        tell(need, MONDAY + number * timedelta(minutes=1))
        told_of.append(told_structures(session, need))
    assert len(told_of[0] & told_of[1]) < len(told_of[0])


def test_a_structure_with_nobody_to_read_it_is_not_told_and_a_closed_need_tells_nobody(
    session: Session,
) -> None:
    place = market(session)
    alone = structure(session, "Sans personne")
    offer(session, alone)
    session.commit()
    need = published(session, place)
    assert tell(need, datetime(2026, 12, 14, 23, 30, tzinfo=UTC)) == 0
    assert tell(need, MONDAY) == 1
    assert alone.id not in told_structures(session, need)


def test_the_sweep_asks_for_the_needs_that_somebody_is_still_to_be_told_of(
    session: Session, asked_jobs: list[tuple[Job, dict[str, int]]]
) -> None:
    place = market(session)
    done, waiting = published(session, place), published(session, place)
    tell(done, MONDAY)
    asked_jobs.clear()
    with transaction() as writing:
        telling.ask_for_open_needs(writing, MONDAY)
    assert asked_jobs == [(Job.TELL_MATCHES, {"need_id": waiting.id})]
