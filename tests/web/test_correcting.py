"""A buyer corrects a need that waits for its desk, which reads the correction before it decides."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.jobs import Job
from marketplace.mail import OutgoingMail
from marketplace.moderation import deciding, desks
from marketplace.moderation.tables import Decision
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, NeedAmendment
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import BESANCON, CLEANING, GREEN_SPACES, submitted_need


@pytest.fixture
def facilitator(session: Session) -> User:
    return people.facilitator(session, people.desk(session, BESANCON))


def waiting(session: Session, **changes: object) -> Need:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    need = submitted_need(session, buyer.id, town.id, **changes)
    desks.receive_need(session, need, clock.now())
    session.commit()
    return need


def shown_change(client: FlaskClient, need: Need, part: str, **said: object) -> dict[str, str]:
    """What the page that shows a change would send when it is confirmed."""
    address = f"/besoins/{need.slug}/amender/{part}"
    asked = client.post(address, data=hidden_of(client.get(address)) | said | {"go": "see"})
    assert asked.status_code == 200
    assert "Le guichet relit ce besoin" in asked.text
    return hidden_of(asked) | {"go": "confirm"}


def what_of(need: Need, title: str) -> dict[str, object]:
    return {"title": title, "description": need.description, "sectors": [GREEN_SPACES]}


def test_a_need_that_waits_is_corrected_and_only_its_desk_learns_it(
    session: Session,
    client: FlaskClient,
    facilitator: User,
    asked_jobs: list[tuple[Job, dict[str, object]]],
) -> None:
    need = waiting(session, questions=("Quels délais ?",))
    sign_in(client, need.author.email)
    assert f"/besoins/{need.slug}/amender" in client.get(f"/besoins/{need.slug}/envoye").text
    page = client.get(f"/besoins/{need.slug}").text
    assert f"/besoins/{need.slug}/amender" in page
    door = client.get(f"/besoins/{need.slug}/amender").text
    assert "Corriger un besoin envoyé" in door
    assert "/prolonger" not in door
    kept = shown_change(client, need, "quoi", **what_of(need, "Tonte du stade Léo-Lagrange"))
    address = f"/besoins/{need.slug}/amender/quoi"
    done = client.post(address, data=kept, follow_redirects=True).text
    assert "Le guichet le relit tel qu&#39;il est maintenant" in done
    session.expire_all()
    assert need.title == "Tonte du stade Léo-Lagrange"
    assert need.status == Status.SUBMITTED
    assert need.amended_at is None
    told = select(OutgoingMail).where(OutgoingMail.kind.like("needs/%"))
    assert session.scalars(told).all() == []
    assert Job.SHORTLIST_NEED not in [job for job, _ in asked_jobs]
    client.delete_cookie("session")
    sign_in(client, facilitator.email)
    desk = client.get(f"/guichet/besoins/{need.slug}").text
    assert "<del>Entretien des espaces verts</del>" in desk
    fill(client, f"/guichet/besoins/{need.slug}", move="approve")
    session.expire_all()
    assert need.status == Status.PUBLISHED
    assert "<del>" not in client.get(f"/besoins/{need.slug}").text


def test_no_structure_counts_on_its_deadline_nor_on_its_questions_yet(
    session: Session, client: FlaskClient
) -> None:
    need = waiting(session, questions=("Quels délais ?",))
    people.desk(session, BESANCON)
    sooner = clock.today() + timedelta(days=5)
    sign_in(client, need.author.email)
    place = {"place_type": "point", "commune": "Besançon (25)", "radius_km": "30"}
    said = place | {"deadline_on": sooner.strftime("%d/%m/%Y")}
    for part, fields in (
        ("ou-et-quand", said),
        ("comment", {"reserved_for": "any", "questions": "Quel prix ?", "here": "y"}),
    ):
        kept = shown_change(client, need, part, **fields)
        client.post(f"/besoins/{need.slug}/amender/{part}", data=kept)
    session.expire_all()
    assert need.deadline_on == sooner
    assert [one.words for one in need.questions] == ["Quel prix ?"]


def test_a_decision_taken_meanwhile_is_said_and_nothing_is_written_over_it(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting(session)
    sign_in(client, need.author.email)
    kept = shown_change(client, need, "quoi", **what_of(need, "Tonte du stade"))
    deciding.approve(session, need.id, facilitator.id, clock.now())
    session.commit()
    address = f"/besoins/{need.slug}/amender/quoi"
    page = client.post(address, data=kept, follow_redirects=True).text
    assert "Le guichet vient de décider de ce besoin" in page
    session.expire_all()
    assert need.title == "Entretien des espaces verts"
    assert session.scalars(select(NeedAmendment)).all() == []


def test_a_desk_that_did_not_see_the_correction_reads_it_before_its_decision_counts(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting(session)
    sign_in(client, facilitator.email)
    address = f"/guichet/besoins/{need.slug}"
    decision = hidden_of(client.get(address)) | {"move": "approve", "reason": "Très clair"}
    buyer = type(client)(client.application, client.response_wrapper)
    sign_in(buyer, need.author.email)
    kept = shown_change(buyer, need, "quoi", **what_of(need, "Tonte du stade"))
    buyer.post(f"/besoins/{need.slug}/amender/quoi", data=kept)
    again = client.post(address, data=decision)
    assert again.status_code == 409
    assert "vient de corriger ce besoin" in again.text
    assert "<ins>Tonte du stade</ins>" in again.text
    assert "Très clair" in again.text
    assert session.scalars(select(Decision)).all() == []
    client.post(address, data=decision | {"corrected": hidden_of(again)["corrected"]})
    session.expire_all()
    assert need.status == Status.PUBLISHED


def test_a_lot_is_corrected_and_another_added_before_the_decision(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    need = waiting(session, lots=(LotDraft("Tonte", sectors=(GREEN_SPACES,)),))
    sign_in(client, need.author.email)
    lot = need.lots[0]
    kept = shown_change(
        client, need, f"lots/{lot.id}", title="Tonte et taille", sectors=[GREEN_SPACES]
    )
    client.post(f"/besoins/{need.slug}/amender/lots/{lot.id}", data=kept)
    kept = shown_change(client, need, "lots/ajouter", title="Ménage", sectors=[CLEANING])
    client.post(f"/besoins/{need.slug}/amender/lots/ajouter", data=kept)
    session.expire_all()
    assert [one.title for one in need.lots] == ["Tonte et taille", "Ménage"]
    address = f"/besoins/{need.slug}/amender/lots/{lot.id}"
    asked = shown_change(client, need, f"lots/{lot.id}", title="Autre", sectors=[GREEN_SPACES])
    deciding.reject(session, need.id, facilitator.id, clock.now(), "Ailleurs")
    session.commit()
    page = client.post(address, data=asked, follow_redirects=True).text
    assert "Le guichet vient de décider" in page
    session.expire_all()
    assert need.lots[0].title == "Tonte et taille"
