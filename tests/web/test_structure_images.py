"""The logo and photos of a structure, chosen by its people and seen by everybody."""

import io
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.files import keeping
from marketplace.structures.picturing import images_of
from marketplace.structures.tables import Structure
from tests.browsing import sign_in, token_of
from tests.factories import market, people
from tests.factories.documents import PDF, image, png_that_says


@pytest.fixture
def structure(session: Session, client: FlaskClient) -> Structure:
    supplier = market.structure(session)
    member = people.structure_member(session, supplier)
    session.commit()
    sign_in(client, member.email)
    session.refresh(supplier)
    return supplier


def send(client: FlaskClient, of: Structure, data: bytes, name: str, **said: str) -> TestResponse:
    address = f"/structures/{of.slug}/images"
    said |= {"csrf_token": token_of(client.get(address))}
    fields = {**said, "image": (BytesIO(data), name)}
    return client.post(address, data=fields, follow_redirects=True)


def shown(session: Session, of: Structure) -> list[tuple[bool, str, str]]:
    session.rollback()
    return [(row.is_logo, row.alt, row.file.key) for row in images_of(session, of.id)]


def test_a_logo_and_a_photo_are_shown_on_the_page_of_the_structure(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    page = send(client, structure, image("PNG", 900, 300), "logo.png", what="logo")
    assert "Votre logo est affiché sur votre fiche." in page.text
    page = send(
        client, structure, image("JPEG", 3200, 1600), "a.jpg", what="photo", alt="L'atelier"
    )
    assert "Votre photo est affichée sur votre fiche." in page.text
    (is_logo, _, logo), (_, alt, photo) = shown(session, structure)
    assert (is_logo, alt) == (True, "L'atelier")

    visitor = client.application.test_client()
    page = visitor.get(f"/structures/{structure.slug}")
    for key, told in ((logo, "Logo de Les Jardins d&#39;essai"), (photo, "L&#39;atelier")):
        assert f'src="/structures/{structure.slug}/images/{key}"' in page.text
        assert f'alt="{told}"' in page.text
    answer = visitor.get(f"/structures/{structure.slug}/images/{photo}")
    assert answer.mimetype == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.data)) as drawn:
        assert drawn.size == (1600, 800)


def test_a_new_logo_takes_the_place_of_the_former_one(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    send(client, structure, image(), "logo.png", what="logo")
    (former,) = shown(session, structure)
    send(client, structure, image("JPEG"), "logo.jpg", what="logo")
    (present,) = shown(session, structure)
    assert former[2] != present[2]
    kept = {key for key, _ in keeping.store().kept()}
    assert present[2] in kept
    assert former[2] not in kept


def test_what_is_no_sound_picture_is_refused_beside_the_field(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    lies = image("JPEG")[:-300]
    for data, name, sentence in (
        (PDF, "a.png", "Ce fichier n&#39;est pas dans un format accepté : PNG ou JPEG"),
        (b"<svg onload='alert(1)'/>", "a.png", "Ce fichier n&#39;est pas dans un format accepté"),
        (png_that_says(40_000, 40_000), "a.png", "Cette image est trop grande"),
        (png_that_says(9_000, 9_000), "a.png", "50 millions de pixels au plus"),
        (png_that_says(9, 9), "a.png", "Ce fichier est abîmé ou incomplet"),
        (lies, "a.jpg", "Ce fichier est abîmé ou incomplet"),
        (b"", "", "Choisissez une image"),
    ):
        page = send(client, structure, data, name, what="photo", alt="L'atelier")
        assert page.status_code == 422, name
        assert page.text.count(sentence) == 2, sentence
        assert 'value="L&#39;atelier"' in page.text
    assert shown(session, structure) == []


def test_a_photo_has_words_for_those_who_do_not_see_it(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    page = send(client, structure, image(), "a.png", what="photo")
    assert page.text.count("Décrivez la photo pour les personnes qui ne la voient pas") == 2
    assert shown(session, structure) == []


def test_a_seventh_photo_is_refused(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    for number in range(6):
        send(client, structure, image(), "a.png", what="photo", alt=f"Photo {number}")
    page = send(client, structure, image(), "a.png", what="photo", alt="Une de trop")
    assert page.text.count("montre déjà 6 photos") == 2
    assert len(shown(session, structure)) == 6


def test_an_image_is_taken_away_and_a_closed_structure_shows_none(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    for alt in ("Une", "Deux"):
        send(client, structure, image(), "a.png", what="photo", alt=alt)
    (_, _, first), (_, _, second) = shown(session, structure)
    token = token_of(client.get(f"/structures/{structure.slug}/images"))
    at = f"/structures/{structure.slug}/images"
    page = client.post(f"{at}/{first}/retirer", data={"csrf_token": token}, follow_redirects=True)
    assert "L&#39;image est retirée." in page.text
    assert client.get(f"{at}/{first}").status_code == 404
    assert client.get(f"{at}/{second}").status_code == 200
    session.get_one(Structure, structure.id).is_active = False
    session.commit()
    assert client.get(f"{at}/{second}").status_code == 404
