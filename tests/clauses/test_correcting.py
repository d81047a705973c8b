"""A contract follows the outcome that it came from, when its buyer corrects it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.awarding import correct_outcome, decided_of, record_outcomes
from marketplace.answers.lifecycle import Decided, Result
from marketplace.answers.queries import outcomes_of
from marketplace.audit import AuditEntry
from marketplace.clauses.changing import By, change_holder, end_lot
from marketplace.clauses.contract_queries import changes_of
from marketplace.clauses.contract_tables import Contract, HourReport
from marketplace.clauses.contracting import EmployerTold, add_employer, open_from_need
from marketplace.clauses.correcting import follow_correction
from marketplace.clauses.correction_queries import HoursReported, Step
from marketplace.clauses.post_tables import Opening
from marketplace.clauses.reported import EmployerRole, ReportState
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from tests.answers.market import Market, close, market_of
from tests.answers.test_answering import price, send
from tests.answers.together import Group
from tests.factories import people

SUB = EmployerRole.SUBCONTRACTOR


class Awarded:
    """A need whose lots are awarded, and whose hours are followed."""

    def __init__(self, session: Session, market: Market, *decided: Decided) -> None:
        self.session, self.market = session, market
        self.ids = [one.id for one in market.structures]
        close(session, market.need)
        with transaction() as writing:
            record_outcomes(writing, market.need.id, market.buyer.id, decided, clock.now())
        with transaction() as writing:
            open_from_need(writing, market.need.id, market.buyer.id, clock.now())

    def contracts(self) -> list[Contract]:
        self.session.rollback()
        found = select(Contract).where(Contract.need_id == self.market.need.id)
        return list(self.session.scalars(found.order_by(Contract.id)))

    def shown(self) -> list[tuple[str, list[str], Decimal | None]]:
        """Each contract: its holder, its lots, its amount."""
        return [
            (one.holder.name, [lot.title for lot in one.lots], one.amount)
            for one in self.contracts()
        ]

    def correct(self, number: int, after: Decided) -> Step:
        market, now = self.market, clock.now()
        outcome = outcomes_of(self.session, market.need.id)[number]
        with transaction() as session:
            who = market.buyer.id
            corrected = correct_outcome(
                session, market.need.id, outcome.id, who, after, "Erreur", now
            )
            by = By(who, now, "Erreur")
            followed = follow_correction(
                session, market.need.id, corrected.before, after, by, "secret"
            )
            return followed.step

    def report(self, contract: Contract) -> None:
        with transaction() as session:
            session.add(
                HourReport(
                    lot_id=contract.lots[0].id,
                    employer_id=contract.holder.id,
                    month=contract.starts_on.replace(day=1),
                    state=ReportState.SENT,
                    sent_at=clock.now(),
                )
            )

    def history(self, contract: Contract) -> list[list[str]]:
        changed = changes_of(self.session, contract.id)
        return [field for change in reversed(changed) for field in change.fields]


def one_holder(session: Session) -> Awarded:
    people.desk(session, "25056")
    market = market_of(session)
    for number in range(2):
        send(market, price(9000), number=number)
    won = Decided(None, Result.AWARDED, market.structures[0].id, amount=Decimal(9000))
    return Awarded(session, market, won)


def two_lots(session: Session, second: int = 0) -> Awarded:
    people.desk(session, "25056")
    market = market_of(session, lots=2)
    first, other = (lot.id for lot in market.need.lots)
    for number in range(2):
        send(market, price(500, first), number=number)
    holders = (market.structures[0].id, market.structures[second].id)
    return Awarded(
        session,
        market,
        Decided(first, Result.AWARDED, holders[0], amount=Decimal(500)),
        Decided(other, Result.AWARDED, holders[1], amount=Decimal(700)),
    )


def test_another_holder_takes_the_contract_and_the_first_leaves_no_trace_but_in_its_history(
    session: Session,
) -> None:
    awarded = one_holder(session)
    first, second = awarded.market.structures
    [contract] = awarded.contracts()
    after = Decided(None, Result.AWARDED, second.id, amount=Decimal(8500))
    assert awarded.correct(0, after) is Step.HANDED_OVER
    assert awarded.shown() == [(second.name, [contract.title], Decimal(8500))]
    assert [one.siret for one in contract.employers] == [second.siret]
    changed = awarded.history(contract)
    assert changed[:2] == [
        ["Titulaire", first.name, second.name],
        ["SIRET", first.siret, second.siret],
    ]
    assert changed[2][0] == "Montant hors taxes"
    told = session.scalars(select(OutgoingMail).filter_by(kind="clauses/contract_news")).all()
    assert awarded.market.members[1].id in {mail.user_id for mail in told}


def test_a_holder_that_reported_hours_is_no_mistake_until_its_contract_says_so(
    session: Session,
) -> None:
    awarded = one_holder(session)
    second = awarded.market.structures[1]
    [contract] = awarded.contracts()
    awarded.report(contract)
    after = Decided(None, Result.AWARDED, second.id, amount=Decimal(9000))
    with pytest.raises(HoursReported) as refused:
        awarded.correct(0, after)
    assert (refused.value.holder, refused.value.leaves) == (contract.holder.name, False)
    session.rollback()
    assert outcomes_of(session, awarded.market.need.id)[0].structure_id == awarded.ids[0]
    with pytest.raises(HoursReported) as refused:
        awarded.correct(0, Decided(None, Result.ABANDONED))
    assert refused.value.leaves
    by = By(awarded.market.buyer.id, clock.now(), "Cession")
    with transaction() as writing:
        change_holder(writing, contract.id, EmployerTold(second.siret, second.name, "EI"), by)
    assert awarded.correct(0, after) is Step.NOTHING
    roles = sorted(one.role for one in awarded.contracts()[0].employers)
    assert roles == [EmployerRole.FORMER, EmployerRole.HOLDER]


def test_a_contract_given_to_a_third_firm_on_its_page_and_an_amount_changed_there_stay(
    session: Session,
) -> None:
    awarded = one_holder(session)
    [contract] = awarded.contracts()
    by = By(awarded.market.buyer.id, clock.now(), "Cession")
    with transaction() as writing:
        writing.get_one(Contract, contract.id).amount = Decimal(9900)
        change_holder(writing, contract.id, EmployerTold("21250056500016", "Vertigo"), by)
    after = Decided(None, Result.AWARDED, awarded.ids[1], amount=Decimal(100))
    assert awarded.correct(0, after) is Step.KEPT
    assert awarded.shown() == [("Vertigo", [contract.title], Decimal(9900))]


def test_a_firm_better_named_keeps_its_contract_hours_included(session: Session) -> None:
    people.desk(session, "25056")
    market = market_of(session)
    firm = Decided(None, Result.AWARDED, holder_name="Vertigo")
    awarded = Awarded(session, market, firm)
    [contract] = awarded.contracts()
    awarded.report(contract)
    named = replace(firm, holder_name="Vertigo SARL")
    numbered = replace(named, holder_siret="21250056500016")
    assert awarded.correct(0, replace(firm, holder_siret="21250056500016")) is Step.RENAMED
    assert awarded.correct(0, numbered) is Step.RENAMED
    [kept] = awarded.contracts()
    assert (kept.id, kept.holder.name, kept.holder.siret) == (
        contract.id,
        "Vertigo SARL",
        "21250056500016",
    )
    assert [one.role for one in kept.employers] == [EmployerRole.HOLDER]


def test_one_lot_of_two_goes_to_a_contract_of_its_new_holder_and_back(session: Session) -> None:
    awarded = two_lots(session)
    (first, second), names = (
        awarded.ids,
        [one.name for one in awarded.market.structures],
    )
    lots = [lot.title for lot in awarded.market.need.lots]
    [contract] = awarded.contracts()
    with transaction() as writing:
        writing.get_one(Contract, contract.id).lots[1].committed_hours = Decimal(120)
    before = decided_of(outcomes_of(session, awarded.market.need.id)[1])
    after = replace(before, structure_id=second)
    assert awarded.correct(1, after) is Step.MOVED
    assert awarded.shown() == [
        (names[0], [lots[0]], Decimal(500)),
        (names[1], [lots[1]], Decimal(700)),
    ]
    moved = awarded.contracts()[1].lots[0]
    assert (moved.committed_hours, moved.lot_id) == (Decimal(120), after.lot_id)
    assert awarded.history(contract)[0] == ["Lot 2", lots[1], "Retiré"]
    assert awarded.correct(1, Decided(after.lot_id, Result.UNSUCCESSFUL)) is Step.DROPPED
    assert awarded.shown() == [(names[0], [lots[0]], Decimal(500))]
    of_contracts = select(AuditEntry).filter_by(object_kind="contract")
    dropped = of_contracts.order_by(AuditEntry.id.desc()).limit(1)
    assert session.scalars(dropped).one().details["holder"] == names[1]
    assert awarded.correct(1, replace(after, structure_id=first)) is Step.ADDED
    assert awarded.shown() == [(names[0], lots, Decimal(1200))]


def test_a_lot_joins_the_contract_that_its_new_holder_has_and_may_lose_its_holder(
    session: Session,
) -> None:
    awarded = two_lots(session, second=1)
    names = [one.name for one in awarded.market.structures]
    lots = [lot.title for lot in awarded.market.need.lots]
    one, two = awarded.contracts()
    outcome = decided_of(outcomes_of(session, awarded.market.need.id)[1])
    with transaction() as writing:
        add_employer(writing, two.id, EmployerTold("21250056500016", "Vertigo", role=SUB))
    assert awarded.correct(1, replace(outcome, structure_id=awarded.ids[0])) is Step.HANDED_OVER
    assert [(name, titles) for name, titles, _ in awarded.shown()] == [
        (names[0], [lots[0]]),
        (names[0], [lots[1]]),
    ]
    assert awarded.correct(1, Decided(outcome.lot_id, Result.ABANDONED)) is Step.DROPPED
    assert [found.id for found in awarded.contracts()] == [one.id]


def test_a_lot_with_hours_leaves_once_it_is_closed_and_what_was_done_stays(
    session: Session,
) -> None:
    awarded = two_lots(session)
    [contract] = awarded.contracts()
    awarded.report(contract)
    outcome = decided_of(outcomes_of(session, awarded.market.need.id)[0])
    after = replace(outcome, structure_id=awarded.ids[1])
    with pytest.raises(HoursReported) as refused:
        awarded.correct(0, after)
    assert refused.value.leaves
    session.rollback()
    with transaction() as writing:
        end_lot(writing, contract.lots[0].id, By(awarded.market.buyer.id, clock.now(), "Erreur"))
    assert awarded.correct(0, after) is Step.ADDED
    first, second = awarded.contracts()
    assert (len(first.lots), first.lots[0].closed_at is not None) == (2, True)
    assert second.holder.siret == awarded.market.structures[1].siret


def test_posts_outlive_the_contract_that_is_dropped(session: Session) -> None:
    awarded = one_holder(session)
    [contract] = awarded.contracts()
    with transaction() as writing:
        writing.add(
            Opening(
                desk_id=contract.desk_id,
                contract_id=contract.id,
                commune_code="25056",
                trade="Jardinier",
                posts=1,
                starts_on=clock.today(),
                apply_until=clock.today(),
                created_at=clock.now(),
                created_by_id=awarded.market.buyer.id,
            )
        )
    assert awarded.correct(0, Decided(None, Result.UNSUCCESSFUL)) is Step.DROPPED
    assert awarded.contracts() == []
    assert session.scalars(select(Opening.contract_id)).all() == [None]


def test_the_partners_of_a_holder_come_and_go_with_it(session: Session) -> None:
    group = Group(session, size=4)
    for number in (1, 2):
        group.reply(number)
    group.settle("50", "30", "20")
    group.write(9000)
    for number in (1, 2):
        group.agree(number)
    group.send()
    market = group.market
    send(market, price(9000, group.lots[0]), number=3)
    won = [
        Decided(lot_id, Result.AWARDED, group.ids[0], amount=Decimal(9000)) for lot_id in group.lots
    ]
    awarded = Awarded(session, market, *won)
    sirets = [one.siret for one in market.structures]
    [contract] = awarded.contracts()
    assert [one.siret for one in contract.employers] == sirets[:3]
    alone = [replace(one, structure_id=group.ids[3]) for one in won]
    assert awarded.correct(0, alone[0]) is Step.MOVED
    assert awarded.correct(1, alone[1]) is Step.HANDED_OVER
    assert [[one.siret for one in found.employers] for found in awarded.contracts()] == [
        [sirets[3]],
        [sirets[3]],
    ]
    assert awarded.correct(1, won[1]) is Step.HANDED_OVER
    assert [one.siret for one in awarded.contracts()[0].employers] == sirets[:3]
