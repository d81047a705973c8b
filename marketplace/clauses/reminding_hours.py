"""Employers are reminded of the month that is over, once it is time to know its hours."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.clauses.contract_queries import readers_of, without_report
from marketplace.clauses.reported import month_in_words
from marketplace.clock import PARIS
from marketplace.mail import Promise

FIRST_DAY = 5
"""Pay slips of a month are written by then."""
LAST_DAY = 20
"""A sweep that comes later reminds nobody: the next month is near."""


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
