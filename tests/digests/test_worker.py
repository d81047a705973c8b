"""From the event to the relay, through a real broker and a real worker."""

import time
from pathlib import Path

from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.digests.examples import example_of
from marketplace.embedded.parts import worker
from marketplace.mail import Promise
from tests.digests.conftest import Relay

KIND = "accounts/magic_link"


def test_a_mail_leaves_as_soon_as_its_event_is_committed(
    session: Session, config: Config, relay: Relay, tmp_path: Path
) -> None:
    own = {"smtp_url": relay.url, "redis_prefix": f"{config.redis_prefix}mail:"}
    settings = config.model_copy(update=own)
    with create_app(settings).app_context(), transaction() as writing:
        mail.post(
            writing,
            key="link:1",
            kind=KIND,
            address="camille@example.fr",
            promise=Promise.AT_LEAST_ONCE,
            **example_of(KIND),
        )
    part = worker(settings, tmp_path)
    part.start()
    try:
        deadline = time.monotonic() + 60
        while not relay.received and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        part.stop()
    assert [str(message["To"]) for message in relay.received] == ["camille@example.fr"], (
        tmp_path / "worker.log"
    ).read_text()
