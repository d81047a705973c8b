"""Every job: a transaction, a deed."""

from marketplace import clock
from marketplace.db import transaction
from marketplace.digests import sending
from marketplace.jobs import Job, enqueue
from marketplace.matching import live_index, queries, shortlisting
from worker.app import app, config


@app.task(name=Job.SHORTLIST_NEED)
def shortlist_need(need_id: int) -> None:
    with transaction() as session:
        shortlisting.shortlist_need(session, need_id, clock.now())


@app.task(name=Job.SHORTLIST_FOR_OFFER)
def shortlist_for_offer(offer_id: int) -> None:
    with transaction() as session:
        shortlisting.shortlist_for_offer(session, offer_id, clock.now())


@app.task(name=Job.SHORTLIST_FORGOTTEN_NEEDS)
def shortlist_forgotten_needs() -> None:
    """Sweep: needs whose message was lost."""
    with transaction() as session:
        for need_id in queries.needs_without_shortlist(session, clock.now()):
            enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)


@app.task(name=Job.SHORTLIST_OPEN_NEEDS)
def shortlist_open_needs() -> None:
    """Sweep: every open need, each in a job of its own."""
    with transaction() as session:
        for need_id in queries.open_needs(session, clock.now()):
            enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)


@app.task(name=Job.FORGET_OLD_CHANGES)
def forget_old_changes() -> None:
    with transaction() as session:
        live_index.forget_old_changes(session, clock.now())


@app.task(name=Job.SEND_MAIL)
def send_mail(mail_id: int) -> None:
    with transaction() as session:
        parcel = sending.take(session, mail_id, clock.now(), config)
    if parcel is not None:
        outcome = sending.hand_over(parcel, config.smtp_url)
        with transaction() as session:
            sending.stamp(session, parcel, outcome, clock.now())


@app.task(name=Job.SEND_DUE_MAIL)
def send_due_mail() -> None:
    with transaction() as session:
        sending.ask_for_due(session, clock.now())
