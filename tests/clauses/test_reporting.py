"""Hours reported, validated, corrected; the totals are always the sums of the lines."""

from collections import Counter, defaultdict
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.audit import AuditEntry
from marketplace.clauses.changing import (
    By,
    LastLot,
    ReportedOutside,
    Terms,
    change_contract,
    change_holder,
    end_lot,
)
from marketplace.clauses.contract_queries import (
    changes_of,
    followed_rows,
    reports_of,
    without_report,
)
from marketplace.clauses.contract_tables import (
    Contract,
    HourReport,
    ReportVersion,
)
from marketplace.clauses.contracting import (
    AlreadyEmployed,
    EmployerTold,
    LotTold,
    add_employer,
    add_lot,
    close_months,
)
from marketplace.clauses.figures import LABELS, figures_of
from marketplace.clauses.publishing import publish_due
from marketplace.clauses.reminding_hours import remind_reports, tell_delays
from marketplace.clauses.reported import (
    FEW,
    Age,
    District,
    EmployerRole,
    Line,
    Public,
    ReportState,
    Sex,
    Way,
    faults,
)
from marketplace.clauses.reporting import Refusal, Refused, ask, send_report, validate
from marketplace.clauses.told_tables import ToldCell, ToldTotal
from marketplace.db import transaction
from marketplace.digests.topics import Topic
from marketplace.mail import OutgoingMail
from marketplace.territories.gazetteer import Gazetteer
from tests.factories import people
from tests.factories.contracts import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    contract,
    employer,
    line,
)
from tests.factories.market import BESANCON, DOLE, MONDAY, structure

PLACES = Gazetteer.shipped()
SECRET = "un secret"
DECEMBER = MONDAY + timedelta(days=9)


@pytest.fixture
def facilitator_id(session: Session) -> int:
    desk = people.desk(session, "25")
    person = people.facilitator(session, desk)
    session.commit()
    return person.id


@pytest.fixture
def opened(session: Session, facilitator_id: int) -> Contract:
    row = contract(session, facilitator_id, people.organisation(session).id)
    session.commit()
    return row


def send(session: Session, of: Contract, *lines: Line, month: date = OCTOBER) -> HourReport:
    report = send_report(session, of.lots[0].id, of.holder.id, month, lines, None, MONDAY)
    session.commit()
    return report


def counted(session: Session) -> Decimal:
    """What is kept of validated hours, which is always what a plain sum of their lines gives."""
    kept = session.execute(text("SELECT coalesce(sum(hours), 0) FROM contract_totals"))
    plain = session.execute(
        text(
            "SELECT coalesce(sum(l.hours), 0) FROM hour_lines l"
            " JOIN hour_reports r ON r.id = l.report_id WHERE r.state = 'validated'"
        )
    )
    hours: Decimal = kept.scalar_one()
    assert hours == plain.scalar_one()
    return hours


def test_only_validated_hours_count_and_a_correction_takes_them_back(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    report = send(session, opened, line(140, 1, 1))
    assert counted(session) == 0
    validate(session, report.id, 1, facilitator_id, MONDAY)
    session.commit()
    assert counted(session) == 140

    report = send(session, opened, line(100, 1, 1))
    assert (report.state, report.version) == (ReportState.SENT, 2)
    assert counted(session) == 0
    kept = session.scalars(select(ReportVersion).order_by(ReportVersion.number)).all()
    assert [version.lines[0]["hours"] for version in kept] == ["140", "100"]
    with pytest.raises(Refused) as refused:
        validate(session, report.id, 1, facilitator_id, MONDAY)  # what was read has changed
    assert refused.value.why is Refusal.STALE
    validate(session, report.id, 2, facilitator_id, MONDAY)
    with pytest.raises(Refused):
        validate(session, report.id, 2, facilitator_id, MONDAY)  # it counts once
    assert counted(session) == 100


@pytest.mark.parametrize(
    ("told", "month", "why"),
    [
        (line(300, 1), OCTOBER, Refusal.FAULTY),
        (line(-1, 1), OCTOBER, Refusal.FAULTY),
        (line(10, 0), OCTOBER, Refusal.FAULTY),
        (line(10, 1, 2), OCTOBER, Refusal.FAULTY),
        (line(), date(2026, 8, 1), Refusal.OUTSIDE),
        (line(), date(2026, 12, 1), Refusal.TO_COME),
        (line(), SEPTEMBER, Refusal.CLOSED),
    ],
)
def test_what_cannot_be_is_refused(
    session: Session,
    opened: Contract,
    facilitator_id: int,
    told: Line,
    month: date,
    why: Refusal,
) -> None:
    close_months(session, opened.id, SEPTEMBER, facilitator_id)
    with pytest.raises(Refused) as refused:
        send(session, opened, told, month=month)
    assert refused.value.why is why
    assert session.query(HourReport).count() == 0


def test_a_report_written_meanwhile_is_not_overwritten(session: Session, opened: Contract) -> None:
    send(session, opened, line())
    with pytest.raises(Refused) as refused:
        send_report(
            session, opened.lots[0].id, opened.holder.id, OCTOBER, [line(1)], None, MONDAY, seen=0
        )
    assert refused.value.why is Refusal.STALE


def test_an_employer_works_once_on_a_contract(session: Session, opened: Contract) -> None:
    with pytest.raises(AlreadyEmployed):
        add_employer(session, opened.id, EmployerTold(opened.holder.siret, "La même"))


def test_the_hours_of_a_contract_go_with_it_to_another_territory_and_its_desk_follows_it(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    jura = people.desk(session, "39", name="Guichet du Jura")
    people.facilitator(session, jura)
    told = line(900, 9, 9)
    validate(session, send(session, opened, told).id, 1, facilitator_id, MONDAY)
    waiting = send(session, opened, told, month=NOVEMBER)
    moved = terms(opened, territory_code=DOLE)
    change_contract(session, opened.id, moved, By(facilitator_id, MONDAY, "Erreur de lieu"))
    session.commit()
    assert (opened.territory_code, opened.desk_id) == (DOLE, jura.id)
    assert counted(session) == 900
    validate(session, waiting.id, 1, facilitator_id, MONDAY)
    assert counted(session) == 1800
    assert publish_due(session, PLACES, DECEMBER)
    kept = {row.territory_code: row.hours for row in session.scalars(select(ToldTotal))}
    assert kept == dict.fromkeys([*PLACES.zones_of(DOLE)[:4], "FR"], 1800)
    change_contract(session, opened.id, moved, By(facilitator_id, MONDAY, "Rien"))
    noted = session.scalars(
        select(AuditEntry).filter_by(object_kind="contract", object_id=opened.id)
    )
    assert {"fields": ["Territoire"]} in [note.details for note in noted]
    [change] = changes_of(session, opened.id)
    assert (change.reason, change.fields) == (
        "Erreur de lieu",
        [["Territoire", "Besançon", "Dole"]],
    )


def terms(of: Contract, **changed: Any) -> Terms:
    names = (field.name for field in fields(Terms))
    return replace(Terms(**{name: getattr(of, name) for name in names}), **changed)


def test_a_contract_keeps_the_months_in_which_hours_were_reported(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    send(session, opened, line())
    by = By(facilitator_id, MONDAY, "Avenant")
    for period in ({"starts_on": NOVEMBER}, {"ends_on": date(2026, 9, 30)}):
        with pytest.raises(ReportedOutside) as outside:
            change_contract(session, opened.id, terms(opened, **period), by)
        assert outside.value.month == OCTOBER
    change_contract(session, opened.id, terms(opened, starts_on=date(2026, 10, 31)), by)
    assert opened.starts_on == date(2026, 10, 31)


def test_a_lot_without_hours_is_removed_and_one_with_hours_is_closed_and_owes_what_was_done(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    by = By(facilitator_id, MONDAY, "Sans suite")
    second = add_lot(session, opened.id, LotTold("Peinture", Decimal(500))).id
    report = send(session, opened, line(900, 9, 9))
    validate(session, report.id, 1, facilitator_id, MONDAY)
    assert not end_lot(session, second, by)
    assert [lot.number for lot in opened.lots] == [1]
    assert end_lot(session, opened.lots[0].id, by)
    session.commit()
    with pytest.raises(Refused) as refused:
        send(session, opened, line())
    assert refused.value.why is Refusal.LOT_CLOSED
    [row] = followed_rows(session, select(Contract), date(2027, 9, 1))
    assert (row.followed.due, row.followed.achieved, row.followed.is_behind) == (900, 900, False)
    assert without_report(session, NOVEMBER) == []
    end_lot(session, opened.lots[0].id, by)
    [row] = followed_rows(session, select(Contract), date(2027, 9, 1))
    assert (row.followed.due, row.followed.is_behind) == (1000, False)
    assert [change.fields for change in changes_of(session, opened.id)] == [
        [["Lot 1", "Clos", "Ouvert"]],
        [["Lot 1", "Ouvert", "Clos"]],
        [["Lot 2", "Peinture, 500\u00a0h", "Retiré"]],
    ]


def test_the_only_lot_of_a_contract_stays(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    with pytest.raises(LastLot):
        end_lot(session, opened.lots[0].id, By(facilitator_id, MONDAY, "Erreur"))


def test_a_new_holder_reports_from_then_on_and_the_former_one_keeps_its_hours(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    former = opened.holder
    helper = employer(session, opened)
    send(session, opened, line(70, 1, 1))
    by = By(facilitator_id, MONDAY, "Cession")
    with pytest.raises(AlreadyEmployed):
        change_holder(session, opened.id, EmployerTold(former.siret, "Le même"), by)
    told = EmployerTold(helper.siret, "Intérim d'insertion", "ETTI")
    change_holder(session, opened.id, told, by)
    session.commit()
    assert (opened.holder.id, former.role) == (helper.id, EmployerRole.FORMER)
    assert [report.employer_id for report in reports_of(session, opened.id)] == [former.id]
    assert [one.id for one in without_report(session, NOVEMBER)] == [helper.id]
    [change] = changes_of(session, opened.id)
    assert change.fields[0] == ["Titulaire", "Maçonnerie de la Boucle", "Intérim d'insertion"]


def test_the_hours_of_an_epci_count_in_its_department(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    epci = PLACES.zones_of(BESANCON)[1]
    wide = contract(session, facilitator_id, opened.organisation_id, territory=epci)
    validate(session, send(session, wide, line(900, 9, 9)).id, 1, facilitator_id, MONDAY)
    assert publish_due(session, PLACES, MONDAY)
    for code in (epci, "25", "R27", "FR"):
        told = figures_of(session, PLACES, code)
        assert (told.achieved, told.contracts) == (900, 2), code
    assert figures_of(session, PLACES, BESANCON).achieved == 0


def test_a_lot_that_is_added_comes_after_the_others(session: Session, opened: Contract) -> None:
    for title in ("Peinture", "Plomberie"):
        add_lot(session, opened.id, LotTold(title, Decimal(50)))
    session.commit()
    assert [(lot.number, lot.title) for lot in opened.lots[1:]] == [
        (2, "Peinture"),
        (3, "Plomberie"),
    ]
    assert figures_of(session, PLACES, BESANCON).planned == 1100


LINES = st.builds(
    line,
    hours=st.integers(1, 20_000).map(lambda cents: cents / 100),
    people=st.just(3),
    new_people=st.integers(0, 3),
    public=st.sampled_from(Public),
    sex=st.sampled_from(Sex),
    way=st.sampled_from(Way),
    age=st.sampled_from(Age),
    district=st.sampled_from(District),
).filter(lambda told: not any(faults(told, OCTOBER)))
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([SEPTEMBER, OCTOBER, NOVEMBER]),
        st.lists(LINES, max_size=4),
        st.sampled_from(["wait", "validate", "ask"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS)
def test_the_totals_are_the_sums_of_the_lines_whatever_happened(
    session: Session, facilitator_id: int, steps: list[tuple[int, date, list[Line], str]]
) -> None:
    session.rollback()  # whatever the example before left
    organisation = people.organisation(session).id
    both = [
        contract(session, facilitator_id, organisation, territory=code) for code in (BESANCON, DOLE)
    ]
    for which, month, lines, then in steps:
        of = both[which]
        report = send_report(session, of.lots[0].id, of.holder.id, month, lines, None, MONDAY)
        if then != "wait":
            validate(session, report.id, report.version, facilitator_id, MONDAY)
        if then == "ask":
            ask(session, report.id, report.version, "Qui ?", facilitator_id, MONDAY, SECRET)
    counted(session)
    publish_due(session, PLACES, MONDAY)
    check_told(session)


def check_told(session: Session) -> None:
    """Each figure is what a plain sum of the lines gives, or nothing where people are few."""
    rows = session.execute(
        text(
            "SELECT p.code, p.epci, p.department, p.region, r.month, l.public, l.sex, l.age,"
            " l.district, l.hours, l.people FROM hour_lines l"
            " JOIN hour_reports r ON r.id = l.report_id"
            " JOIN contract_lots t ON t.id = r.lot_id JOIN contracts c ON c.id = t.contract_id"
            " JOIN territories p ON p.code = c.territory_code"
            " WHERE r.state = 'validated' AND r.month < '2026-11-01'"
        )
    ).all()
    plain: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    worked: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for code, epci, department, region, month, public, sex, age, district, hours, number in rows:
        values = (month.isoformat(), public, sex, age, district)
        dimensions = list(zip(("month", *LABELS), values, strict=True))
        for held in (code, epci, department, region, "FR"):
            worked[held][month] += number
            for at in ((), *dimensions):
                plain[held, *at] += hours
    few = [code for code in (BESANCON, DOLE) if 0 < max(worked[code].values(), default=0) < FEW]
    together = sum((Counter(worked[code]) for code in few), Counter())
    waiting = few if max(together.values(), default=0) < FEW else []
    hidden = {held for code in few for held in PLACES.zones_of(code)[:3]}
    told = {row.territory_code: row.hours for row in session.scalars(select(ToldTotal))}
    assert {code for code, days in worked.items() if days} == told.keys()
    for code, hours in told.items():
        left = sum(plain[(one,)] for one in waiting) if code in ("R27", "FR") else Decimal(0)
        expected = Decimal(0) if code in hidden else plain[(code,)] - left
        assert (hours or 0) == expected, code
        assert (hours is None) == (not expected), code
    for cell in session.scalars(select(ToldCell)):
        hours = plain[cell.territory_code, cell.dimension, cell.value]
        if cell.territory_code in ("25", "39"):
            assert cell.hours in (hours, None)
        assert (cell.hours or 0) <= hours


def test_a_corrected_report_is_told_again_with_others_and_a_moved_contract_elsewhere(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    helper = employer(session, opened)
    report = send(session, opened, line(400, 4, 4))
    other = send_report(
        session, opened.lots[0].id, helper.id, OCTOBER, [line(300, 3, 3)], None, MONDAY
    )
    for one in (report, other):
        validate(session, one.id, 1, facilitator_id, MONDAY)
    assert publish_due(session, PLACES, MONDAY)
    assert figures_of(session, PLACES, BESANCON).achieved == 700

    send(session, opened, line(450, 4, 4))
    assert figures_of(session, PLACES, BESANCON).achieved == 700, "until figures are out again"
    assert publish_due(session, PLACES, DECEMBER)
    for code in (BESANCON, "FR"):
        assert figures_of(session, PLACES, code).achieved is None, "three people remain"
    validate(session, report.id, 2, facilitator_id, DECEMBER)
    assert not publish_due(session, PLACES, DECEMBER)
    assert publish_due(session, PLACES, DECEMBER.replace(year=2027, month=1))
    assert figures_of(session, PLACES, BESANCON).achieved == 750

    by = By(facilitator_id, MONDAY, "Le chantier est à Dole")
    change_contract(session, opened.id, terms(opened, territory_code=DOLE), by)
    assert publish_due(session, PLACES, DECEMBER.replace(year=2027, month=2))
    assert figures_of(session, PLACES, BESANCON).achieved == 0
    assert figures_of(session, PLACES, DOLE).achieved == 750


def test_the_month_that_runs_is_not_told_and_nothing_is_without_hours(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    assert not publish_due(session, PLACES, MONDAY)
    report = send(session, opened, line(600, 6, 6), month=NOVEMBER)
    validate(session, report.id, 1, facilitator_id, MONDAY)
    assert not publish_due(session, PLACES, MONDAY)
    assert figures_of(session, PLACES, BESANCON).told_on is None
    assert publish_due(session, PLACES, DECEMBER)
    told = figures_of(session, PLACES, BESANCON)
    assert (told.achieved, told.people, told.told_on) == (600, 6, DECEMBER.date())


def test_a_contract_behind_on_its_hours_is_told_of_once_a_month_to_who_follows_it(
    session: Session, opened: Contract, facilitator_id: int
) -> None:
    buyer = people.buyer(session, opened.organisation_id)
    opened.holder.email = "paie@boucle.invalid"
    opened.starts_on, opened.ends_on = date(2026, 5, 1), date(2027, 4, 30)
    opened.lots[0].committed_hours = 1200
    session.commit()
    for month in (0, 0, 1):
        with transaction() as writing:
            tell_delays(writing, MONDAY + timedelta(days=30 * month), SECRET)
    mails = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    facilitator = session.get_one(User, facilitator_id)
    told = {"paie@boucle.invalid": "hours", facilitator.email: "queue", buyer.email: "hours"}
    assert Counter((mail.address, mail.topic) for mail in mails) == dict.fromkeys(told.items(), 2)
    assert "0 heures déclarées sur 605 attendues" in mails[0].context["news"]

    send(session, opened, line(700, 7, 7))  # told, not validated: it is late no more
    with transaction() as writing:
        tell_delays(writing, MONDAY + timedelta(days=60), SECRET)
    assert len(session.scalars(select(OutgoingMail)).all()) == len(mails)


def test_employers_who_said_nothing_are_reminded_once(session: Session, opened: Contract) -> None:
    supplier = structure(session)
    member = people.structure_member(session, supplier)
    employer(session, opened, siret=supplier.siret)
    opened.holder.email = "paie@boucle.invalid"
    session.commit()
    for day in (MONDAY.replace(day=10), MONDAY.replace(day=12), MONDAY.replace(day=25)):
        with transaction() as writing:
            remind_reports(writing, day, SECRET)
    mails = session.scalars(select(OutgoingMail).order_by(OutgoingMail.address)).all()
    assert [mail.address for mail in mails] == ["paie@boucle.invalid", member.email]
    assert mails[0].context["link"].startswith("/heures/")
    assert mails[1].context["link"] == f"/contrats/{opened.id}"
    assert {(mail.context["month"], mail.topic) for mail in mails} == {
        ("octobre 2026", Topic.HOURS)
    }
