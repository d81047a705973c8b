"""« Achats en QPV »: whose place is known counts, whoever says it."""

from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clauses.contracting import EmployerTold
from marketplace.clauses.purchases import DistrictPurchases, district_purchases
from marketplace.clauses.reported import ORDINARY
from marketplace.needs.lifecycle import Status
from tests.factories import people
from tests.factories.contracts import contract
from tests.factories.market import MONDAY, structure, submitted_need


def test_the_place_that_a_contract_says_of_its_holder_counts_of_a_structure_and_of_a_firm(
    session: Session,
) -> None:
    people.desk(session, "25")
    town = people.organisation(session)
    buyer, supplier = people.buyer(session, town.id), structure(session)
    need = submitted_need(session, buyer.id, town.id)
    need.status = Status.AWARDED
    session.add(
        Outcome(
            need_id=need.id,
            result=Result.AWARDED,
            structure_id=supplier.id,
            amount=Decimal(6000),
            decided_by_id=buyer.id,
            decided_at=MONDAY,
        )
    )
    followed = contract(session, buyer.id, town.id, siret=supplier.siret, need_id=need.id)

    def told() -> DistrictPurchases:
        session.flush()
        [row] = district_purchases(session, [town.id])
        return row

    assert (told().awards, told().unknown, told().needs) == (1, 1, 0)
    followed.holder.is_in_qpv = True
    assert (told().inside, told().unknown, told().needs_inside) == (1, 0, 1)
    assert (told().amount_inside, told().firms_inside) == (6000, 0)

    by_hand = contract(session, buyer.id, town.id, amount=Decimal(4000))
    by_hand.holder.kind = ORDINARY
    assert (told().awards, told().unknown) == (2, 1)
    by_hand.holder.is_in_qpv = True
    assert (told().inside, told().firms_inside, told().needs) == (2, 1, 1)
    assert (told().amount_inside, told().amount_firms_inside) == (10_000, 4000)

    seated = structure(session, "Au quartier")
    seated.is_in_qpv = True
    holder = EmployerTold(seated.siret, seated.name, "ACI")
    contract(session, buyer.id, town.id, holder=holder, amount=Decimal(1000))
    assert (told().inside, told().unknown, told().amount_inside) == (3, 0, 11_000)
