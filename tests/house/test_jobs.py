"""Every job has a task and every task a job; the timetable names only jobs."""

from flask import Flask

from marketplace.jobs import QUEUES, Job, queue_of


def test_every_job_has_a_task_and_every_task_a_job(app: Flask) -> None:
    import worker.tasks
    from worker.app import app as worker

    tasks = {name for name in worker.tasks if not name.startswith("celery.")}
    assert tasks == {job.value for job in Job}


def test_the_timetable_names_only_jobs_and_their_queues(app: Flask) -> None:
    from worker.schedule import TIMETABLE

    for entry in TIMETABLE.values():
        job = Job(entry["task"])
        assert entry["options"]["queue"] == queue_of(job)


def test_every_job_waits_in_a_queue_that_workers_listen_to() -> None:
    assert {queue_of(job) for job in Job} <= set(QUEUES)
