"""Contracts with a social clause, and lines of the hours that are worked on them."""

from datetime import date
from decimal import Decimal
from itertools import count

from sqlalchemy.orm import Session

from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    ContractEmployer,
    DeskYearPeople,
    HourReport,
    ReportVersion,
)
from marketplace.clauses.contracting import ContractTold, EmployerTold, LotTold, open_contract
from marketplace.clauses.reported import (
    Age,
    District,
    EmployerRole,
    Line,
    Public,
    ReportState,
    Sex,
    Way,
    WorkContract,
)
from tests.factories.market import BESANCON, MONDAY

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
STARTS_ON, ENDS_ON = date(2026, 9, 1), date(2027, 8, 31)

_numbers = count(1)


def contract(
    session: Session,
    user_id: int,
    organisation_id: int,
    *,
    siret: str = "",
    name: str = "Maçonnerie de la Boucle",
    territory: str = BESANCON,
    lots: int = 1,
    planned: int = 1000,
    starts_on: date = STARTS_ON,
    ends_on: date = ENDS_ON,
    **more: object,
) -> Contract:
    """A year from September 2026, with as many lots of as many hours."""
    told = {
        "organisation_id": organisation_id,
        "title": "Rénovation de l'école",
        "territory_code": territory,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "holder": EmployerTold(siret or f"9{next(_numbers):013}", name),
        "lots": tuple(LotTold(f"Lot {n + 1}", Decimal(planned)) for n in range(lots)),
    }
    return open_contract(session, ContractTold(**(told | more)), user_id, MONDAY)  # type: ignore[arg-type]  # a test's own values


def employer(
    session: Session,
    of: Contract,
    siret: str = "",
    role: EmployerRole = EmployerRole.SUBCONTRACTOR,
    **more: object,
) -> ContractEmployer:
    row = ContractEmployer(
        contract_id=of.id,
        siret=siret or f"9{next(_numbers):013}",
        name="Intérim d'insertion",
        kind="ETTI",
        role=role,
    )
    for name, value in more.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    session.expire(of)
    return row


def line(hours: float = 70, people: int = 1, new_people: int = 0, **more: object) -> Line:
    said = {
        "way": Way.HIRE,
        "work_contract": WorkContract.CDD,
        "public": Public.RSA,
        "sex": Sex.WOMAN,
        "age": Age.MIDDLE,
        "district": District.NO,
    }
    return Line(**(said | more), hours=Decimal(str(hours)), people=people, new_people=new_people)  # type: ignore[arg-type]  # a test's own values


def contract_traces(
    session: Session, user_id: int, organisation_id: int, desk_id: int
) -> list[object]:
    """What a person leaves who opened a contract, reported, decided and declared."""
    opened = contract(session, user_id, organisation_id)
    report = HourReport(
        lot_id=opened.lots[0].id,
        employer_id=opened.holder.id,
        month=OCTOBER,
        state=ReportState.ASKED,
        sent_at=MONDAY,
        sent_by_id=user_id,
        decided_at=MONDAY,
        decided_by_id=user_id,
        versions=[ReportVersion(number=1, lines=[], sent_at=MONDAY, user_id=user_id)],
    )
    declared = DeskYearPeople(
        desk_id=desk_id, year=2026, distinct_people=7, said_at=MONDAY, user_id=user_id
    )
    changed = ContractChange(
        contract_id=opened.id, user_id=user_id, changed_at=MONDAY, reason="Avenant", fields=[]
    )
    return [report, declared, changed]
