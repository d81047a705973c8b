"""Only the leads of a desk and administrators choose its people, whichever page asks."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from marketplace.accounts.inviting import DeadInvitation, open_invitation
from marketplace.mail import OutgoingMail
from marketplace.moderation import arranging, desks, staffing
from marketplace.moderation.staffing import NotAMember, NotLead
from marketplace.moderation.tables import Desk, DeskMember, DeskRole, QueueEntry
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, structure, submitted_need


@pytest.fixture
def desk(session: Session) -> Desk:
    return people.desk(session, BESANCON)


def invited(session: Session, desk: Desk, address: str, role: DeskRole, by_id: int) -> str:
    staffing.invite(session, desk.id, address, role, by_id, MONDAY, "")
    mail = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
    assert mail is not None
    return str(mail.context["link"].rsplit("/", 1)[1])


def test_neither_a_facilitator_nor_the_lead_of_another_desk_chooses(
    session: Session, desk: Desk
) -> None:
    person = people.facilitator(session, desk)
    stranger = people.lead(session, people.desk(session, "13", name="Ailleurs"))
    for by in (person, stranger):
        with pytest.raises(NotLead):
            staffing.invite(session, desk.id, "a@b.fr", DeskRole.LEAD, by.id, MONDAY, "")
        with pytest.raises(NotLead):
            staffing.change_role(session, desk.id, person.id, DeskRole.LEAD, by.id, "")
        with pytest.raises(NotLead):
            staffing.remove(session, desk.id, person.id, by.id, MONDAY, "")
        with pytest.raises(NotLead):
            staffing.take_back_invitation(session, desk.id, 1, by.id, MONDAY, "")


def test_a_lead_changes_only_the_people_of_its_own_desk(session: Session, desk: Desk) -> None:
    lead = people.lead(session, desk)
    stranger = people.facilitator(session, people.desk(session, "13", name="Ailleurs"))
    with pytest.raises(NotAMember):
        staffing.change_role(session, desk.id, stranger.id, DeskRole.LEAD, lead.id, "")


def test_who_leaves_takes_the_invitations_it_sent_away(session: Session, desk: Desk) -> None:
    lead, other = people.lead(session, desk), people.lead(session, desk)
    token = invited(session, desk, "a@exemple.invalid", DeskRole.LEAD, lead.id)
    staffing.remove(session, desk.id, lead.id, other.id, MONDAY, "")
    with pytest.raises(DeadInvitation):
        open_invitation(session, token, MONDAY)


def test_an_invitation_to_a_desk_that_is_closed_since_opens_nothing(
    session: Session, desk: Desk
) -> None:
    lead = people.lead(session, desk)
    person = people.user(session)
    token = invited(session, desk, person.email, DeskRole.FACILITATOR, lead.id)
    invitation = open_invitation(session, token, MONDAY)
    arranging.close_desk(session, desk.id, lead.id, MONDAY, "")
    with pytest.raises(DeadInvitation):
        open_invitation(session, token, MONDAY)
    with pytest.raises(NoResultFound):
        staffing.join(session, invitation, person.id, MONDAY, "")
    assert session.scalars(select(DeskMember).filter_by(desk_id=desk.id)).all() == []


def test_what_waits_where_nobody_works_goes_to_the_next_desk_with_its_due_time(
    session: Session, desk: Desk
) -> None:
    person = people.facilitator(session, desk)
    region = people.desk(session, "R27", name="Région")
    people.facilitator(session, region)
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    entry = desks.receive_need(session, need, MONDAY)
    due_at = entry.due_at
    session.flush()
    assert desks.hand_on_unstaffed(session) == 0
    person.is_active = False
    session.flush()
    assert desks.hand_on_unstaffed(session) == 1
    assert (entry.desk, entry.due_at) == (region, due_at)
    assert desks.hand_on_unstaffed(session) == 0
    assert session.scalars(select(QueueEntry)).all() == [entry]


def test_a_structure_is_looked_after_where_it_is_seated(session: Session, desk: Desk) -> None:
    people.facilitator(session, desk)
    here = structure(session)
    assert desks.desk_for_structure(session, here) is desk
    here.commune_code = None
    assert desks.desk_for_structure(session, here).is_national
