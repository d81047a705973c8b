"""The page of a contract, for who runs it, who holds it, and whom nobody can reach."""

from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.filling_posts import Posts, add_prescriber, open_posts
from marketplace.clauses.post_links import path_of as link_of_posts
from marketplace.clauses.post_tables import Opening, OpeningShare, Prescriber
from marketplace.clauses.prescribers import PrescriberKind
from marketplace.clauses.report_links import path_of
from marketplace.mail import OutgoingMail
from marketplace.moderation.desks import open_national_desk
from marketplace.structures.tables import Structure
from tests.browsing import fill, sign_in
from tests.factories import people
from tests.factories.contracts import contract, employer
from tests.factories.market import BESANCON, DIJON, DOLE, structure
from tests.guards.pages import forms_of

FIRM = "21210231300013"


class World:
    """A town's contract, held by a structure, with a firm that has an address and one that
    has none."""

    def __init__(self, session: Session) -> None:
        desk = people.desk(session, "25")
        self.facilitator = people.facilitator(session, desk)
        self.town = people.organisation(session)
        self.buyer = people.buyer(session, self.town.id)
        self.supplier: Structure = structure(session)
        self.member: User = people.structure_member(session, self.supplier)
        self.contract: Contract = contract(
            session,
            self.buyer.id,
            self.town.id,
            siret=self.supplier.siret,
            name=self.supplier.name,
            starts_on=clock.today() - timedelta(days=100),
            ends_on=clock.today() + timedelta(days=300),
        )
        self.contract.lots[0].targets = "Deux suites d'emploi"
        self.firm = employer(
            session, self.contract, siret=FIRM, name="Firme", email="paie@firme.invalid"
        )
        self.silent = employer(session, self.contract, name="Muette")
        self.desk_id = desk.id
        session.commit()
        self.page = f"/contrats/{self.contract.id}"


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def as_person(client: FlaskClient, email: str) -> None:
    client.delete_cookie("session")
    sign_in(client, email)


def news(session: Session) -> list[tuple[str, str, str]]:
    session.rollback()
    told = select(OutgoingMail).filter_by(kind="clauses/contract_news").order_by(OutgoingMail.id)
    return [(one.address, one.topic, one.context["link"]) for one in session.scalars(told)]


def test_the_holder_sees_what_the_contract_owes_its_targets_and_its_posts(
    session: Session, client: FlaskClient, world: World
) -> None:
    until = clock.today() + timedelta(days=10)
    said = Posts(BESANCON, "Maçon", 3, 1, (), None, "", until, until)
    open_posts(session, world.desk_id, said, world.contract.id, world.buyer.id, clock.now())
    session.commit()
    for person in (world.member, world.buyer):
        as_person(client, person.email)
        page = unescape(client.get(world.page).text)
        assert "1\u202f000\u00a0h" in page
        assert "Deux suites d'emploi" in page
        assert "Postes ouverts" in page
        assert "3 dont 1 QPV" in page
    helper = people.structure_member(session, structure(session, "Aide"))
    session.commit()
    as_person(client, helper.email)
    assert client.get(world.page).status_code == 404


def test_a_subcontractor_sees_its_own_hours_alone(
    session: Session, client: FlaskClient, world: World
) -> None:
    helper = structure(session, "Aide")
    employer(session, world.contract, siret=helper.siret, name="Aide")
    person = people.structure_member(session, helper)
    session.commit()
    as_person(client, person.email)
    page = unescape(client.get(world.page).text)
    assert "Vos heures" in page
    assert "Deux suites d'emploi" not in page
    assert "Firme" not in page


def test_the_link_of_a_firm_is_sent_on_request_and_nobody_is_told_what_nobody_reads(
    session: Session, client: FlaskClient, world: World
) -> None:
    as_person(client, world.buyer.email)
    page = client.get(world.page)
    assert "Personne ne recevra l'appel d'heures" in unescape(page.text)
    sends = [form for form in forms_of(page.text, "") if form.action.endswith("/lien")]
    assert len(sends) == 2  # the holder and the firm: the silent one has no button
    for form in sends:
        done = client.post(form.action, data=form.filled(), follow_redirects=True)
        assert "reçoit le lien" in done.text
    link = path_of(client.application.config["SECRET_KEY"], world.firm.id)
    assert news(session) == [
        (world.member.email, "hours", world.page),
        ("paie@firme.invalid", "hours", link),
    ]
    assert client.get(link).status_code == 200
    action = sends[1].action.replace(f"/{world.firm.id}/", f"/{world.silent.id}/")
    refused = client.post(action, data=sends[1].filled(), follow_redirects=True)
    assert "n'a ni compte ni adresse" in unescape(refused.text)
    assert len(news(session)) == 2


def test_employers_and_the_desk_are_told_of_a_contract_and_of_months_that_close(
    session: Session, client: FlaskClient, world: World
) -> None:
    as_person(client, world.buyer.email)
    said = {
        "title": "Entretien des squares",
        "organisation": str(world.town.id),
        "territory": "Besançon (25)",
        "starts_on": "01/01/2026",
        "ends_on": "31/12/2027",
        "holder_siret": FIRM,
        "holder_name": "Firme",
        "holder_kind": "ordinary",
        "holder_email": "paie@firme.invalid",
    }
    page = fill(client, "/contrats/nouveau", **said)
    assert "Le contrat est suivi ici" in page.text
    latest = session.scalars(select(Contract).order_by(Contract.id.desc())).first()
    assert latest is not None
    assert news(session) == [
        (
            "paie@firme.invalid",
            "hours",
            path_of(client.application.config["SECRET_KEY"], latest.holder.id),
        ),
        (world.facilitator.email, "queue", f"/contrats/{latest.id}"),
    ]
    as_person(client, world.facilitator.email)
    page = client.get(f"/contrats/{latest.id}")
    [form] = [form for form in forms_of(page.text, "") if form.action.endswith("/clore")]
    client.post(form.action, data=form.filled() | {"month": "2026-02"})
    assert len(news(session)) == 3


def test_a_desk_is_told_of_the_candidates_counted_and_may_change_its_posts(
    session: Session, client: FlaskClient, world: World
) -> None:
    until = clock.today() + timedelta(days=10)
    said = Posts(BESANCON, "Maçon", 3, 1, (), None, "", until, until)
    opening = open_posts(
        session, world.desk_id, said, world.contract.id, world.facilitator.id, clock.now()
    )
    add_prescriber(
        session, world.desk_id, "Mission locale", PrescriberKind.MISSION_LOCALE, "ml@ml.invalid"
    )
    prescriber = session.scalars(select(Prescriber)).one()
    session.add(
        OpeningShare(opening_id=opening.id, prescriber_id=prescriber.id, shared_at=clock.now())
    )
    session.commit()
    link = link_of_posts(client.application.config["SECRET_KEY"], opening.id, prescriber.id)
    for people_found in ("4", "5"):  # counted again the same day: told once
        fill(client, link, **{"rsa-people": people_found})
    assert news(session) == [(world.facilitator.email, "queue", f"/postes/{opening.id}")]

    as_person(client, world.facilitator.email)
    page = client.get(f"/postes/{opening.id}/modifier")
    form = next(
        one
        for one in forms_of(page.text, f"/postes/{opening.id}/modifier")
        if "trade" in one.filled()
    )
    kept = form.filled()
    later = (until + timedelta(days=20)).strftime("%d/%m/%Y")
    done = client.post(
        form.action,
        data=kept | {"posts": "5", "apply_until": later, "starts_on": later},
        follow_redirects=True,
    )
    assert "Ces postes sont modifiés" in done.text
    session.rollback()
    changed = session.get_one(Opening, opening.id)
    assert (changed.posts, changed.in_qpv, changed.trade) == (5, 1, "Maçon")
    assert changed.apply_until == until + timedelta(days=20)
    close = next(one for one in forms_of(done.text, "") if one.action.endswith("/fermer"))
    client.post(close.action, data=close.filled())
    shut = client.get(f"/postes/{opening.id}/modifier", follow_redirects=True)
    assert "Ces postes sont fermés" in unescape(shut.text)


def test_a_desk_is_offered_the_buyers_of_its_territory_and_sees_their_shares_alone(
    session: Session, client: FlaskClient, world: World
) -> None:
    def buyer_of(name: str, commune: str) -> Organisation:
        row = people.organisation(session, name)
        row.commune_code = commune
        contract(session, world.buyer.id, row.id)
        return row

    for name, commune in (("Ici", BESANCON), ("Jura", DOLE), ("Dijon", DIJON), ("Midi", "13055")):
        buyer_of(name, commune)
    regional = people.facilitator(session, people.desk(session, "R27", name="Région"))
    everywhere = people.facilitator(session, open_national_desk(session))
    session.commit()
    names = {"Ici", "Jura", "Dijon", "Midi"}
    for person, known in (
        (world.facilitator, {"Ici"}),
        (regional, {"Ici", "Jura", "Dijon"}),
        (everywhere, names),
    ):
        as_person(client, person.email)
        for path in ("/contrats/nouveau", "/contrats/achats-en-qpv"):
            page = client.get(path).text.split("<main")[1]
            assert {name for name in names if f">{name}<" in page.replace("\n", "")} == known, path


def test_what_a_contract_by_hand_cannot_do_without_is_not_said_to_be_optional(
    client: FlaskClient, world: World
) -> None:
    as_person(client, world.buyer.email)
    page = client.get("/contrats/nouveau").text
    for label in ("Acheteur", "SIRET du titulaire", "Type d'employeur"):
        [shown] = [part for part in unescape(page).split("<label")[1:] if label in part[:200]]
        assert "(facultatif)" not in shown.split("</label>")[0]
    refused = fill(client, "/contrats/nouveau", title="x")
    assert "Donnez le SIRET" in refused.text
