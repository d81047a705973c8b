"""A facilitator adjusts whom one lot of a need targets, from the need's own screen."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.moderation import desks
from marketplace.moderation.tables import DeskNote
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, PlaceType
from tests.browsing import hidden_of, sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    GREEN_SPACES,
    MARSEILLE,
    offer,
    structure,
    submitted_need,
)
from tests.stepping import main_of

LOTS = (
    LotDraft("Tonte des stades", sectors=(GREEN_SPACES,)),
    LotDraft("Nettoyage des vestiaires", sectors=(CLEANING,)),
)


@pytest.fixture
def need(session: Session, client: FlaskClient) -> Need:
    """Waits on a desk; only the south could clean."""
    gardeners, cleaners = structure(session, "Les Haies"), structure(session, "Sud", MARSEILLE)
    offer(session, gardeners, GREEN_SPACES)
    offer(session, cleaners, CLEANING)
    desk = people.desk(session, BESANCON)
    facilitator = people.facilitator(session, desk)
    town = people.organisation(session)
    author = people.buyer(session, town.id).id
    waiting = submitted_need(session, author, town.id, sectors=(), lots=LOTS)
    desks.receive_need(session, waiting, clock.now())
    session.commit()
    sign_in(client, facilitator.email)
    return waiting


def test_the_effect_on_one_lot_is_seen_first_then_written_into_it_alone(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = client.get(f"/guichet/besoins/{need.slug}?lot=2")
    assert "Ajuster le lot 1" in main_of(page)
    address = f"/guichet/besoins/{need.slug}/lots/{need.lots[1].id}/ciblage"
    seen = hidden_of(page)
    said = {
        "csrf_token": seen["csrf_token"],
        "lot2-seen": seen["lot2-seen"],
        "lot2-sectors": [CLEANING],
        "lot2-where": "Marseille (13)",
        "lot2-radius_km": "40",
    }
    live = client.post(address, data=said, headers={"HX-Request": "true"})
    count = main_of(live).partition('id="lot-2-compte"')[2]
    assert "1 structure peut répondre, dont 1 à moins de 20 km" in count
    preview = main_of(client.post(address, data=said | {"go": "preview"}))
    assert "Rien n'est encore changé dans le besoin" in preview
    session.expire_all()
    assert need.lots[1].place_type is None
    wrong = client.post(address, data=said | {"lot2-where": "Atlantide", "go": "apply"})
    assert wrong.status_code == 422
    assert "Territoire introuvable" in main_of(wrong)

    applied = client.post(address, data=said | {"go": "apply"}, follow_redirects=True)
    assert "Ciblage ajusté" in main_of(applied)
    session.expire_all()
    lot = need.lots[1]
    assert (lot.place_type, lot.commune_code, lot.radius_km) == (PlaceType.POINT, MARSEILLE, 40)
    assert (need.commune_code, need.lots[0].place_type) == (BESANCON, None)
    words = session.scalars(select(DeskNote)).one().words
    assert words.startswith("Lot 2, lieu")
    late = client.post(
        address,
        data=said | {"lot2-where": "", "lot2-radius_km": "", "go": "apply"},
        follow_redirects=True,
    )
    assert "Un collègue a changé le ciblage entre-temps" in main_of(late)


@pytest.mark.parametrize("words", ["\0", "🙂", "\u202e", "-1", "9" * 30, "x" * 100_000])
def test_whatever_is_typed_is_answered_in_french(
    session: Session, client: FlaskClient, need: Need, words: str
) -> None:
    token = hidden_of(client.get(f"/guichet/besoins/{need.slug}"))["csrf_token"]
    address = f"/guichet/besoins/{need.slug}/lots/{need.lots[1].id}/ciblage"
    said = {"lot2-where": words, "lot2-radius_km": words, "lot2-sectors": words, "go": "apply"}
    page = client.post(address, data={"csrf_token": token} | said, follow_redirects=True)
    assert page.status_code in (200, 422)
    foreign = f"/guichet/besoins/{need.slug}/lots/999999/ciblage"
    assert client.post(foreign, data={"csrf_token": token}).status_code == 404


def test_who_nearly_answers_a_lot_is_shown_with_that_lot(
    session: Session, client: FlaskClient, need: Need
) -> None:
    """From Dijon, 10 km short of where the cleaning is."""
    offer(session, structure(session, "La Brosse", DIJON), CLEANING, radius_km=65)
    session.commit()
    page = main_of(client.get(f"/guichet/besoins/{need.slug}"))
    assert "Lot 2 · Nettoyage des vestiaires : " in page.replace("\u00a0", " ")
