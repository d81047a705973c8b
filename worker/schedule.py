"""The day's timetable, in Paris time, on one page."""

from celery.schedules import crontab

from marketplace.jobs import Job, queue_of

_WHEN = {
    Job.SHORTLIST_FORGOTTEN_NEEDS: crontab(minute="*/5"),
    Job.SHORTLIST_OPEN_NEEDS: crontab(hour="3", minute="10"),
    Job.CLOSE_DUE_NEEDS: crontab(minute="*/5"),  # at midnight sharp too
    Job.INFER_SECTORS: crontab(minute="*/5"),
    Job.FORGET_OLD_CHANGES: crontab(hour="4", minute="0"),
    Job.SEND_DUE_MAIL: crontab(),
    Job.TELL_OPEN_NEEDS: crontab(minute="*/10"),
    Job.GATHER_NOTICES: crontab(minute="*/5"),
    Job.WRITE_DUE_DIGESTS: crontab(minute="*/5"),
    Job.SEARCH_WATCHED_AGAIN: crontab(hour="5", minute="0"),
    Job.SEARCH_FOR_EAGER: crontab(minute="*/3"),
    Job.WRITE_TO_CONTACTS: crontab(hour="10", minute="*/10"),
    Job.REMIND_OUTCOMES: crontab(minute="20"),
    Job.REMIND_REPORTS: crontab(hour="9", minute="30"),
    Job.PUBLISH_HOURS: crontab(hour="3", minute="40"),
    Job.TAKE_UP_STALLED_CLAIMS: crontab(minute="15"),
    Job.ESCALATE_OVERDUE: crontab(minute="5", hour="7-20"),
    Job.HAND_ON_UNSTAFFED_QUEUES: crontab(minute="45"),
    Job.FORGET_ORPHAN_FILES: crontab(hour="2", minute="50"),
    Job.TAKE_UP_STALLED_IMPORTS: crontab(minute="*/2"),
    Job.FORGET_OLD_IMPORTS: crontab(hour="2", minute="55"),
    Job.ASK_FOR_LATE_EXPORTS: crontab(minute="*/5"),
    Job.FORGET_OLD_EXPORTS: crontab(hour="2", minute="45"),
    Job.EXPIRE_ACCOUNTS: crontab(hour="2", minute="0"),
    Job.FORGET_OLD_SESSIONS: crontab(hour="2", minute="20"),
    Job.FORGET_OLD_LINKS: crontab(hour="2", minute="25"),
    Job.FORGET_OLD_MAIL: crontab(hour="2", minute="30"),
    Job.FORGET_OLD_TRAIL: crontab(hour="2", minute="40"),
}

TIMETABLE = {
    job.value: {"task": job.value, "schedule": when, "options": {"queue": queue_of(job)}}
    for job, when in _WHEN.items()
}
