"""Administrators correct organisations, and say which platforms buy for others."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationMember,
    PurchasingMandate,
)
from marketplace.audit import AuditEntry
from tests.browsing import send, sign_in
from tests.factories import people

SIRET = "73282932000074"


@pytest.fixture(autouse=True)
def _administrator(session: Session, client: FlaskClient) -> None:
    person = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, person.email)


def latest_entry(session: Session, organisation: Organisation) -> AuditEntry:
    about = {"object_kind": "organisation", "object_id": organisation.id}
    entry = session.scalars(
        select(AuditEntry).filter_by(**about).order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    return entry


def test_organisations_are_found_by_name_siret_and_kind(
    session: Session, client: FlaskClient
) -> None:
    people.organisation(session, "Hôpital d'Évian").kind = OrganisationKind.HOSPITAL
    people.organisation(session, "Ville de Dole").siret = SIRET
    session.commit()
    for query, found in (
        ("q=evian+hopital", "Hôpital d'Évian"),
        ("type=hospital", "Hôpital d'Évian"),
        (f"q={SIRET[:9]}", "Ville de Dole"),
    ):
        page = unescape(client.get(f"/admin/organismes/?{query}").text)
        assert "1 organisme<" in page
        assert found in page


def test_an_organisation_is_renamed_and_the_trail_says_so(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session, "Ville de Dol")
    session.commit()
    url = f"/admin/organismes/{organisation.id}/modifier"
    assert send(client, url, name="", kind="commune").status_code == 422
    assert send(client, url, name="Ville", kind="empire").status_code == 422
    page = send(client, url, name="Ville\u202e de\0 Dole ", kind="epci", siret=SIRET)
    assert page.request.path == f"/admin/organismes/{organisation.id}"
    session.expire_all()
    assert (organisation.name, organisation.kind) == ("Ville de Dole", OrganisationKind.EPCI)
    assert organisation.siret != SIRET
    assert latest_entry(session, organisation).details == {"fields": ["name", "kind"]}


def test_a_platform_is_given_a_mandate_and_loses_it(session: Session, client: FlaskClient) -> None:
    platform = people.organisation(session, "Plateforme régionale")
    mandator = people.organisation(session, "Préfecture")
    mandator.siret = SIRET
    session.commit()
    url = f"/admin/organismes/{platform.id}"
    page = send(client, url, siret="732 829 320 00074")
    assert "Préfecture" in page.text
    assert latest_entry(session, platform).details == {"mandate_given": mandator.id}
    assert "Plateforme régionale" in client.get(f"/admin/organismes/{mandator.id}").text

    ending = f"{url}/mandats/{mandator.id}/retirer"
    assert "Le mandat est retiré" in send(client, ending).text
    assert "existe plus" in send(client, ending).text
    assert session.scalars(select(PurchasingMandate)).all() == []


@pytest.mark.parametrize(
    ("siret", "told"),
    [
        ("", "Donnez son SIRET"),
        ("12", "SIRET refusé"),
        ("73282932000075", "SIRET refusé"),
        ("21250056500016", "Aucun organisme inscrit"),
        (SIRET, "sans mandat"),
    ],
)
def test_a_mandate_names_another_organisation_that_is_here(
    session: Session, client: FlaskClient, siret: str, told: str
) -> None:
    platform = people.organisation(session)
    platform.siret = SIRET
    session.commit()
    page = send(client, f"/admin/organismes/{platform.id}", siret=siret)
    assert page.status_code == 422
    assert told in page.text
    assert session.scalars(select(PurchasingMandate)).all() == []


@pytest.mark.parametrize("url", ["999999", "999999/modifier", "999999/mandats/1/retirer"])
def test_an_organisation_that_is_not_here_is_not_found(client: FlaskClient, url: str) -> None:
    assert client.get(f"/admin/organismes/{url}").status_code == 404


def test_an_organisation_whose_people_all_write_from_a_public_mail_service_is_marked(
    session: Session, client: FlaskClient
) -> None:
    """Anybody may open « Ville de Lyon »: administrators are told, on their first page too."""
    doubtful, sure = people.organisation(session, "Ville de Lyon"), people.organisation(session)
    for organisation, address in (
        (doubtful, "maire.de.lyon@Yahoo.CA"),
        (doubtful, "adjoint@yopmail.com"),
        (sure, "lea@gmail.com"),
        (sure, "lea@ville-essai.fr"),
    ):
        person = people.user(session, email=address)
        session.add(OrganisationMember(organisation_id=organisation.id, user_id=person.id))
    session.commit()

    page = unescape(client.get("/admin/").text)
    assert "1 organisme s'est inscrit depuis une messagerie publique" in page
    listed = unescape(client.get("/admin/organismes/").text)
    assert listed.count(">Messagerie publique<") == 1
    only = unescape(client.get("/admin/organismes/?adresses=publiques").text)
    assert "1 organisme<" in only
    assert "Ville de Lyon" in only
    warning = "rien ne dit qu'ils sont de cet organisme"
    for organisation, is_warned in ((doubtful, True), (sure, False)):
        shown = unescape(client.get(f"/admin/organismes/{organisation.id}").text)
        assert (warning in shown) is is_warned
