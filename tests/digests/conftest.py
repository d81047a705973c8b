"""A real SMTP server on loopback that does as it is told."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from marketplace.config import Config


@dataclass
class Relay:
    """What it received, and what it answers."""

    port: int
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    to_recipient: str = "250 OK"
    to_goodbye: str = "221 Bye"
    hangs_up_after_data: bool = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        self.recipients.append(envelope.rcpt_tos)
        if self.hangs_up_after_data:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self.to_goodbye


@pytest.fixture
def relay() -> Iterator[Relay]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        told = Relay(port=probe.getsockname()[1])
    controller = Controller(told, hostname="127.0.0.1", port=told.port)
    controller.start()
    yield told
    controller.stop()


@pytest.fixture
def settings(config: Config, relay: Relay) -> Config:
    return config.model_copy(
        update={
            "smtp_url": relay.url,
            "mail_from": "Tandem <bonjour@tandem.example.fr>",
            "public_base_url": "https://tandem.example.fr",
        }
    )
