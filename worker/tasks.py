"""Every job: a transaction, a deed."""

from marketplace import clock
from marketplace.answers import reminding
from marketplace.clauses import publishing, reminding_hours
from marketplace.db import transaction
from marketplace.digests import (
    gathering,
    searching_again,
    sending,
    telling,
    telling_plans,
    writing,
    writing_to_contacts,
)
from marketplace.exports import writing as exporting
from marketplace.files import taking_in
from marketplace.jobs import Job, enqueue
from marketplace.matching import following, live_index, queries, shortlisting
from marketplace.moderation import claims, desks, escalating
from marketplace.needs import closing
from marketplace.offers import inferring, taking_registers
from marketplace.retention import expiring
from marketplace.structures import handing_in
from marketplace.territories.queries import gazetteer
from worker.app import app, config


@app.task(name=Job.SHORTLIST_NEED)
def shortlist_need(need_id: int) -> None:
    with transaction() as session:
        shortlisting.shortlist_need(session, need_id, clock.now())
        enqueue(session, Job.TELL_MATCHES, need_id=need_id)


@app.task(name=Job.SHORTLIST_FOR_OFFER)
def shortlist_for_offer(offer_id: int) -> None:
    with transaction() as session:
        for need_id in following.shortlist_for_offer(session, offer_id, clock.now()):
            enqueue(session, Job.TELL_MATCHES, need_id=need_id)


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
        live_index.note_closed_needs(session, clock.now())
        for need_id in queries.open_needs(session, clock.now()):
            enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)


@app.task(name=Job.CLOSE_DUE_NEEDS)
def close_due_needs() -> None:
    """Sweep: needs whose deadline is over; until it comes by, deeds look at the deadline."""
    with transaction() as session:
        closing.close_due(session, clock.now())


@app.task(name=Job.INFER_SECTORS)
def infer_sectors() -> None:
    """Sweep: implied offers whose words changed unseen, or that are read in another way now."""
    with transaction() as session:
        inferring.infer_stale(session)


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


@app.task(name=Job.TELL_MATCHES)
def tell_matches(need_id: int) -> None:
    with transaction() as session:
        telling.tell_matches(session, need_id, clock.now())


@app.task(name=Job.TELL_OF_PLAN)
def tell_of_plan(plan_id: int) -> None:
    with transaction() as session:
        telling_plans.tell_of_plan(session, plan_id, clock.now())


@app.task(name=Job.TELL_OPEN_NEEDS)
def tell_open_needs() -> None:
    """Sweep: the needs whose next wave is due, or whose message was lost."""
    with transaction() as session:
        telling.ask_for_open_needs(session, clock.now())


@app.task(name=Job.GATHER_NOTICES)
def gather_notices() -> None:
    with transaction() as session:
        gathering.gather(session, clock.now())


@app.task(name=Job.WRITE_DUE_DIGESTS)
def write_due_digests() -> None:
    """Sweep: whoever is to be told something by now."""
    with transaction() as session:
        writing.ask_for_due(session, clock.now())


@app.task(name=Job.WRITE_DIGESTS)
def write_digests(first_id: int, last_id: int) -> None:
    with transaction() as session:
        writing.write_digests(session, first_id, last_id, clock.now())


@app.task(name=Job.SEARCH_WATCHED_AGAIN)
def search_watched_again() -> None:
    """Sweep, before the hour of the digest."""
    with transaction() as session:
        searching_again.ask_for_watched(session)


@app.task(name=Job.SEARCH_AGAIN)
def search_again(search_id: int) -> None:
    with transaction() as session:
        searching_again.search_again(session, search_id, clock.now())


@app.task(name=Job.SEARCH_FOR_EAGER)
def search_for_eager() -> None:
    """Sweep: whoever wants to know at once what its searches find."""
    with transaction() as session:
        searching_again.ask_for_eager(session)


@app.task(name=Job.SEARCH_AT_ONCE)
def search_at_once(user_id: int) -> None:
    with transaction() as session:
        searching_again.search_at_once(session, user_id, clock.now())


@app.task(name=Job.WRITE_TO_CONTACTS)
def write_to_contacts() -> None:
    with transaction() as session:
        writing_to_contacts.write_to_contacts(session, clock.now())


@app.task(name=Job.REMIND_OUTCOMES)
def remind_outcomes() -> None:
    """Sweep: buyers of closed needs whose outcome is not known."""
    with transaction() as session:
        reminding.remind_outcomes(session, clock.now())


@app.task(name=Job.REMIND_REPORTS)
def remind_reports() -> None:
    """Sweep: employers who owe the hours of last month, and who follows a contract that is late."""
    with transaction() as session:
        reminding_hours.remind_reports(session, clock.now(), config.secret_key)
        reminding_hours.tell_delays(session, clock.now(), config.secret_key)


# Once a month it reads every line there is: minutes, with a million of them.
@app.task(name=Job.PUBLISH_HOURS, time_limit=1800, soft_time_limit=1740)
def publish_hours() -> None:
    """Sweep: the public figures of hours, once a month."""
    with transaction() as session:
        publishing.publish_due(session, gazetteer(session), clock.now())


@app.task(name=Job.TAKE_UP_STALLED_CLAIMS)
def take_up_stalled_claims() -> None:
    """Sweep: claims that managers leave without an answer go to a desk."""
    with transaction() as session:
        claims.take_up_stalled(session, clock.now())


@app.task(name=Job.ESCALATE_OVERDUE)
def escalate_overdue() -> None:
    """Sweep: what desks leave undecided after its time is shown to a wider desk too."""
    with transaction() as session:
        escalating.escalate_overdue(session, clock.now())


@app.task(name=Job.HAND_ON_UNSTAFFED_QUEUES)
def hand_on_unstaffed_queues() -> None:
    """Sweep: what waits on desks whose people all left, whichever way."""
    with transaction() as session:
        desks.hand_on_unstaffed(session)


@app.task(name=Job.FORGET_ORPHAN_FILES)
def forget_orphan_files() -> None:
    with transaction() as session:
        taking_in.forget_orphans(session, clock.now())


@app.task(name=Job.CHECK_IMPORT)
def check_import(import_id: int) -> None:
    with transaction() as session:
        taking_registers.rehearse_batch(session, import_id, clock.now())


@app.task(name=Job.RUN_IMPORT)
def run_import(import_id: int) -> None:
    with transaction() as session:
        taking_registers.take_batch(session, import_id, clock.now(), clock.today())


@app.task(name=Job.TAKE_UP_STALLED_IMPORTS)
def take_up_stalled_imports() -> None:
    """Sweep: imports whose message was lost, or whose job was killed."""
    with transaction() as session:
        taking_registers.take_up_stalled(session, clock.now())


@app.task(name=Job.FORGET_OLD_IMPORTS)
def forget_old_imports() -> None:
    with transaction() as session:
        handing_in.forget_old(session, clock.now())


@app.task(name=Job.WRITE_EXPORT)
def write_export(export_id: int) -> None:
    with transaction() as session:
        exporting.write(session, export_id, clock.now())


@app.task(name=Job.ASK_FOR_LATE_EXPORTS)
def ask_for_late_exports() -> None:
    """Sweep: sheets whose message was lost, or whose job was killed."""
    with transaction() as session:
        exporting.ask_again(session, clock.now())


@app.task(name=Job.FORGET_OLD_EXPORTS)
def forget_old_exports() -> None:
    with transaction() as session:
        exporting.forget_old(session, clock.now())


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
