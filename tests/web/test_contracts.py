"""Contracts with a social clause, in pages: opened, changed, reported, imported, decided."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clauses.calculating import Calculation, keep_calculation
from marketplace.clauses.contract_tables import Contract, HourLine, HourReport
from marketplace.clauses.hours import Line
from marketplace.clauses.report_links import path_of
from marketplace.clauses.reported import ReportState, month_slug
from marketplace.digests.topics import Topic
from marketplace.formats import percent
from marketplace.mail import OutgoingMail
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot
from tests.browsing import fill, send, sign_in
from tests.factories import people
from tests.factories.contracts import contract, employer
from tests.factories.market import structure, submitted_need
from tests.guards.pages import forms_of

FIRM = "21210231300013"
HEADER = (
    "mois;siret;lot;modalite;contrat;public;sexe;age;quartier;heures;personnes;nouvelles_personnes"
)


@pytest.fixture
def buyer(session: Session) -> User:
    person = people.buyer(session)
    session.commit()
    return person


@pytest.fixture
def facilitator(session: Session) -> User:
    person = people.facilitator(session, people.desk(session, "25"))
    session.commit()
    return person


@pytest.fixture
def opened(session: Session, facilitator: User, buyer: User) -> Contract:
    """It started three months ago."""
    month = clock.today().replace(day=1)
    for _ in range(3):
        month = (month - timedelta(days=1)).replace(day=1)
    supplier = structure(session)
    row = contract(
        session,
        buyer.id,
        people.organisation(session).id,
        siret=supplier.siret,
        starts_on=month,
        ends_on=month + timedelta(days=365),
    )
    employer(session, row, siret=FIRM, kind="ordinary", email="paie@firme.invalid")
    session.commit()
    return row


def page_of_hours(of: Contract) -> str:
    lot, holder = of.lots[0], of.holder
    return f"/contrats/{of.id}/heures/{lot.id}/{holder.id}/{month_slug(of.starts_on)}"


def upload(client: FlaskClient, of: Contract, content: bytes, go: str = "check") -> str:
    path = f"/contrats/{of.id}/heures/importer"
    said = forms_of(client.get(path).text, path)[-1].filled()
    said |= {"go": [go], "sheet": (BytesIO(content), "heures.csv")}  # type: ignore[dict-item]  # a file
    return client.post(path, data=said, content_type="multipart/form-data").text


def test_an_awarded_need_opens_a_contract_a_holder_with_the_hours_that_were_computed(
    session: Session, client: FlaskClient
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    supplier = structure(session)
    need = submitted_need(session, buyer.id, town.id)
    need.lots = [Lot(number=1, title="Tonte"), Lot(number=2, title="Taille")]
    need.status = Status.AWARDED
    session.flush()
    lines = (Line(90_000, 0.5, 0.05, 30), Line(60_000, 0.5, 0.05, 30))
    computed = Calculation(lines, ("", ""), "wage", None, None, None)
    keep_calculation(session, need.id, computed, buyer.id, clock.now())
    said = {"need_id": need.id, "result": Result.AWARDED, "decided_at": clock.now()}
    session.add(
        Outcome(lot_id=need.lots[0].id, structure_id=supplier.id, decided_by_id=buyer.id, **said)
    )
    session.add(
        Outcome(lot_id=need.lots[1].id, holder_name="Firme", decided_by_id=buyer.id, **said)
    )
    session.commit()
    sign_in(client, buyer.email)
    page = client.get(f"/besoins/{need.slug}/issue")
    [form] = [f for f in forms_of(page.text, "") if f.action.endswith("/contrats")]
    for _ in range(2):  # twice asked, once done
        assert client.post(form.action, data=form.filled()).location == "/contrats"
    session.rollback()
    both = session.scalars(select(Contract).order_by(Contract.id)).all()
    assert [
        (c.holder.siret, c.lots[0].title, float(c.lots[0].planned_hours or 0)) for c in both
    ] == [
        (supplier.siret, "Tonte", 75),
        ("", "Taille", 50),
    ]
    assert "Le SIRET du titulaire manque" in client.get(f"/contrats/{both[1].id}").text


def test_a_contract_is_entered_by_hand_and_put_right(
    session: Session, client: FlaskClient, buyer: User
) -> None:
    sign_in(client, buyer.email)
    form = forms_of(client.get("/contrats/nouveau").text, "/contrats/nouveau")[-1]
    said = form.filled()
    assert (
        client.post("/contrats/nouveau", data=said | {"territory": "Nulle part"}).status_code == 422
    )
    wrong = client.post("/contrats/nouveau", data=said | {"ends_on": "01/01/2020"})
    assert "Le contrat finit avant de commencer" in wrong.text
    made = client.post("/contrats/nouveau", data=said | {"new_programme": "NPNRU d'essai"})
    [row] = session.scalars(select(Contract)).all()
    assert made.location == f"/contrats/{row.id}"
    assert (row.territory_code, row.programme and row.programme.name) == ("25", "NPNRU d'essai")
    lot = f"/contrats/{row.id}/lots/{row.lots[0].id}"
    fill(
        client,
        lot,
        title="Gros œuvre",
        planned="900,5",
        committed="1 000",
        targets="Former",
        reason="Signé",
    )
    firm = {"siret": FIRM, "name": "Firme", "kind": "EI", "role": "member", "is_in_qpv": ""}
    for said in ("L&#39;employeur est ajouté", "Cet employeur est déjà dans le contrat"):
        assert said in fill(client, f"/contrats/{row.id}/employeurs/nouveau", **firm).text
    page = client.get(f"/contrats/{row.id}").text
    assert "Gros œuvre" in page
    assert "Cotraitant" in page
    assert "NPNRU d&#39;essai" in client.get("/contrats?par=programme").text
    assert "Gros" not in client.get("/contrats/export.csv").text.splitlines()[0]
    assert "1000,00" in client.get("/contrats/export.csv").text


def test_a_line_that_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    path = page_of_hours(opened)
    said = {
        "lines-0-way": "lent",
        "lines-0-work_contract": "temp",
        "lines-0-public": "rsa",
        "lines-0-sex": "woman",
        "lines-0-age": "26_49",
        "lines-0-district": "2024",
        "lines-0-people": "1",
        "go": "send",
    }
    refused = fill(client, path, **said, **{"lines-0-hours": "400"})
    assert refused.status_code == 422
    assert "Plus que ce qu&#39;un mois contient" in refused.text
    assert 'value="400"' in refused.text
    sent = fill(client, path, **said, **{"lines-0-hours": "40,5"})
    assert "Les heures sont envoyées au facilitateur." in sent.text
    assert session.scalars(select(HourLine.hours)).one() == 40.5


def test_a_sheet_says_what_is_wrong_line_by_line_and_writes_nothing(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    month = month_slug(opened.starts_on)
    good = f"{month};{FIRM};1;lent;temp;rsa;woman;26_49;2024;70,5;1;1"
    bad = (
        f"{month};{FIRM};1;lent;temp;rsa;woman;26_49;2024;900;1;1",
        f"{month};{FIRM};1;lent;temp;rsa;woman;26_49;2024;-5;1;1",
        "2019-01;123;7;prêt;temp;rsa;woman;26_49;2024;abc;1,5;",
    )
    page = upload(client, opened, "\n".join([HEADER, good, *bad]).encode())
    for said in (
        "plus que ce qu",
        "ne sont pas négatives",
        "SIRET inconnu",
        "lot inconnu",
        "hors de la durée",
    ):
        assert said in page, said
    assert "Importer ces heures" not in page
    assert "Rien n&#39;est importé" in upload(client, opened, b"PK\x03\x04")
    assert "Le fichier n&#39;est pas lisible" in upload(client, opened, b"\xff\xfe\x00a;b")
    # Words as the form shows them, as Excel writes them.
    words = "Mise à disposition;Intérim;Réfugié;Femme;26 à 49 ans;QPV, liste de 2024"
    spoken = f"{month};{FIRM};;{words};7;1;0"
    checked = upload(client, opened, "\r\n".join([HEADER, spoken]).encode("cp1252"))
    assert "Importer ces heures" in checked
    assert session.query(HourReport).count() == 0
    path = f"/contrats/{opened.id}/heures/importer"
    [form, _] = [f for f in forms_of(checked, path) if f.action == path]
    done = client.post(path, data=form.filled(), follow_redirects=True)
    assert "1\u00a0ligne importée" in done.text
    assert session.scalars(select(HourReport.state)).one() is ReportState.SENT


def test_a_firm_reports_by_its_link_and_is_asked_by_mail(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    firm = opened.employers[1]
    link = path_of(str(client.application.secret_key), firm.id)
    month = f"{link}/{opened.lots[0].id}/{month_slug(opened.starts_on)}"
    assert month in client.get(link).text
    send(client, month, **{"version": "0", "go": "send"})
    [report] = session.scalars(select(HourReport)).all()
    assert (report.sent_by_id, report.lines) == (None, [])
    sign_in(client, facilitator.email)
    assert opened.title.replace("'", "&#39;") in client.get("/guichet/heures").text
    review = f"/guichet/heures/{report.id}"
    assert fill(client, review, decision="ask", question="").status_code == 422
    fill(client, review, decision="ask", question="Vraiment personne ?")
    mail = session.scalars(select(OutgoingMail).filter_by(kind="clauses/report_asked")).one()
    assert (mail.address, mail.context["link"]) == ("paie@firme.invalid", link)
    assert mail.topic == Topic.HOURS
    stale = client.post(
        review,
        data=forms_of(client.get(review).text, review)[-1].filled()
        | {"version": "7", "decision": "validate"},
    )
    assert "a changé pendant que vous le lisiez" in stale.text


def test_a_desk_says_how_many_people_worked_in_a_year_and_closes_months(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    form = forms_of(client.get("/guichet/heures").text, "/guichet/heures")[-1]
    client.post(form.action, data=form.filled() | {"year": "2025", "count": "41"})
    assert "41" in client.get("/guichet/heures").text
    page = client.get(f"/contrats/{opened.id}")
    [close] = [f for f in forms_of(page.text, "") if f.action.endswith("/clore")]
    client.post(close.action, data=close.filled() | {"month": month_slug(opened.starts_on)})
    refused = client.get(page_of_hours(opened), follow_redirects=True)
    assert "Ce mois est clos" in refused.text


def test_purchases_in_priority_districts_leave_out_holders_whose_place_is_unknown(
    session: Session, client: FlaskClient
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    inside, outside = structure(session), structure(session, "Ailleurs")
    inside.is_in_qpv, outside.is_in_qpv = True, False
    for holder, amount in ((inside.id, 30_000), (outside.id, 10_000), (None, 99_000)):
        need = submitted_need(session, buyer.id, town.id)
        need.status = Status.AWARDED
        session.add(
            Outcome(
                need_id=need.id,
                result=Result.AWARDED,
                structure_id=holder,
                holder_name="" if holder else "Firme",
                amount=amount,
                decided_at=clock.now(),
                decided_by_id=buyer.id,
            )
        )
    session.commit()
    sign_in(client, buyer.email)
    page = client.get("/contrats/achats-en-qpv").text
    assert f"1 sur 2 ({percent(0.5)})" in page
    assert f"({percent(0.75)})" in page

    # The contract says where the ordinary firm is.
    firm = contract(session, buyer.id, town.id, name="Firme", need_id=need.id)
    firm.holder.is_in_qpv = True
    session.commit()
    assert f"2 sur 3 ({percent(2 / 3)})" in client.get("/contrats/achats-en-qpv").text
    head, row = client.get("/contrats/achats-en-qpv.csv").text.splitlines()
    told = dict(zip(head.lstrip("\ufeff").split(";"), row.split(";"), strict=True))
    assert (told["attributions_en_qpv"], told["attributions_de_lieu_inconnu"]) == ("2", "0")
    assert (told["dont_structures_inclusives"], told["dont_entreprises_ordinaires"]) == ("1", "1")
    assert told["montant_ht_en_qpv"] == "129000,00"
    assert told["dont_montant_ht_entreprises_ordinaires"] == "99000,00"
