"""Files joined to a need by its buyer, and downloaded by those who may see it."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.files import keeping
from marketplace.files.contents import MB
from marketplace.files.tables import StoredFile
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedAmendment, NeedFile, PlaceType
from tests.browsing import fill, sign_in, token_of
from tests.factories import documents, people
from tests.factories.documents import PDF
from tests.factories.market import draft, in_three_weeks, offer, structure


@pytest.fixture
def need(session: Session, client: FlaskClient) -> Need:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    whole = {"place_type": PlaceType.COUNTRY, "deadline_on": in_three_weeks()}
    begun = draft(session, buyer.id, town.id, **whole)
    session.commit()
    sign_in(client, buyer.email)
    session.refresh(begun)
    return begun


def join(client: FlaskClient, need: Need, *files: tuple[bytes, str]) -> TestResponse:
    page = client.get(address := f"/besoins/{need.slug}/fichiers")
    sent = [(BytesIO(data), name) for data, name in files]
    said = {"csrf_token": token_of(page), "files": sent}
    return client.post(address, data=said, follow_redirects=True)


def joined_to(session: Session, need: Need) -> list[StoredFile]:
    session.rollback()
    asked = select(StoredFile).join(NeedFile).where(NeedFile.need_id == need.id)
    found = list(session.scalars(asked.order_by(StoredFile.id)))
    session.expunge_all()  # as they are now, whatever the server does next
    return found


def test_a_file_is_joined_downloaded_and_taken_away(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = client.get(f"/besoins/{need.slug}/fichiers")
    assert "Aucun fichier pour le moment" in page.text
    page = join(client, need, (PDF, "Plan d'été <2026>.pdf"))
    assert "Votre fichier est joint." in page.text
    (file,) = joined_to(session, need)
    assert file.name == "Plan d'été -2026-.pdf"
    href = f"/fichiers/{file.key}/Plan%20d&#39;%C3%A9t%C3%A9%20-2026-.pdf"
    assert href in page.text

    answer = client.get(f"/fichiers/{file.key}/{file.name}")
    assert answer.data == PDF
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"/fichiers/{file.key}/autre.pdf").status_code == 404

    token = token_of(client.get(f"/besoins/{need.slug}/fichiers"))
    remove = f"/besoins/{need.slug}/fichiers/{file.key}/retirer"
    page = client.post(remove, data={"csrf_token": token}, follow_redirects=True)
    assert "Le fichier est retiré." in page.text
    assert joined_to(session, need) == []
    assert client.get(f"/fichiers/{file.key}/{file.name}").status_code == 404
    assert client.post(remove, data={"csrf_token": token}).status_code == 404


def test_what_is_sound_is_joined_beside_what_is_refused(
    session: Session, client: FlaskClient, need: Need
) -> None:
    bomb = documents.open_xml(documents.Format.DOCX, image=b"\0" * (101 * MB))
    page = join(
        client,
        need,
        (PDF, "cahier.pdf"),
        (b"MZ\x90", "virus.pdf"),
        (b"", "vide.pdf"),
        (bomb, "bombe.docx"),
        (documents.png_that_says(40_000, 40_000), "plan.png"),
    )
    assert page.status_code == 422
    for sentence in (
        "« virus.pdf » : ce fichier n&#39;est pas dans un format accepté",
        "« vide.pdf » : ce fichier est vide.",
        "« bombe.docx » : ce fichier contient trop de données compressées",
        "« plan.png » : cette image est trop grande",
    ):
        assert page.text.count(sentence) == 2, sentence  # beside the field, and in the summary
    assert [file.name for file in joined_to(session, need)] == ["cahier.pdf"]


def test_nothing_chosen_is_told(client: FlaskClient, need: Need) -> None:
    for files in ((), ((b"", ""),)):
        page = join(client, need, *files)
        assert page.status_code == 422
        assert page.text.count("Choisissez un fichier à joindre") == 2


def test_a_sixth_file_is_refused_and_the_five_stay(
    app: Flask, session: Session, client: FlaskClient, need: Need
) -> None:
    before = set(keeping.store().kept())
    page = join(client, need, *[(PDF, f"{number}.pdf") for number in range(6)])
    assert page.status_code == 422
    assert "« 5.pdf » : un besoin a 5 fichiers au plus" in page.text
    assert len(joined_to(session, need)) == 5
    assert len(set(keeping.store().kept()) - before) == 5
    page = client.get(f"/besoins/{need.slug}/fichiers")
    assert "Ce besoin a 5 fichiers" in page.text


def test_a_file_of_eleven_megabytes_is_explained_beside_the_field(
    client: FlaskClient, need: Need
) -> None:
    page = join(client, need, (PDF[:9] + b"0" * (11 * MB) + PDF[9:], "lourd.pdf"))
    assert page.status_code == 422
    assert "« lourd.pdf » : ce fichier fait 11\u00a0Mo" in page.text.replace("&nbsp;", "\u00a0")


def test_a_sending_beyond_five_files_of_ten_megabytes_is_cut(
    client: FlaskClient, need: Need
) -> None:
    token = token_of(client.get(address := f"/besoins/{need.slug}/fichiers"))
    said = {"csrf_token": token, "files": [(BytesIO(b"0" * (53 * MB)), "lourd.pdf")]}
    assert client.post(address, data=said).status_code == 413
    assert client.post("/connexion", data={"email": "x" * (13 * MB)}).status_code == 413


def test_the_files_of_a_need_that_left_its_buyer_are_what_they_were(
    session: Session, client: FlaskClient, need: Need
) -> None:
    join(client, need, (PDF, "cahier.pdf"))
    (file,) = joined_to(session, need)
    page = client.get(f"/besoins/{need.slug}/fichiers")
    session.get_one(Need, need.id).status = Status.WITHDRAWN
    session.commit()
    said = {"csrf_token": token_of(page), "files": [(BytesIO(PDF), "autre.pdf")]}
    for path in (
        f"/besoins/{need.slug}/fichiers",
        f"/besoins/{need.slug}/fichiers/{file.key}/retirer",
    ):
        client.post(
            path, data=said if path.endswith("fichiers") else {"csrf_token": token_of(page)}
        )
    assert [one.name for one in joined_to(session, need)] == ["cahier.pdf"]


def test_a_draft_that_is_thrown_away_takes_its_files_along(
    session: Session, client: FlaskClient, need: Need
) -> None:
    join(client, need, (PDF, "cahier.pdf"))
    (file,) = joined_to(session, need)
    href = f"/fichiers/{file.key}/{file.name}"
    page = client.get(f"/besoins/{need.slug}/supprimer")
    client.post(f"/besoins/{need.slug}/supprimer", data={"csrf_token": token_of(page)})
    assert joined_to(session, need) == []
    assert client.get(href).status_code == 404


def test_bytes_that_the_store_lost_are_not_found_rather_than_an_error(
    session: Session, client: FlaskClient, need: Need
) -> None:
    join(client, need, (PDF, "cahier.pdf"))
    (file,) = joined_to(session, need)
    keeping.store().delete(file.key)
    assert client.get(f"/fichiers/{file.key}/{file.name}").status_code == 404


def test_the_files_of_an_open_need_change_as_an_amendment(
    session: Session, client: FlaskClient, need: Need
) -> None:
    session.get_one(Need, need.id).status = Status.PUBLISHED
    session.commit()
    join(client, need, (PDF, "plan.pdf"))
    session.rollback()
    (amendment,) = session.scalars(select(NeedAmendment)).all()
    assert amendment.changes == {"files": [[], ["plan.pdf"]]}
    page = client.get(f"/besoins/{need.slug}").text
    assert page.count("plan.pdf") >= 2
    assert "Fichiers joints" in page


def test_files_that_come_together_are_told_once_and_a_copy_takes_them_along(
    session: Session, client: FlaskClient, need: Need
) -> None:
    supplier = structure(session)
    member = people.structure_member(session, supplier)
    offer_id = offer(session, supplier).id
    session.get_one(Need, need.id).status = Status.PUBLISHED
    match = Match(
        need_id=need.id,
        structure_id=supplier.id,
        offer_id=offer_id,
        rank=1,
        score=0.5,
        parts={},
        reasons=[],
        status=MatchStatus.NOTIFIED,
        first_matched_at=clock.now(),
    )
    session.add(match)
    session.commit()
    page = join(client, need, (PDF, "plan.pdf"), (b"", "vide.pdf"), (PDF, "cahier.pdf"))
    assert page.status_code == 422
    mails = select(OutgoingMail).where(OutgoingMail.kind == "needs/amended")
    session.rollback()
    (told,) = session.scalars(mails).all()
    assert told.address == member.email
    (change,) = told.context["changes"]
    assert (change["label"], change["after"]) == ("Fichiers joints", "plan.pdf, cahier.pdf")

    fill(client, f"/besoins/{need.slug}/dupliquer")
    session.rollback()
    kept, slug = need.id, session.scalars(select(Need.slug).where(Need.id != need.id)).one()
    originals = joined_to(session, session.get_one(Need, kept))
    copy = session.scalars(select(Need).where(Need.slug == slug)).one()
    copies = joined_to(session, copy)
    assert [one.name for one in copies] == ["plan.pdf", "cahier.pdf"]
    assert [one.sha256 for one in copies] == [one.sha256 for one in originals]
    assert {one.key for one in copies}.isdisjoint(one.key for one in originals)
    token = token_of(client.get(f"/besoins/{slug}/fichiers"))
    gone = f"/besoins/{slug}/fichiers/{copies[0].key}/retirer"
    client.post(gone, data={"csrf_token": token})
    first = originals[0]
    assert client.get(f"/fichiers/{first.key}/{first.name}").data == PDF
