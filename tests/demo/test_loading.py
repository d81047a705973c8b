"""The demonstration in a real database: its people, its desks, and needs with a past."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts import joining, organisations
from marketplace.accounts.signing_in import sign_in
from marketplace.accounts.tables import Organisation, User
from marketplace.answers.consortia import MemberStatus
from marketplace.answers.consortium_queries import groups_of_need
from marketplace.answers.lifecycle import AnswerStatus, DeclineReason, Side
from marketplace.answers.queries import (
    answer_of,
    enquiries_of,
    match_of,
    outcomes_of,
    sent_answers,
    standing_of,
    thread_of,
)
from marketplace.answers.tables import Enquiry, Message
from marketplace.db import Base, db, transaction
from marketplace.demo import people
from marketplace.demo.loading import load
from marketplace.lists.queries import saved_searches_of
from marketplace.lists.tables import FavouriteList
from marketplace.mail import OutgoingMail
from marketplace.matching import queries
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, MatchMove
from marketplace.moderation.queries import Sifted, Subject, queue_summary, waiting
from marketplace.moderation.tables import Decision, Desk, DeskMember
from marketplace.needs.lifecycle import Status
from marketplace.needs.planning import announced
from marketplace.needs.tables import Need, NeedAmendment
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure, StructureMember
from tests.conftest import emptied

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GREEN_SPACES = "Entretien des espaces verts de trois groupes scolaires"


@pytest.fixture(scope="module")
def demonstration(prepared_app):
    """Loaded once for all that read it here."""
    with prepared_app.app_context(), transaction() as writing:
        load(writing, TUESDAY)
    yield prepared_app
    emptied(prepared_app)


@pytest.fixture
def loaded(demonstration):
    with demonstration.app_context():
        yield db.session()


def count(session, *of):
    return session.scalar(select(func.count()).select_from(*of))


def structure_named(session, name):
    return session.scalars(select(Structure).where(Structure.name == name)).one()


def need_titled(session, title):
    return session.scalars(select(Need).where(Need.title == title)).one()


def user(session, email):
    return session.scalars(select(User).where(User.email == email)).one()


def test_the_second_time_nothing_is_added(loaded):
    tables = Base.metadata.sorted_tables
    before = [count(loaded, table) for table in tables]
    with transaction() as session:
        load(session, TUESDAY + timedelta(days=1))
    assert [count(loaded, table) for table in tables] == before


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


def test_the_facilitator_of_besancon_finds_needs_waiting_one_of_them_overdue(loaded):
    facilitator = user(loaded, "facilitateur@tandem.invalid")
    desks = loaded.scalars(select(DeskMember.desk_id).where(DeskMember.user_id == facilitator.id))
    needs = waiting(desks.all(), TUESDAY, Sifted(Subject.NEED))
    found = loaded.scalars(needs).all()
    assert len(found) == 3
    assert found[0].due_at < TUESDAY < found[-1].due_at


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
    assert answered >= set(queries.open_needs(loaded, TUESDAY))


def test_buyers_sit_in_communes_that_are_known(loaded):
    assert count(loaded, Organisation) >= 15
    assert not loaded.scalars(select(Organisation).where(Organisation.commune_code.is_(None))).all()
    assert db.session.scalar(select(func.count()).where(User.email.not_like("%.invalid"))) == 0


def test_the_buyer_of_besancon_has_answers_to_read_and_a_question_to_answer(loaded):
    need = need_titled(loaded, GREEN_SPACES)
    sent = sent_answers(loaded, need.id).values()
    assert {answer.structure.name for answer in sent} == {
        "Paysages de la Boucle",
        "La Main verte des Sapins Bleus",
    }
    assert all(answer.replies and answer.parts[0].price_max for answer in sent)
    standing = standing_of(loaded, need.id)
    assert standing.declines == {DeclineReason.DELAY: 1}
    assert standing.waiting_questions == 1
    answered = [enquiry for enquiry in enquiries_of(loaded, need.id) if enquiry.answer]
    assert len(answered) == 1


def test_the_structure_of_besancon_has_a_draft_a_message_a_group_and_a_win(loaded):
    rosemont = structure_named(loaded, "Les Chantiers du Rosemont").id
    green = need_titled(loaded, GREEN_SPACES)
    draft = answer_of(loaded, green.id, rosemont)
    assert draft.status == AnswerStatus.DRAFT
    thread = thread_of(loaded, green.id, rosemont)
    assert [message.side for message in thread.messages] == [Side.STRUCTURE, Side.BUYER]
    assert thread.structure_read_at < thread.last_message_at
    won = need_titled(loaded, "Nettoyage des vestiaires de cinq stades")
    assert match_of(loaded, won.id, rosemont).status == MatchStatus.RETAINED
    assert len(sent_answers(loaded, won.id)) == 3
    (outcome,) = outcomes_of(loaded, won.id)
    assert outcome.structure_id == rosemont


def test_three_structures_form_a_group_that_waits_for_the_esat(loaded):
    need = need_titled(loaded, "Entretien et propreté de deux parcs sportifs")
    (group,) = groups_of_need(loaded, need.id)
    assert group.lead.name == "Les Chantiers du Rosemont"
    assert len(need.lots) == 2
    states = {member.structure.name: member.status for member in group.members}
    assert len(states) == 3
    assert states["ESAT Les Ateliers de la Citadelle"] == MemberStatus.INVITED
    assert sum(share.percent for share in group.shares) == 100


def test_a_need_was_put_off_and_says_so(loaded):
    need = need_titled(loaded, "Nettoyage de la médiathèque et de deux maisons de quartier")
    (amendment,) = loaded.scalars(select(NeedAmendment).filter_by(need_id=need.id))
    assert list(amendment.changes) == ["deadline_on"]


def test_an_offer_a_claim_and_a_late_need_wait_at_the_desk_of_besancon(loaded):
    facilitator = user(loaded, "facilitateur@tandem.invalid")
    desks = loaded.scalars(select(DeskMember.desk_id).where(DeskMember.user_id == facilitator.id))
    counts = queue_summary(loaded, desks.all(), facilitator.id, TUESDAY)
    assert (counts.needs, counts.offers, counts.claims, counts.overdue) == (3, 1, 1, 1)


def test_buyers_keep_lists_searches_plans_and_a_draft(loaded):
    buyer = user(loaded, "acheteur@tandem.invalid")
    lists = loaded.scalars(select(FavouriteList).filter_by(owner_id=buyer.id)).all()
    assert [one.organisation_id is not None for one in lists] == [True]
    assert saved_searches_of(loaded, buyer.id)
    assert loaded.scalars(announced(TUESDAY.date())).all()
    drafts = select(func.count()).where(Need.author_id == buyer.id, Need.status == Status.DRAFT)
    assert loaded.scalar(drafts) == 1
    organisation_id = lists[0].organisation_id
    assert len(joining.waiting_requests(loaded, organisations.TEAM, organisation_id)) == 1


def test_nobody_acts_after_today_and_everyone_is_told_at_an_address_that_leads_nowhere(loaded):
    moments = [
        *loaded.scalars(select(MatchMove.moved_at)),
        *loaded.scalars(select(Message.sent_at)),
        *loaded.scalars(select(Enquiry.asked_at)),
    ]
    assert len(moments) > 30
    assert max(moments) < TUESDAY
    addresses = loaded.scalars(select(OutgoingMail.address)).all()
    assert all(address.endswith(".invalid") for address in addresses)
