"""What a contract takes from the need that was awarded."""

import pytest
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.awarding import record_outcomes
from marketplace.answers.lifecycle import Decided, Result
from marketplace.clauses.contracting import open_from_need
from marketplace.db import transaction
from marketplace.needs.tables import Lever
from tests.answers.market import close, market_of


@pytest.mark.parametrize(
    ("of_need", "of_lots", "taken"),
    [
        (Lever.EXECUTION, (None, None), Lever.EXECUTION),
        (Lever.EXECUTION, (Lever.RESERVED_BOTH, Lever.RESERVED_BOTH), Lever.RESERVED_BOTH),
        (None, (Lever.CRITERION, Lever.CRITERION), Lever.CRITERION),
        (Lever.EXECUTION, (Lever.RESERVED_BOTH, None), None),
    ],
)
def test_a_contract_has_the_lever_of_the_lots_won_where_they_are_alike(
    session: Session, of_need: Lever | None, of_lots: tuple[Lever | None, ...], taken: Lever | None
) -> None:
    market = market_of(session, lots=2)
    market.need.lever = of_need
    for lot, lever in zip(market.need.lots, of_lots, strict=True):
        lot.lever = lever
    close(session, market.need)
    name, siret = "Paysages du Doubs", "21210231300013"
    won = [
        Decided(lot.id, Result.AWARDED, holder_name=name, holder_siret=siret)
        for lot in market.need.lots
    ]
    with transaction() as writing:
        record_outcomes(writing, market.need.id, market.buyer.id, won, clock.now())
    with transaction() as writing:
        [opened] = open_from_need(writing, market.need.id, market.buyer.id, clock.now())
        assert opened.lever == taken
