"""The day's timetable, in Paris time, on one page."""

from celery.schedules import crontab

from marketplace.jobs import Job, queue_of

_WHEN = {
    Job.SHORTLIST_FORGOTTEN_NEEDS: crontab(minute="*/5"),
    Job.SHORTLIST_OPEN_NEEDS: crontab(hour="3", minute="10"),
    Job.FORGET_OLD_CHANGES: crontab(hour="4", minute="0"),
    Job.SEND_DUE_MAIL: crontab(),
    Job.TAKE_UP_STALLED_CLAIMS: crontab(minute="15"),
    Job.HAND_ON_UNSTAFFED_QUEUES: crontab(minute="45"),
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
