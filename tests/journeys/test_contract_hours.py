"""From a need with a clause to its award, its contract, three months of hours by two employers
with an import, their validation; and the sums are those of a plain SQL query."""

from datetime import date, timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.clauses.calculating import Calculation, keep_calculation
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.figures import figures_of
from marketplace.clauses.hours import Line
from marketplace.clauses.publishing import publish_due
from marketplace.clauses.report_links import path_of
from marketplace.clauses.reported import month_in_words, month_slug
from marketplace.config import Config
from marketplace.insights.slugs import slug_of
from marketplace.matching.lifecycle import MatchStatus
from marketplace.territories.queries import gazetteer
from tests.answers.market import Market, close, market_of
from tests.factories import people
from tests.journeys.signing_in import sign_in, sign_out

FIRM = "21210231300013"
COLUMNS = (
    "mois;siret;modalite;contrat;public;sexe;age;quartier;heures;personnes;nouvelles_personnes"
)


def last_months(count: int) -> list[date]:
    """The months that are over, the oldest first."""
    months, month = [], clock.today().replace(day=1)
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    return months[::-1]


def award(page: Page, market: Market) -> None:
    page.goto(f"/besoins/{market.need.slug}/issue")
    page.get_by_label("Attribué").check()
    page.get_by_label("Titulaire").select_option(label=market.structures[0].name)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Enregistrer et prévenir").click()
    page.get_by_role("button", name="Suivre les heures d'insertion").click()
    expect(page.get_by_role("heading", name=market.need.title)).to_be_visible()


def report_as_firm(page: Page, link: str, month: date, hours: str, is_first: bool) -> None:
    page.goto(link)
    page.get_by_role("link", name=month_in_words(month).capitalize()).click()
    page.locator("#lines-0-hours").fill(hours)
    page.locator("#lines-0-people").fill("6")
    page.locator("#lines-0-new_people").fill("6" if is_first else "0")
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_text("Les heures sont envoyées au facilitateur.")).to_be_visible()


def open_contract(page: Page, market: Market, months: list[date]) -> str:
    """The buyer awards, follows the hours, says when the contract runs and who helps."""
    sign_in(page, market.buyer.email)
    award(page, market)
    expect(page.get_by_text("833\u00a0h").first).to_be_visible()
    contract_url = page.url
    page.get_by_role("link", name="Changer le contrat").click()
    page.get_by_label("Début").fill(f"{months[0]:%d/%m/%Y}")
    page.get_by_label("Fin").fill(f"{months[0] + timedelta(days=364):%d/%m/%Y}")
    page.get_by_label("Pourquoi ce changement").fill("Notifié plus tôt que prévu")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Notifié plus tôt que prévu")).to_be_visible()
    page.get_by_role("link", name="Ajouter un employeur").click()
    page.get_by_label("SIRET").fill(FIRM)
    page.get_by_label("Nom").fill("Maçonnerie de la Boucle")
    page.get_by_label("Adresse pour déclarer les heures").fill("paie@boucle.invalid")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("row").filter(has_text="Maçonnerie de la Boucle")).to_be_visible()
    sign_out(page)
    return contract_url


def import_months(page: Page, market: Market, contract_url: str, months: list[date]) -> None:
    """The holder hands in a sheet: refused for one line, then taken."""
    sign_in(page, market.members[0].email)
    page.goto(contract_url)
    page.get_by_role("link", name="Importer un fichier d'heures").click()
    siret = market.structures[0].siret
    lines = [
        f"{month_slug(month)};{siret};hire;cddi;rsa;woman;26_49;2024;{100 + n},5;5;{0 if n else 5}"
        for n, month in enumerate(months)
    ]
    wrong = lines[0].replace("100,5", "99999")
    for content, button in (([*lines, wrong], ""), (lines, "Importer ces heures")):
        sheet = "\n".join([COLUMNS, *content]).encode()
        page.get_by_label("Fichier CSV ou XLSX des heures").set_input_files(
            {"name": "heures.csv", "mimeType": "text/csv", "buffer": sheet}
        )
        page.get_by_role("button", name="Vérifier le fichier").click()
        if button:
            page.get_by_role("button", name=button).click()
        else:
            expect(
                page.get_by_role("row").filter(has_text="plus que ce qu'un mois")
            ).to_be_visible()
    expect(page.get_by_text("3 lignes importées")).to_be_visible()
    sign_out(page)


def validate_all(page: Page, market: Market, reports: int) -> None:
    """The facilitator reads each report and validates it."""
    for _ in range(reports):
        page.goto("/guichet/heures")
        page.get_by_role("link", name=market.need.title).first.click()
        page.get_by_label("Valider les heures").check()
        page.get_by_role("button", name="Enregistrer la décision").click()
        expect(page.get_by_text("Les heures sont validées.")).to_be_visible()
    expect(page.get_by_text("Aucun relevé n'attend")).to_be_visible()


def test_a_clause_becomes_a_contract_whose_hours_are_reported_validated_and_shown(
    page: Page, session: Session, site_config: Config
) -> None:
    facilitator = people.facilitator(session, people.desk(session, "25"))
    market = market_of(session, structures=1)
    computed = Calculation((Line(1_000_000, 0.5, 0.05, 30),), ("",), "wage", None, None, None)
    keep_calculation(session, market.need.id, computed, market.buyer.id, clock.now())
    session.commit()
    match = market.match(session)
    match.status = MatchStatus.INTERESTED
    close(session, market.need)
    months = last_months(3)

    contract_url = open_contract(page, market, months)
    import_months(page, market, contract_url, months)
    session.rollback()
    contract = session.query(Contract).filter_by(need_id=market.need.id).one()
    firm = next(one for one in contract.employers if one.siret == FIRM)
    link = path_of(site_config.secret_key, firm.id)
    for number, month in enumerate(months):
        report_as_firm(page, link, month, f"{200 + number}", is_first=number == 0)

    sign_in(page, facilitator.email)
    validate_all(page, market, reports=6)
    session.rollback()
    plain = session.execute(
        text("SELECT sum(hours) FROM hour_lines l JOIN hour_reports r ON r.id = l.report_id")
    ).scalar_one()
    assert plain == 907.5  # 100.5 + 101.5 + 102.5 and 200 + 201 + 202
    places = gazetteer(session)
    publish_due(session, places, clock.now())
    session.commit()
    for code in (contract.territory_code, "25", "R27", "FR"):
        told = figures_of(session, places, code)
        assert (told.achieved, told.people, told.contracts) == (float(plain), 11, 1)
    page.goto(contract_url)
    expect(page.get_by_text("908\u00a0h").first).to_be_visible()
    for code in (contract.territory_code, "R27"):
        page.goto(f"/territoires/{slug_of(places, code)}")
        expect(page.get_by_text("908").first).to_be_visible()
