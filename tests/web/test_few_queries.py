"""The pages that are opened most ask the database little, however much they show."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.agreeing import (
    agree,
    fingerprint_of,
    send_together,
    words_of,
    write_together,
)
from marketplace.answers.answering import PartSaid, Said
from marketplace.answers.awarding import record_outcomes
from marketplace.answers.consortia import LegalForm, Origin
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.grouping import open_group
from marketplace.answers.joining import reply
from marketplace.answers.lifecycle import Decided, Result
from marketplace.answers.sharing import settle_by_percent
from marketplace.clauses.contracting import open_from_need
from marketplace.db import transaction
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation import desks
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import PlaceType
from tests.answers.market import Market, close, market_of
from tests.answers.test_answering import price, send
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    GREEN_SPACES,
    draft,
    offer,
    structure,
    submitted_need,
)

MOST = 12


@contextmanager
def counting() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def few(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200  # caches are warm from here on
    with counting() as said:
        assert client.get(address).status_code == 200
    assert len(said) <= MOST, "\n".join(said)


def test_the_answers_that_a_buyer_received(session: Session, client: FlaskClient) -> None:
    market = market_of(session, lots=2)
    for number in range(len(market.structures)):
        send(market, price(1000, market.need.lots[number].id), number=number)
    sign_in(client, market.buyer.email)
    few(client, f"/besoins/{market.need.slug}/reponses")


def answer_together(market: Market, lead: int, partner: int, euros: int) -> None:
    need, ids = market.need.id, [market.structures[n].id for n in (lead, partner)]
    users, now = [market.members[n].id for n in (lead, partner)], clock.now()
    parts = [PartSaid(lot.id, Decimal(euros), Decimal(euros)) for lot in market.need.lots]
    with transaction() as session:
        group = open_group(
            session, need, ids[0], ids[1:], users[0], Origin.STRUCTURE, LegalForm.SEVERAL, now
        )
        group_id = group.id
    with transaction() as session:
        reply(session, group_id, ids[1], accepts=True, user_id=users[1], now=now)
        shares = dict.fromkeys(ids, Decimal(50))
        form = LegalForm.SEVERAL
        settle_by_percent(session, group_id, ids[0], form, shares, users[0], now)
    with transaction() as session:
        said = Said("Ensemble", parts)
        seen = words_of(session.get_one(Consortium, group_id))
        write_together(session, group_id, ids[0], said, seen, users[0], now)
    with transaction() as session:
        seen = fingerprint_of(session, session.get_one(Consortium, group_id))
        agree(session, group_id, ids[1], seen, users[1], now)
        send_together(session, group_id, ids[0], seen, users[0], now)


def test_many_answers_some_of_groups_once_awarded(session: Session, client: FlaskClient) -> None:
    """Three groups of two and five structures alone answered three lots, of which one went to
    a group and one to a structure alone."""
    people.desk(session, "25056")
    market = market_of(session, structures=11, lots=3)
    lots, ids = [lot.id for lot in market.need.lots], [one.id for one in market.structures]
    for lead in (0, 2, 4):
        answer_together(market, lead, lead + 1, 9000 + lead)
    for number in range(6, 11):
        parts = [PartSaid(lot, Decimal(800 + number), Decimal(900 + number)) for lot in lots]
        send(market, Said(parts=parts), number=number)
    close(session, market.need)
    decided = [
        Decided(lots[0], Result.AWARDED, ids[0], amount=Decimal(9000)),
        Decided(lots[1], Result.AWARDED, ids[6], amount=Decimal(800)),
        Decided(lots[2], Result.UNSUCCESSFUL),
    ]
    with transaction() as writing:
        record_outcomes(writing, market.need.id, market.buyer.id, decided, clock.now())
    with transaction() as writing:
        open_from_need(writing, market.need.id, market.buyer.id, clock.now())
    sign_in(client, market.buyer.email)
    address = f"/besoins/{market.need.slug}/reponses"
    for asked in ("", "?lot=1", "?lot=1&tri=prix"):
        few(client, address + asked)


def test_the_last_step_of_a_need(session: Session, client: FlaskClient) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    lots = [LotDraft("Tonte", sectors=(GREEN_SPACES,)), LotDraft("Haies", zones=("25",))]
    need = draft(
        session,
        buyer.id,
        town.id,
        place_type=PlaceType.ZONES,
        zones=["25", "39"],
        sectors=[GREEN_SPACES],
        lots=lots,
        questions=["Quand ?", "Comment ?"],
    )
    session.commit()
    sign_in(client, buyer.email)
    few(client, f"/besoins/{need.slug}/etapes/verifier")


def test_the_figures_of_the_country(client: FlaskClient) -> None:
    few(client, "/chiffres")


def test_the_desk_s_screen_of_a_need_in_lots(session: Session, client: FlaskClient) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    lots = tuple(LotDraft(f"Tonte {number}", sectors=(GREEN_SPACES,)) for number in range(12))
    need = submitted_need(session, buyer.id, town.id, lots=lots, questions=("Quand ?", "Qui ?"))
    desks.receive_need(session, need, clock.now())
    for number in range(8):
        offer(session, structure(session, f"Les Haies {number}"))
    session.commit()
    sign_in(client, facilitator.email)
    few(client, f"/guichet/besoins/{need.slug}")


def test_a_published_need_in_lots_for_its_buyer(session: Session, client: FlaskClient) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    lots = tuple(LotDraft(f"Tonte {number}", sectors=(GREEN_SPACES,)) for number in range(3))
    need = submitted_need(session, buyer.id, town.id, lots=lots, questions=("Quand ?", "Qui ?"))
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    for number in range(12):
        offer(session, structure(session, f"Les Haies {number}"))
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    sign_in(client, buyer.email)
    few(client, f"/besoins/{need.slug}")
    few(client, f"/besoins/{need.slug}?lot=2")
