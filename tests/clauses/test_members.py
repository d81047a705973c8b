"""A group that wins a need works on its contract, each member for its part."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.awarding import record_outcomes
from marketplace.answers.lifecycle import Decided, Result
from marketplace.clauses.contracting import open_from_need
from marketplace.clauses.member_queries import hours_due, parts_of
from marketplace.clauses.reported import EmployerRole
from marketplace.db import transaction
from tests.answers.market import close
from tests.answers.together import Group


def test_each_member_of_a_group_works_on_what_it_won_for_the_part_that_it_takes(
    session: Session,
) -> None:
    group = Group(session).sent()
    need, buyer = group.market.need, group.market.buyer
    close(session, need)
    won = [
        Decided(lot_id, Result.AWARDED, structure_id=group.ids[0], amount=Decimal(9000))
        for lot_id in group.lots
    ]
    with transaction() as writing:
        record_outcomes(writing, need.id, buyer.id, won, clock.now())
    with transaction() as writing:
        [opened] = open_from_need(writing, need.id, buyer.id, clock.now())
        for lot in opened.lots:
            lot.committed_hours = Decimal(500)
    structures = group.market.structures
    assert [(one.role, one.siret) for one in opened.employers] == [
        (EmployerRole.HOLDER, structures[0].siret),
        (EmployerRole.MEMBER, structures[1].siret),
        (EmployerRole.MEMBER, structures[2].siret),
    ]
    parts = parts_of(session, opened)
    due = {lot.id: 500.0 for lot in opened.lots}
    told = [parts[one.id] for one in opened.employers]
    assert [one.said for [one] in told] == [
        "50 % du contrat",
        "30 % du contrat",
        "20 % du contrat",
    ]
    assert [hours_due(one, due) for one in told] == [500, 300, 200]
    later = clock.now() + timedelta(days=1)
    with transaction() as writing:
        assert [one.id for one in open_from_need(writing, need.id, buyer.id, later)] == [opened.id]
