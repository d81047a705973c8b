"""Employers are reminded of the month that is over; who follows a contract, of its delay."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.clauses.contract_queries import followed_rows, readers_of, without_report
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.informing import tell_behind
from marketplace.clauses.reported import month_in_words
from marketplace.clock import PARIS
from marketplace.mail import Promise

FIRST_DAY = 5
"""Pay slips of a month are written by then."""
LAST_DAY = 20
"""A sweep that comes later reminds nobody: the next month is near."""
SETTLED_DAY = 21
"""From then on what the last month brought is known, and a delay is one."""


def remind_reports(session: Session, now: datetime, secret_key: str) -> None:
    """Sweep: write to employers who said nothing of last month. May run at any time: a reminder
    is a mail with a key of its own."""
    today = now.astimezone(PARIS).date()
    if not FIRST_DAY <= today.day <= LAST_DAY:
        return
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for employer in without_report(session, month):
        for reader in readers_of(session, employer, secret_key):
            mail.post(
                session,
                key=f"report_due:{employer.id}:{month:%Y-%m}:{reader.key}"[:200],
                kind="clauses/report_due",
                address=reader.email,
                promise=Promise.AT_MOST_ONCE,
                user_id=reader.user_id,
                topic="hours",
                link=reader.link,
                name=reader.name,
                employer=employer.name,
                contract=employer.contract.title,
                month=month_in_words(month),
            )


def tell_delays(session: Session, now: datetime, secret_key: str) -> None:
    """Sweep: tell, once a month, of the running contracts that are behind."""
    today = now.astimezone(PARIS).date()
    if today.day < SETTLED_DAY:
        return
    running = select(Contract).where(Contract.starts_on <= today, Contract.ends_on >= today)
    for row in followed_rows(session, running, today):
        if row.followed.is_behind:
            contract = session.get_one(Contract, row.id)
            tell_behind(session, contract, row.followed, today.replace(day=1), secret_key)
