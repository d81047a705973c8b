"""A contract with a social clause, and the hours that two employers reported on it."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.clauses import changing, contracting, reporting
from marketplace.clauses.contracting import EmployerTold, LotTold
from marketplace.clauses.reported import (
    Age,
    District,
    EmployerRole,
    Line,
    Public,
    Sex,
    Way,
    WorkContract,
    months_between,
    next_month,
)
from marketplace.clock import PARIS
from marketplace.demo.cast import Cast
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure

MONTHS_WORKED = 4
"""Before the running one; the last of them waits for the facilitator."""
PARTNER = "Net et Clair du Grand Pré"
COMMITTED = Decimal(1200)
RUNS = timedelta(days=364)
STARTED = "Le titulaire a commencé plus tôt que prévu."
SENT_ON, VALIDATED_ON = 4, 9
"""Days of the month after."""


def follow(session: Session, need: Need, cast: Cast, awarded_at: datetime, now: datetime) -> None:
    """The buyer opens the contract of its need, its employers report, the desk validates."""
    (contract,) = contracting.open_from_need(session, need.id, need.author_id, awarded_at)
    today = now.astimezone(PARIS).date()
    starts_on = today.replace(day=1)
    for _ in range(MONTHS_WORKED):
        starts_on = (starts_on - timedelta(days=1)).replace(day=1)
    ends_on = starts_on + RUNS
    ends_on = ends_on.replace(day=monthrange(ends_on.year, ends_on.month)[1])
    by = changing.By(need.author_id, awarded_at, STARTED)
    terms = changing.Terms(
        contract.title,
        contract.territory_code,
        starts_on,
        ends_on,
        contract.lever,
        contract.nature,
        contract.amount,
        contract.programme_id,
    )
    changing.change_contract(session, contract.id, terms, by)
    lot = contract.lots[0]
    told = LotTold(lot.title, lot.planned_hours, COMMITTED, "Habitants des quartiers prioritaires")
    changing.plan_lot(session, lot.id, told, by)
    partner = session.get_one(Structure, cast.structures[PARTNER])
    role = EmployerRole.SUBCONTRACTOR
    firm = EmployerTold(partner.siret, partner.name, partner.kind.value, role=role)
    second = contracting.add_employer(session, contract.id, firm)
    holder = next(one for one in contract.employers if one.role is EmployerRole.HOLDER)
    sent_by = {
        holder.id: cast.speaker_of(session, cast.structures["Les Chantiers du Rosemont"]),
        second.id: cast.speaker_of(session, partner.id),
    }
    moderator_id = cast.moderators[contract.desk_id]
    session.flush()
    for number, month in enumerate(months_between(starts_on, today)[:MONTHS_WORKED]):
        is_last = number == MONTHS_WORKED - 1
        for employer_id, lines in ((holder.id, _own(number)), (second.id, _subcontracted(number))):
            sent_at = min(_on(next_month(month), SENT_ON), now - timedelta(hours=2))
            report = reporting.send_report(
                session, lot.id, employer_id, month, lines, sent_by[employer_id], sent_at
            )
            if not is_last:
                validated_at = _on(next_month(month), VALIDATED_ON)
                reporting.validate(session, report.id, report.version, moderator_id, validated_at)


def _on(month: date, day: int) -> datetime:
    return datetime.combine(month.replace(day=day), time(10, 20), tzinfo=PARIS)


def _own(number: int) -> list[Line]:
    """What the work integration site reports: a little more from month to month."""
    return [
        _hired(Public.RSA, Sex.WOMAN, Age.MIDDLE, District.QPV_2024, 62 + 6 * number, 3, number),
        _hired(Public.LONG_TERM, Sex.MAN, Age.MIDDLE, District.NO, 44 + 4 * number, 2, number),
        _hired(Public.YOUNG, Sex.MAN, Age.UNDER_26, District.QPV_2024, 30, 1, number),
    ]


def _hired(
    public: Public, sex: Sex, age: Age, district: District, hours: int, people: int, number: int
) -> Line:
    """Everybody is new in the first month."""
    new = people if number == 0 else 0
    contract = Way.HIRE, WorkContract.CDDI
    return Line(*contract, public, sex, age, district, Decimal(hours), people, new)


def _subcontracted(number: int) -> list[Line]:
    hours, new = Decimal(38 + 2 * number), 2 if number == 0 else 0
    who = Public.SENIOR, Sex.WOMAN, Age.SENIOR, District.NO
    return [Line(Way.SUBCONTRACT, WorkContract.CDD, *who, hours, 2, new)]
