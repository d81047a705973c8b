"""The day's timetable, in Paris time, on one page."""

from celery.schedules import crontab

from marketplace.jobs import Job, queue_of

_WHEN = {
    Job.SHORTLIST_FORGOTTEN_NEEDS: crontab(minute="*/5"),
    Job.SHORTLIST_OPEN_NEEDS: crontab(hour="3", minute="10"),
    Job.FORGET_OLD_CHANGES: crontab(hour="4", minute="0"),
    Job.SEND_DUE_MAIL: crontab(),
}

TIMETABLE = {
    job.value: {"task": job.value, "schedule": when, "options": {"queue": queue_of(job)}}
    for job, when in _WHEN.items()
}
