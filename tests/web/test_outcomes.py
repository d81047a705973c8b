"""A buyer corrects an outcome on its pages, and its contract follows or says why not."""

from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.answers.queries import outcomes_of
from tests.answers.market import close, market_of
from tests.browsing import fill, hidden_of, sign_in
from tests.clauses.test_correcting import Awarded, one_holder


def correction(session: Session, awarded: Awarded) -> str:
    [outcome] = outcomes_of(session, awarded.market.need.id)
    return f"/besoins/{awarded.market.need.slug}/issue/{outcome.id}/corriger"


def test_what_happens_to_the_contract_is_read_before_it_is_confirmed(
    session: Session, client: FlaskClient
) -> None:
    awarded = one_holder(session)
    first, second = awarded.market.structures
    sign_in(client, awarded.market.buyer.email)
    address = correction(session, awarded)
    assert "le contrat suit" in client.get(address).text
    said = {"whole-result": "awarded", "whole-holder": str(second.id), "why": "Erreur de ligne"}
    check = fill(client, address, **said)
    sentence = f"Sur le contrat, {second.name} remplace {first.name}."
    assert sentence in check.text
    assert awarded.shown()[0][0] == first.name
    done = client.post(address, data=hidden_of(check) | {"step": "confirm"}, follow_redirects=True)
    assert f"L&#39;issue est corrigée. 2 structures sont prévenues. {sentence}" in done.text
    assert awarded.shown()[0][0] == second.name
    page = client.get(f"/contrats/{awarded.contracts()[0].id}").text
    assert "Issue corrigée\u00a0: Erreur de ligne" in page
    assert f"Titulaire\u00a0: {first.name} → {second.name}" in page


def test_hours_reported_keep_the_holder_and_the_page_says_what_to_do(
    session: Session, client: FlaskClient
) -> None:
    awarded = one_holder(session)
    first, second = awarded.market.structures
    sign_in(client, awarded.market.buyer.email)
    address = correction(session, awarded)
    said = {"whole-result": "awarded", "whole-holder": str(second.id), "why": "Erreur"}
    check = fill(client, address, **said)
    awarded.report(awarded.contracts()[0])  # meanwhile
    late = client.post(address, data=hidden_of(check) | {"step": "confirm"})
    for refused in (late, fill(client, address, **said)):
        assert refused.status_code == 422
        assert f"Des heures de {first.name} sont déclarées" in refused.text
        assert "changez d&#39;abord son titulaire" in refused.text
        assert "Erreur" in refused.text  # nothing typed is lost
    gone = fill(client, address, **{"whole-result": "abandoned", "why": "Erreur"})
    assert "clôturez d&#39;abord ce lot" in gone.text
    assert awarded.shown() == [(first.name, [awarded.market.need.title], Decimal(9000))]
    amount = fill(
        client, address, **(said | {"whole-holder": str(first.id), "whole-amount": "9 100"})
    )
    client.post(address, data=hidden_of(amount) | {"step": "confirm"})
    assert awarded.shown()[0][2] == Decimal(9100)


def test_what_is_missing_names_the_lot_that_it_is_missing_of(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, lots=2)
    close(session, market.need)
    sign_in(client, market.buyer.email)
    page = fill(client, f"/besoins/{market.need.slug}/issue", step="check")
    assert page.status_code == 422
    assert "<title>Erreur&nbsp;: Issue du besoin" in page.text
    for number in (1, 2):
        assert f"Lot {number}\u00a0: choisissez une issue" in page.text
