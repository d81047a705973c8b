"""The Celery application: every task runs inside the Flask context of one app."""

from typing import Any

from celery import Celery, Task

from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import db
from worker.schedule import TIMETABLE

config = Config()
flask_app = create_app(config)


class InContext(Task):
    """Tries again, a bounded number of times, what a database or a broker refused."""

    abstract = True
    autoretry_for = (OSError,)
    max_retries = 5
    retry_backoff = True
    retry_backoff_max = 60
    retry_jitter = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with flask_app.app_context():
            try:
                return self.run(*args, **kwargs)
            finally:
                db.session.remove()


app: Celery = flask_app.extensions["celery"]
app.Task = InContext
app.conf.beat_schedule = TIMETABLE
app.conf.imports = ("worker.tasks",)
