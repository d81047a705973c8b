"""A structure's person chooses its rhythm, reads the digest, opens a need, and stops it all."""

import re
import time

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.digests.opting_out import choices_of
from marketplace.digests.sending import composed
from marketplace.digests.topics import Rhythm, Topic
from marketplace.jobs import Job, enqueue
from marketplace.mail import MailState, OutgoingMail
from marketplace.moderation.deciding import approve
from marketplace.moderation.desks import receive_need
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need
from tests.journeys.signing_in import sign_in, sign_out


def digest_to(session: Session, app: Flask, user_id: int) -> OutgoingMail:
    """The digest that the worker wrote and kept, asked for as the timetable does."""
    for _ in range(150):
        with app.app_context(), transaction() as asking:
            enqueue(asking, Job.WRITE_DUE_DIGESTS)
        session.rollback()
        kept = select(OutgoingMail).where(
            OutgoingMail.user_id == user_id,
            OutgoingMail.kind == "digests/personal",
            OutgoingMail.state == MailState.KEPT,
        )
        if (row := session.scalars(kept).first()) is not None:
            return row
        time.sleep(0.4)
    raise AssertionError("the worker wrote no digest")


def opened(page: Page, html: str) -> Page:
    """A mail, in a page of its own that has no policy of ours."""
    letter = page.context.new_page()
    letter.set_content(html)
    return letter


def test_a_person_chooses_reads_opens_and_unsubscribes(
    page: Page, session: Session, prepared_app: Flask, site: str, site_config: Config
) -> None:
    garden = structure(session, "Les Haies de la Boucle")
    offer(session, garden, title="Tonte, taille de haies et débroussaillage")
    member = people.structure_member(session, garden)
    town = people.organisation(session, "Ville de Vallonne")
    buyer = people.buyer(session, town.id)
    facilitator = people.facilitator(session, people.desk(session))
    session.commit()

    sign_in(page, member.email)
    page.get_by_role("link", name="Mon compte").click()
    page.get_by_role("link", name="Mes courriels").click()
    page.get_by_label("Les besoins qui correspondent à vos offres").select_option("Tout de suite")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("nous vous écrirons à ce rythme")).to_be_visible()

    with prepared_app.app_context(), transaction() as writing:
        need = submitted_need(writing, buyer.id, town.id, title="Entretien des haies du stade")
        receive_need(writing, need, clock.now())
        writing.flush()
        approve(writing, need.id, facilitator.id, clock.now())
    row = digest_to(session, prepared_app, member.id)

    page.goto("/notifications")
    expect(page.get_by_role("link", name=re.compile("Notifications.*1 non lue"))).to_be_visible()
    expect(
        page.get_by_role("link", name=re.compile("Entretien des haies du stade"))
    ).to_be_visible()
    page.get_by_role("button", name=re.compile("Marquer comme lue")).click()
    expect(page.get_by_text("1 non lue")).to_have_count(0)
    sign_out(page)

    mail = composed(row, site_config.model_copy(update={"public_base_url": site}))
    assert "un besoin pour Les Haies de la Boucle" in mail.subject
    letter = opened(page, mail.html)
    expect(letter.get_by_text("Même secteur")).to_be_visible()
    letter.get_by_role("link", name=re.compile("^Entretien des haies du stade")).click()
    expect(letter.get_by_role("heading", level=1)).to_contain_text("Entretien des haies du stade")

    page = opened(page, mail.html)
    page.get_by_role("link", name="ne plus recevoir ces courriels").click()
    session.rollback()
    assert choices_of(session, member.id).rhythms[Topic.NEEDS] is Rhythm.IMMEDIATE
    page.get_by_role("button", name="Me désabonner").click()
    expect(page.get_by_role("heading", name="Vous êtes désabonné")).to_be_visible()
    session.rollback()
    assert set(choices_of(session, member.id).rhythms.values()) == {Rhythm.NEVER}
