"""A desk changes whom a need targets, says what to change field by field, and tells its buyer."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.composing import compose
from marketplace.mail import OutgoingMail
from marketplace.moderation import deciding, desks
from marketplace.moderation.adjusting import TARGETING, adjust, write_note
from marketplace.moderation.queries import latest_decision, notes_of
from marketplace.moderation.resembling import resembling
from marketplace.needs.drafting import Answers, ChangedElsewhere, fingerprint
from marketplace.needs.lifecycle import ForbiddenMove
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import BESANCON, CLEANING, GREEN_SPACES, MONDAY, submitted_need


class OnDesk:
    def __init__(self, session: Session, **changes: object) -> None:
        self.desk = people.desk(session, BESANCON)
        self.facilitator: User = people.facilitator(session, self.desk)
        self.organisation = people.organisation(session)
        self.buyer = people.buyer(session, self.organisation.id)
        self.need = self.posted(session, **changes)

    def posted(self, session: Session, **changes: object) -> Need:
        need = submitted_need(session, self.buyer.id, self.organisation.id, **changes)
        desks.receive_need(session, need, MONDAY)
        session.flush()
        return need


@pytest.fixture
def world(session: Session) -> OnDesk:
    return OnDesk(session)


def said(changes: Mapping[str, list[Any]]) -> str:
    return f"Changé : {', '.join(sorted(changes))}"


def adjusted(session: Session, world: OnDesk, answers: Answers, seen: str = "") -> object:
    seen = seen or fingerprint(world.need, TARGETING)
    return adjust(session, world.need.id, world.facilitator.id, answers, seen, said, MONDAY)


def mails(session: Session, world: OnDesk) -> list[OutgoingMail]:
    to_buyer = select(OutgoingMail).where(OutgoingMail.user_id == world.buyer.id)
    return list(session.scalars(to_buyer.order_by(OutgoingMail.id)))


def read(mail: OutgoingMail) -> str:
    return compose(mail.kind, mail.context, "https://tandem.invalid").text


def test_another_targeting_is_written_into_the_need_and_told_with_the_decision(
    session: Session, world: OnDesk
) -> None:
    assert adjusted(session, world, Answers(sectors=[GREEN_SPACES, CLEANING], radius_km=30))
    assert {sector.sector_slug for sector in world.need.sectors} == {CLEANING, GREEN_SPACES}
    [note] = notes_of(session, world.need.id)
    assert note.changes is not None
    assert note.changes["sectors"] == [[GREEN_SPACES], [GREEN_SPACES, CLEANING]]
    assert mails(session, world) == []
    deciding.approve(session, world.need.id, world.facilitator.id, MONDAY)
    [told] = mails(session, world)
    assert told.kind == "moderation/need_published"
    assert note.words in read(told)
    assert note.words in world.need.moves[-1].reason


def test_the_same_targeting_changes_nothing_and_an_old_page_overwrites_nothing(
    session: Session, world: OnDesk
) -> None:
    before = fingerprint(world.need, TARGETING)
    assert adjusted(session, world, Answers(sectors=[GREEN_SPACES])) is None
    assert adjusted(session, world, Answers(sectors=[CLEANING]))
    with pytest.raises(ChangedElsewhere):
        adjusted(session, world, Answers(sectors=[]), before)
    deciding.reject(session, world.need.id, world.facilitator.id, MONDAY, "Non", code="too_vague")
    with pytest.raises(ForbiddenMove):
        adjusted(session, world, Answers(sectors=[]))


def test_the_buyer_is_mailed_what_to_change_in_each_field(session: Session, world: OnDesk) -> None:
    asked = {"description": "Donnez les surfaces.", "title": "Dites où."}
    moderator, need = world.facilitator.id, world.need
    deciding.request_changes(session, need.id, moderator, MONDAY, "Presque prêt.", remarks=asked)
    [told] = mails(session, world)
    words = read(told)
    for part in ("Presque prêt.", "Titre\u00a0: Dites où.", "Description\u00a0: Donnez les"):
        assert part in words
    assert told.context["link"] == f"/besoins/{need.slug}/modifier"
    session.refresh(need, ["moves"])
    assert need.moves[-1].reason.splitlines() == [
        "Presque prêt.",
        "Titre\u00a0: Dites où.",
        "Description\u00a0: Donnez les surfaces.",
    ]
    decision = latest_decision(session, need.id)
    assert decision is not None
    assert {remark.field: remark.words for remark in decision.remarks} == asked


def test_a_need_that_is_not_published_says_why_from_the_list_and_in_words(
    session: Session, world: OnDesk
) -> None:
    moderator = world.facilitator.id
    deciding.reject(session, world.need.id, moderator, MONDAY, "Voyez mars.", code="duplicate")
    [told] = mails(session, world)
    assert "Motif\u00a0: Ce besoin est déjà sur Tandem." in read(told)
    assert "Voyez mars." in read(told)


def test_when_its_author_is_gone_the_colleagues_are_told(session: Session, world: OnDesk) -> None:
    colleague = people.buyer(session, world.organisation.id)
    world.buyer.is_active = False
    session.flush()
    deciding.approve(session, world.need.id, world.facilitator.id, MONDAY)
    written = session.scalars(select(OutgoingMail.user_id)).all()
    assert written == [colleague.id]


def test_a_note_stays_among_facilitators(session: Session, world: OnDesk) -> None:
    write_note(
        session, world.need.id, world.desk.id, world.facilitator.id, "Rappeler la mairie", MONDAY
    )
    deciding.approve(session, world.need.id, world.facilitator.id, MONDAY)
    [told] = mails(session, world)
    assert "Rappeler la mairie" not in read(told)
    assert "Rappeler la mairie" not in world.need.moves[-1].reason


def test_a_need_posted_twice_is_a_likely_duplicate_and_its_kin_is_alike(session: Session) -> None:
    world = OnDesk(session, title="Tonte des trois stades")
    world.posted(session, title="Tonte de trois stades", description="La même, autrement dite.")
    world.posted(session, title="Tonte des pelouses du château")
    world.posted(session, title="Nettoyage des vitres", sectors=(CLEANING,), description="")
    found = resembling(session, world.need, [world.desk.id])
    assert [one.title for one in found.duplicates] == ["Tonte de trois stades"]
    assert [one.title for one in found.similar] == ["Tonte des pelouses du château"]
