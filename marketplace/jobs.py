"""The name of every background job, its queue, and the way to ask for one."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from celery import Celery
from flask import current_app
from kombu import Exchange, Queue
from sqlalchemy.orm import Session

from marketplace.config import Config
from marketplace.db import after_commit


class Job(StrEnum):
    """Every job there is. The worker has one task for each, of the same name."""

    SHORTLIST_NEED = "matching.shortlist_need"
    SHORTLIST_FOR_OFFER = "matching.shortlist_for_offer"
    SHORTLIST_FORGOTTEN_NEEDS = "matching.shortlist_forgotten_needs"
    SHORTLIST_OPEN_NEEDS = "matching.shortlist_open_needs"
    TELL_OF_PLAN = "matching.tell_of_plan"
    CLOSE_DUE_NEEDS = "needs.close_due"
    INFER_SECTORS = "offers.infer_sectors"
    FORGET_OLD_CHANGES = "matching.forget_old_changes"
    SEND_MAIL = "mail.send"
    SEND_DUE_MAIL = "mail.send_due"
    TELL_MATCHES = "digests.tell_matches"
    TELL_OPEN_NEEDS = "digests.tell_open_needs"
    GATHER_NOTICES = "digests.gather"
    WRITE_DUE_DIGESTS = "digests.write_due"
    WRITE_DIGESTS = "digests.write"
    SEARCH_WATCHED_AGAIN = "digests.search_watched_again"
    SEARCH_AGAIN = "digests.search_again"
    SEARCH_FOR_EAGER = "digests.search_for_eager"
    SEARCH_AT_ONCE = "digests.search_at_once"
    WRITE_TO_CONTACTS = "digests.write_to_contacts"
    REMIND_OUTCOMES = "answers.remind_outcomes"
    REMIND_REPORTS = "clauses.remind_reports"
    PUBLISH_HOURS = "clauses.publish_hours"
    TAKE_UP_STALLED_CLAIMS = "moderation.take_up_stalled_claims"
    ESCALATE_OVERDUE = "moderation.escalate_overdue"
    HAND_ON_UNSTAFFED_QUEUES = "moderation.hand_on_unstaffed_queues"
    FORGET_ORPHAN_FILES = "files.forget_orphans"
    CHECK_IMPORT = "import.check"
    RUN_IMPORT = "import.run"
    TAKE_UP_STALLED_IMPORTS = "import.take_up_stalled"
    FORGET_OLD_IMPORTS = "import.forget_old"
    WRITE_EXPORT = "exports.write"
    ASK_FOR_LATE_EXPORTS = "exports.ask_for_late"
    FORGET_OLD_EXPORTS = "exports.forget_old"
    EXPIRE_ACCOUNTS = "retention.expire_accounts"
    EXPIRE_ACCOUNT = "retention.expire_account"
    FORGET_OLD_SESSIONS = "retention.forget_old_sessions"
    FORGET_OLD_LINKS = "retention.forget_old_links"
    FORGET_OLD_MAIL = "retention.forget_old_mail"
    FORGET_OLD_TRAIL = "retention.forget_old_trail"


QUEUES = ("critical", "default", "matching", "mail", "import")


def queue_of(job: Job) -> str:
    """The queue a job waits in: its room's, where the room has one."""
    room = job.split(".")[0]
    return room if room in QUEUES else "default"


def enqueue(session: Session, job: Job, **ids: int | date) -> None:
    """Ask for a job once the transaction is committed.

    Only ids and dates travel: the worker reads the rest, as it then is. The message may
    be lost or come twice, so every job is idempotent and has a sweep.
    """
    arguments = {k: v.isoformat() if isinstance(v, date) else v for k, v in ids.items()}
    after_commit(session, partial(_send, job, arguments))


def _send(job: Job, arguments: Mapping[str, Any]) -> None:
    broker: Celery = current_app.extensions["celery"]
    broker.send_task(job.value, kwargs=dict(arguments), queue=queue_of(job))


def broker_for(config: Config) -> Celery:
    """The Celery handle that the web sends through and the worker is made of."""
    broker = Celery("tandem")
    broker.conf.update(
        broker_url=config.redis_url,
        broker_connection_retry_on_startup=True,
        # Fail fast: with Celery's defaults a dead broker holds each request for seconds.
        broker_transport_options={
            "global_keyprefix": config.redis_prefix,
            "visibility_timeout": 3600,
            "unacked_restore_throttle": 1,
            "socket_keepalive": True,
            "socket_timeout": 30,
            "socket_connect_timeout": 1,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.2,
            "interval_max": 0.5,
        },
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=120,
        task_soft_time_limit=90,
        task_publish_retry=False,
        task_default_queue="default",
        task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=500,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        timezone="Europe/Paris",
    )
    return broker
