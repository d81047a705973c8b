"""Every job: a transaction, a deed."""

from marketplace import clock
from marketplace.db import transaction
from marketplace.digests import sending
from marketplace.jobs import Job, enqueue
from marketplace.matching import live_index, queries, shortlisting
from marketplace.moderation import claims, desks
from marketplace.retention import expiring
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


@app.task(name=Job.TAKE_UP_STALLED_CLAIMS)
def take_up_stalled_claims() -> None:
    """Sweep: claims that managers leave without an answer go to a desk."""
    with transaction() as session:
        claims.take_up_stalled(session, clock.now())


@app.task(name=Job.HAND_ON_UNSTAFFED_QUEUES)
def hand_on_unstaffed_queues() -> None:
    """Sweep: what waits on desks whose people all left, whichever way."""
    with transaction() as session:
        desks.hand_on_unstaffed(session)


@app.task(name=Job.EXPIRE_ACCOUNTS)
def expire_accounts() -> None:
    """Sweep: accounts unused for too long are warned, then each is erased in a job of its own."""
    with transaction() as session:
        expiring.warn_inactive(session, clock.now(), config.retention)
        expiring.ask_for_expired(session, clock.now(), config.retention)


@app.task(name=Job.EXPIRE_ACCOUNT)
def expire_account(user_id: int) -> None:
    with transaction() as session:
        expiring.expire_account(session, user_id, clock.now(), config.retention)


@app.task(name=Job.FORGET_OLD_SESSIONS)
def forget_old_sessions() -> None:
    with transaction() as session:
        expiring.forget_old_sessions(session, clock.now(), config.retention)


@app.task(name=Job.FORGET_OLD_LINKS)
def forget_old_links() -> None:
    with transaction() as session:
        expiring.forget_old_links(session, clock.now(), config.retention)


@app.task(name=Job.FORGET_OLD_MAIL)
def forget_old_mail() -> None:
    with transaction() as session:
        expiring.forget_old_mail(session, clock.now(), config.retention)


@app.task(name=Job.FORGET_OLD_TRAIL)
def forget_old_trail() -> None:
    with transaction() as session:
        expiring.forget_old_trail(session, clock.now(), config.retention)
