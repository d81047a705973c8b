"""Structures that nobody speaks for are written to at their public address, now and then."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.config import Config
from marketplace.db import transaction
from marketplace.digests import opting_out, writing_to_contacts
from marketplace.digests.composing import compose
from marketplace.digests.sending import unsubscribe_token
from marketplace.digests.tables import ContactAddress
from marketplace.mail import MailState, OutgoingMail
from marketplace.moderation.deciding import withdraw
from tests.digests.readers import Market, market, published, send
from tests.digests.test_writing import TUESDAY_MORNING
from tests.factories import people
from tests.factories.market import MARSEILLE, offer, structure

DAY = timedelta(days=1)
ADDRESS = "Contact@jardins.example.fr"


def write(now: datetime = TUESDAY_MORNING) -> int:
    with transaction() as session:
        return writing_to_contacts.write_to_contacts(session, now)


def with_an_address(session: Session, *seats: str) -> Market:
    """A market whose structures have nobody, two of them one address."""
    place = market(session, count=0)
    for number in range(2):
        one = structure(session, f"Jardins {number}", *seats)
        one.email = ADDRESS
        offer(session, one)
    session.commit()
    return place


def mails(session: Session) -> list[OutgoingMail]:
    session.rollback()
    of_kind = select(OutgoingMail).where(OutgoingMail.kind == "digests/contact")
    return list(session.scalars(of_kind.order_by(OutgoingMail.id)))


def test_an_address_gets_one_mail_a_month_with_the_best_three_and_a_link_to_claim(
    session: Session,
) -> None:
    place = with_an_address(session)
    for number in range(4):
        published(session, place, title=f"Besoin {number}")
    assert write() == 1
    assert write(TUESDAY_MORNING + DAY) == 0
    [row] = mails(session)
    composed = compose(row.kind, row.context, "https://tandem.example.fr")
    assert row.address == ADDRESS.lower()
    assert composed.subject.startswith("4 besoins d'acheteurs publics correspondent à Jardins ")
    assert composed.text.count("https://tandem.example.fr/besoins/") == 3
    assert "Même secteur" in composed.text
    assert "/revendiquer" in composed.text

    late = {"deadline_on": date(2027, 1, 31)}
    published(session, place, title="Le mois d'après", **late)
    assert write(TUESDAY_MORNING + 30 * DAY) == 0
    assert write(TUESDAY_MORNING + 34 * DAY) == 1
    assert mails(session)[1].context["count"] == 1


def test_nothing_is_written_where_nothing_fits_or_somebody_speaks_or_on_a_sunday(
    session: Session,
) -> None:
    place = with_an_address(session, MARSEILLE)
    published(session, place)
    assert write() == 0
    near = structure(session, "Avec quelqu'un")
    near.email = "quelquun@jardins.example.fr"
    offer(session, near)
    people.structure_member(session, near)
    alone = structure(session, "Sans personne")
    alone.email = "seule@jardins.example.fr"
    offer(session, alone)
    session.commit()
    published(session, place)
    assert write(TUESDAY_MORNING + 5 * DAY) == 0
    assert write() == 1
    assert [row.address for row in mails(session)] == ["seule@jardins.example.fr"]


def test_one_click_ends_it_for_good_without_an_account(session: Session, config: Config) -> None:
    place = with_an_address(session)
    need = published(session, place)
    write()
    [row] = mails(session)
    token = unsubscribe_token(row, config.secret_key)
    with transaction() as writing:
        who = opting_out.whom(writing, config.secret_key, token)
        opting_out.opt_out(writing, who, TUESDAY_MORNING)
    send(row.id, config, TUESDAY_MORNING)
    assert mails(session)[0].state is MailState.CANCELLED
    assert session.scalars(select(ContactAddress.refused_at)).one() == TUESDAY_MORNING
    with transaction() as writing:
        withdraw(writing, need.id, place.buyer.id, TUESDAY_MORNING, "")
    published(session, place)
    assert write(TUESDAY_MORNING + 90 * DAY) == 0
