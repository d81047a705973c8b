"""axe-core finds nothing on the pages of answers, on a phone and on a desk (`-k axe`)."""

from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.answers.asking import answer_enquiry, ask
from marketplace.answers.choosing import note_down
from marketplace.answers.lifecycle import DeclineReason, Side
from marketplace.answers.responding import decline
from marketplace.answers.talking import write
from marketplace.db import transaction
from marketplace.formats import euros_read
from tests.answers.market import Market, close, market_of
from tests.journeys.seeing import wrong_on
from tests.journeys.signing_in import sign_in


def answered_market(session: Session) -> Market:
    """A need of two lots with an answer, a refusal, a question, a note and a message."""
    market = market_of(session, structures=2, lots=2, questions=("Avez-vous un véhicule ?",))
    need, lots = market.need.id, [lot.id for lot in market.need.lots]
    question, now = market.need.questions[0].id, clock.now()
    (first, second), (one, other) = (
        [structure.id for structure in market.structures],
        [member.id for member in market.members],
    )
    parts = [PartSaid(lot, *euros_read("9 000 à 12 000"), "Six personnes") for lot in lots]
    with transaction() as writing:
        said = Said("Bonjour", parts, {question: "Oui"})
        send_answer(writing, need, first, one, said, 0, now)
        decline(writing, need, second, other, now, DeclineReason.DELAY, "Trop court")
        asked = ask(writing, need, first, one, "Quel accès ?", now)
        ask(writing, need, first, one, "Quels horaires ?", now)
        answer_enquiry(writing, need, asked.id, market.buyer.id, "Par la cour", now)
        note_down(writing, need, first, market.buyer.id, "À rappeler", now)
        write(writing, need, first, Side.STRUCTURE, one, "Bonjour", now)
    return market


def test_axe_finds_nothing_on_the_pages_of_answers(
    browser: Browser, site: str, session: Session
) -> None:
    market, closed = answered_market(session), market_of(session, lots=2)
    close(session, closed.need)
    need, structure = f"/besoins/{market.need.slug}", market.structures[0].slug
    pages = {
        market.members[0].email: [
            need,
            "/mes-reponses",
            f"{need}/reponse/{structure}",
            f"{need}/repondre/{structure}",
            f"{need}/repondre/{structure}/fichiers",
            f"{need}/reponse/{structure}/decliner",
            f"{need}/questions/poser/{structure}",
            "/messages",
        ],
        market.buyer.email: [
            need,
            f"{need}/reponses",
            f"{need}/reponses/comparer",
            f"{need}/reponses/{structure}",
            f"{need}/questions",
            f"{need}/messages",
            f"{need}/messages/{structure}",
        ],
        closed.buyer.email: [f"/besoins/{closed.need.slug}/issue"],
    }
    found: list[str] = []
    for email, addresses in pages.items():
        context = browser.new_context(base_url=site, reduced_motion="reduce")
        page = context.new_page()
        sign_in(page, email)
        for address in addresses:
            page.goto(address)
            found += wrong_on(page)
        context.close()
    assert found == []
