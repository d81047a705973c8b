"""A structure's offers, without JavaScript."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.moderation.first_offers import decide_offer
from marketplace.needs.lifecycle import Status
from marketplace.offers.drafting import draft_of
from marketplace.offers.lifecycle import Move
from marketplace.offers.tables import CoverageType, Offer, OfferStatus
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from tests.browsing import send, sign_in, token_of
from tests.factories import market, people
from tests.factories.market import GREEN_SPACES

MOWING: dict[str, Any] = {
    "title": "Tonte des pelouses",
    "description": "Deux équipes de quatre personnes.",
    "sectors": [GREEN_SPACES],
    "service_types": ["PREST"],
    "coverage_type": "radius",
    "radius_km": "40",
    "amount_min": "1 500 €",
    "amount_max": "25\u00a0000",
    "lead_time_days": "15",
    "hours_a_week": "140",
    "environmental_tags": ["biodiversite"],
}
CREATE = "nouvelle"


@pytest.fixture
def structure(session: Session, client: FlaskClient) -> Structure:
    """Of somebody who is signed in."""
    row = market.structure(session, kind=Kind.ETTI)
    member = people.structure_member(session, row)
    session.commit()
    sign_in(client, member.email)
    return row


def told(
    client: FlaskClient, structure: Structure, page: str = CREATE, **changes: Any
) -> TestResponse:
    said = {"go": "send", **MOWING, **changes}
    if "add" in said:
        del said["go"]
    return send(client, f"/structures/{structure.slug}/offres/{page}", **said)


def stored(session: Session) -> Offer:
    session.rollback()
    return session.scalars(select(Offer)).one()


def test_an_offer_is_kept_as_it_was_typed_and_sent_to_its_desk(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    page = told(client, structure)
    assert "Votre offre est envoyée" in page.text
    offer = stored(session)
    said = draft_of(offer)
    assert offer.status == OfferStatus.SUBMITTED
    assert (said.amount_min, said.amount_max, said.lead_time_days) == (1_500, 25_000, 15)
    assert (said.radius_km, said.hours_a_week) == (40, 140)
    assert said.environmental_tags == ("biodiversite",)
    again = client.get(f"/structures/{structure.slug}/offres/{offer.id}/modifier")
    assert again.status_code == 302  # it waits: nobody changes it under the facilitator's eyes


def test_a_draft_may_lack_everything_but_a_title(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    page = told(client, structure, go="draft", sectors=[], service_types=[], radius_km="")
    assert "Votre brouillon est enregistré" in page.text
    offer = stored(session)
    assert (offer.status, offer.radius_km) == (OfferStatus.DRAFT, None)
    page = client.get(f"/structures/{structure.slug}/offres")
    assert "Brouillon" in page.text
    page = told(client, structure, f"{offer.id}/modifier")
    assert "Votre offre est envoyée" in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"title": "\x00\u202e  x"}, "de 5 à 200 caractères"),
        ({"title": "x" * 100_000}, "de 5 à 200 caractères"),
        ({"description": "é" * 100_000}, "dépasse 10 000 caractères"),
        ({"sectors": []}, "Cochez au moins un secteur"),
        ({"service_types": []}, "Cochez au moins un type de prestation"),
        ({"radius_km": "0"}, "de 1 à 500"),
        ({"radius_km": "20000"}, "de 1 à 500"),
        ({"radius_km": ""}, "de 1 à 500"),
        ({"coverage_type": "zones", "zones": ""}, "Donnez au moins un territoire"),
        ({"coverage_type": "zones", "zones": "Doubs ; Zzz"}, "Territoire introuvable"),
        ({"coverage_type": "zones", "zones": "Dole ; " * 5_000}, "Au plus 1\u00a0000 territoires"),
        ({"coverage_type": ""}, "Dites où vous intervenez"),
        ({"amount_min": "30000"}, "au-dessus du minimal"),
        ({"amount_min": "-5"}, "Donnez un montant en euros"),
        ({"amount_max": "9" * 60}, "Donnez un montant en euros"),
        ({"lead_time_days": "10000"}, "de 0 à 730"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(
    session: Session,
    client: FlaskClient,
    structure: Structure,
    changes: dict[str, Any],
    sentence: str,
) -> None:
    page = told(client, structure, **changes)
    assert page.status_code == 422
    assert sentence in page.text.replace("&#39;", "'").replace("&nbsp;", "\u00a0")
    assert "Deux équipes de quatre personnes." in page.text or "description" in changes
    assert session.scalars(select(Offer)).all() == []


def test_nine_hundred_communes_are_taken(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    many = Gazetteer.shipped().communes_in("25")[:500] + Gazetteer.shipped().communes_in("39")[:400]
    zones = "\n".join(commune.code for commune in many)
    page = told(client, structure, coverage_type="zones", zones=zones)
    assert "Votre offre est envoyée" in page.text
    offer = stored(session)
    assert (offer.coverage_type, len(offer.zones)) == (CoverageType.ZONES, len(many))


def test_a_territory_is_added_to_the_list_without_javascript(
    client: FlaskClient, structure: Structure
) -> None:
    ask = {"add": "zone", "coverage_type": "zones", "zones": "Doubs"}
    page = told(client, structure, zone="dole", **ask)
    assert "Doubs\u00a0; Dole (39)" in page.text
    page = told(client, structure, zone="zzzzz", **ask)
    assert page.status_code == 422
    assert "Territoire introuvable" in page.text


def test_what_stands_beside_the_form_follows_it(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    town = people.organisation(session)
    need = market.submitted_need(session, people.buyer(session, town.id).id, town.id)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    at = f"/structures/{structure.slug}/offres"
    token = token_of(client.get(f"{at}/{CREATE}"))
    page = client.post(f"{at}/apercu", data=MOWING | {"csrf_token": token})
    assert page.status_code == 200
    assert "1 besoin ouvert" in page.text
    assert need.title in page.text
    assert "met d&#39;ordinaire du personnel à disposition" in page.text
    assert "Création et entretien des espaces verts" in page.text
    nothing = client.post(f"{at}/apercu", data={"csrf_token": token, "title": "\x00"})
    assert "Donnez un titre ou un secteur" in nothing.text
    assert session.scalars(select(Offer)).all() == []


def test_a_published_offer_is_changed_paused_resumed_copied_and_archived(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    told(client, structure)
    offer_id = stored(session).id
    desk_person = people.user(session).id
    decide_offer(session, offer_id, desk_person, Move.APPROVE, "", clock.now(), "")
    session.commit()
    at = f"/structures/{structure.slug}/offres"

    page = told(client, structure, f"{offer_id}/modifier", title="Tonte et haies")
    assert "Vos changements sont enregistrés" in page.text
    for move, status in (
        ("pause", OfferStatus.PAUSED),
        ("approve", OfferStatus.PAUSED),  # nobody asks that here
        ("resume", OfferStatus.PUBLISHED),
        ("confirm", OfferStatus.PUBLISHED),
        ("archive", OfferStatus.ARCHIVED),
    ):
        token = token_of(client.get(at))
        client.post(f"{at}/{offer_id}/etape", data={"csrf_token": token, "move": move})
        assert stored(session).status == status, move
    token = token_of(client.get(at))
    page = client.post(f"{at}/{offer_id}/copier", data={"csrf_token": token}, follow_redirects=True)
    assert "Tonte et haies (copie)" in page.text
    assert "Archivée" in client.get(f"{at}/{offer_id}").text


def test_the_offers_of_another_structure_are_not_there(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    other = market.structure(session, "Les autres")
    foreign = market.offer(session, other)
    session.commit()
    assert client.get(f"/structures/{other.slug}/offres").status_code == 404
    assert client.get(f"/structures/{structure.slug}/offres/{foreign.id}").status_code == 404
