"""A buyer joins a PDF to a need, and the facilitator who reads the need downloads it."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace.moderation import desks
from marketplace.needs.drafting import ALL, fingerprint, submit_draft
from marketplace.needs.tables import Need, PlaceType
from tests.factories import people
from tests.factories.documents import PDF
from tests.factories.market import BESANCON, MONDAY, draft, in_three_weeks
from tests.journeys.signing_in import sign_in, sign_out


def test_a_buyer_joins_a_plan_and_the_facilitator_downloads_it(
    page: Page, session: Session, tmp_path: Path
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    desk = people.desk(session, BESANCON)
    facilitator = people.facilitator(session, desk)
    need = draft(
        session,
        buyer.id,
        town.id,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
    )
    session.commit()
    (tmp_path / "plan.pdf").write_bytes(PDF)

    sign_in(page, buyer.email)
    page.goto(f"/besoins/{need.slug}/fichiers")
    page.get_by_label("Fichiers à joindre").set_input_files(tmp_path / "plan.pdf")
    page.get_by_role("button", name="Joindre", exact=True).click()
    expect(page.get_by_text("Votre fichier est joint.")).to_be_visible()
    expect(page.get_by_role("link", name="plan.pdf")).to_be_visible()
    page.get_by_role("link", name="Continuer", exact=True).click()
    sign_out(page)

    _send(session, need, buyer.id)
    sign_in(page, facilitator.email)
    page.goto(f"/besoins/{need.slug}")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="plan.pdf").click()
    assert downloading.value.suggested_filename == "plan.pdf"
    assert Path(downloading.value.path()).read_bytes() == PDF


def _send(session: Session, need: Need, buyer_id: int) -> None:
    session.refresh(need)
    submit_draft(session, need.id, buyer_id, fingerprint(need, ALL), MONDAY)
    desks.receive_need(session, need, MONDAY)
    session.commit()
