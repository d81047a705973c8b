"""A structure sees the needs that fit it, and why."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.matching.shortlisting import shortlist_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import MARSEILLE, offer, structure, submitted_need


def ranked_need(session: Session) -> Need:
    organisation = people.organisation(session)
    need = submitted_need(session, people.buyer(session, organisation.id).id, organisation.id)
    need.status = Status.PUBLISHED
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    return need


def test_its_needs_come_with_the_reasons_here_and_on_their_own_page(
    session: Session, client: FlaskClient
) -> None:
    here = structure(session)
    offer(session, here)
    member = people.structure_member(session, here)
    need = ranked_need(session)
    sign_in(client, member.email)
    for address in ("/besoins-pour-vous", f"/besoins/{need.slug}"):
        page = client.get(address).text
        assert need.title in page
        assert "Même secteur" in page
        assert "vous intervenez" in page
    assert "Structures classées" not in client.get(f"/besoins/{need.slug}").text


def test_another_structure_sees_neither_the_need_among_its_own_nor_reasons(
    session: Session, client: FlaskClient
) -> None:
    offer(session, structure(session))
    far = structure(session, "Calanques Insertion", MARSEILLE)
    offer(session, far)
    member = people.structure_member(session, far)
    need = ranked_need(session)
    sign_in(client, member.email)
    assert "Aucun besoin ouvert ne correspond" in client.get("/besoins-pour-vous").text
    assert "Même secteur" not in client.get(f"/besoins/{need.slug}").text


def test_a_buyer_has_no_suggestions(session: Session, client: FlaskClient) -> None:
    email = people.buyer(session).email
    session.commit()
    sign_in(client, email)
    assert client.get("/besoins-pour-vous").status_code == 403
