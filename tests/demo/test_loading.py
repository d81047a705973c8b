"""The demonstration in a real database: its people, its desks, and needs with a past."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts.signing_in import sign_in
from marketplace.accounts.tables import Organisation, User
from marketplace.clock import end_of_day
from marketplace.db import db, transaction
from marketplace.demo import people
from marketplace.demo.loading import load
from marketplace.jobs import Job
from marketplace.matching import queries
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.moderation.queries import waiting_needs
from marketplace.moderation.tables import Decision, Desk, DeskMember
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure, StructureMember

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SUNDAY_BEFORE_NEW_YEAR = datetime(2026, 12, 27, 6, 0, tzinfo=UTC)
GREEN_SPACES = "Entretien des espaces verts de trois groupes scolaires"


@pytest.fixture
def loaded(session):
    with transaction() as writing:
        load(writing, TUESDAY)
    return session


def count(session, *of):
    return session.scalar(select(func.count()).select_from(*of))


def need_titled(session, title):
    return session.scalars(select(Need).where(Need.title == title)).one()


def user(session, email):
    return session.scalars(select(User).where(User.email == email)).one()


def test_the_second_time_nothing_is_added(loaded):
    before = [count(loaded, table) for table in (Structure, Offer, Need, User, Desk)]
    with transaction() as session:
        load(session, TUESDAY + timedelta(days=1))
    assert [count(loaded, table) for table in (Structure, Offer, Need, User, Desk)] == before


def test_every_structure_has_an_offer_declared_or_implied(loaded):
    with_one = select(func.count(Offer.structure_id.distinct()))
    assert loaded.scalar(with_one) == count(loaded, Structure)
    implied = select(func.count()).where(Offer.is_implied)
    assert 5 <= loaded.scalar(implied) <= 40
    assert loaded.scalars(select(Offer).where(Offer.status == OfferStatus.PAUSED)).all()


def test_accounts_sign_in_with_the_password_said_at_the_start(loaded):
    emails = [account.email for account in people.ACCOUNTS]
    for email in (emails[0], emails[-1]):
        assert sign_in(loaded, email, people.PASSWORD, TUESDAY).email == email
    hashes = loaded.scalars(select(User.password_hash).where(User.email.in_(emails))).all()
    assert len(hashes) == len(emails)
    assert len(set(hashes)) == 1  # so what two of them can, all can


def test_only_the_administrator_administers(loaded):
    administrators = loaded.scalars(select(User.email).where(User.is_administrator)).all()
    assert administrators == ["admin@tandem.invalid"]


def test_thirty_one_needs_are_open_and_wait_for_their_shortlist(session, asked_jobs):
    with transaction() as writing:
        load(writing, TUESDAY)
        assert asked_jobs == []
    opened = session.scalars(select(Need.id).where(is_open(TUESDAY))).all()
    assert len(opened) == 31
    assert {job for job, _ in asked_jobs} == {Job.SHORTLIST_NEED}
    assert set(opened) <= {ids["need_id"] for _, ids in asked_jobs}


@pytest.mark.parametrize("now", [TUESDAY, SUNDAY_BEFORE_NEW_YEAR])
def test_whenever_it_is_loaded_the_past_is_past_and_deadlines_follow(session, now):
    with transaction() as writing:
        load(writing, now)
    for need in session.scalars(select(Need)):
        moved = [move.moved_at for move in need.moves]
        assert moved == sorted(moved)
        assert moved[0] >= need.created_at
        assert moved[-1] < now
        assert (end_of_day(need.deadline_on) > now) == (
            need.status not in {Status.CLOSED, Status.AWARDED}
        )
        if need.status == Status.PUBLISHED:
            days = (need.deadline_on - now.date()).days
            assert 5 <= days <= 60


def test_the_facilitator_of_besancon_finds_needs_waiting_one_of_them_overdue(loaded):
    facilitator = user(loaded, "facilitateur@tandem.invalid")
    desks = loaded.scalars(select(DeskMember.desk_id).where(DeskMember.user_id == facilitator.id))
    waiting = waiting_needs(loaded, desks.all())
    assert len(waiting) == 3
    assert waiting[0].due_at < TUESDAY < waiting[-1].due_at


def test_each_need_was_decided_by_a_facilitator_of_its_desk(loaded):
    for decision in loaded.scalars(select(Decision)):
        assert loaded.get(DeskMember, (decision.desk_id, decision.moderator_id))


def test_each_desk_decided_or_has_to_decide_something(loaded):
    busy = set(loaded.scalars(select(Decision.desk_id)))
    assert busy == set(loaded.scalars(select(Desk.id)))


def test_refusals_carry_their_reason(loaded):
    refused = select(Need).where(Need.status.in_([Status.REJECTED, Status.CHANGES_REQUESTED]))
    needs = loaded.scalars(refused).all()
    assert len(needs) == 2
    assert all(need.moves[-1].reason for need in needs)


def test_green_spaces_in_besancon_are_matched_by_many_near_first(loaded):
    need = need_titled(loaded, GREEN_SPACES)
    shortlist_need(loaded, need.id, TUESDAY)
    matches = loaded.scalars(queries.matches_of_need(need.id)).all()
    fitting = [match for match in matches if not match.near]
    assert len(fitting) >= 8
    assert all(match.reasons for match in fitting)
    assert {match.structure.department_code for match in fitting[:3]} == {"25"}
    assert len({match.structure.kind for match in fitting}) >= 4


def test_the_structure_account_has_several_suggestions_and_no_need_is_left_alone(loaded):
    for need_id in queries.open_needs(loaded, TUESDAY):
        shortlist_need(loaded, need_id, TUESDAY)
    member = user(loaded, "structure@tandem.invalid")
    own = select(StructureMember.structure_id).where(StructureMember.user_id == member.id)
    suggested = loaded.scalars(
        queries.matches_of_structures(loaded.scalars(own).all(), TUESDAY)
    ).all()
    assert sum(not match.near for match in suggested) >= 4
    answered = set(loaded.scalars(select(Match.need_id)))
    assert answered == set(queries.open_needs(loaded, TUESDAY))


def test_buyers_sit_in_communes_that_are_known(loaded):
    assert count(loaded, Organisation) >= 15
    assert not loaded.scalars(select(Organisation).where(Organisation.commune_code.is_(None))).all()
    assert db.session.scalar(select(func.count()).where(User.email.not_like("%.invalid"))) == 0
