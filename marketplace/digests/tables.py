"""Rows: what people are told, at which rhythm they asked for it, and who is not written to."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import Base
from marketplace.digests.topics import Rhythm, Topic


class NoticeKind(StrEnum):
    """What a notice is about, hence what its `subject_id` counts."""

    NEED_MATCHED = "need_matched"
    """A match, for the people of its structure."""
    NEED_CLOSING = "need_closing"
    """A match whose need closes soon: the one reminder of it."""
    ANSWER_RECEIVED = "answer_received"
    """An answer, for the need's buyers."""
    ANSWER_AMENDED = "answer_amended"
    """A later version of an answer, for the same."""
    ANSWER_TAKEN_BACK = "answer_taken_back"
    """A step of a match, for the same: the structure was in the running and declines."""
    ENQUIRY_ANSWERED = "enquiry_answered"
    """A question that the buyer answered, for those who were told of the need and are silent."""
    NEW_MATCH = "new_match"
    """A match found since the need was published, for its buyers."""
    OWN_NEED_CLOSING = "own_need_closing"
    """A need, for its buyers."""
    QUEUED = "queued"
    """An entry of a desk's queue."""
    OVERDUE = "overdue"
    """The same entry, once its time is over."""
    FEW_MATCHES = "few_matches"
    """A need that hardly anybody can answer, for its desk."""
    DESK_WEEK = "desk_week"
    """A Monday, as an ordinal: what the territories of a desk lived in its week."""
    HOURS_WAITING = "hours_waiting"
    """A day, as an ordinal: the reports of hours that came to a desk and wait."""
    HOURS_VALIDATED = "hours_validated"
    """A day, as an ordinal: the reports of a structure that were validated."""
    OFFER_TO_CONFIRM = "offer_to_confirm"
    """An offer that its structure confirmed long ago."""
    PURCHASE_PLANNED = "purchase_planned"
    """A planned purchase, for the people of structures and desks that it concerns."""
    PLAN_PUBLISHED = "plan_published"
    """The same, published as a need, for who follows it."""
    NEW_RESULTS = "new_results"
    """What a saved search found since."""
    MAILED = "mailed"
    """A mail that another room wrote to the person, of a topic with a rhythm."""


class Notice(Base):
    """Something that a person is told: in the pages at once, by mail at the person's rhythm.

    `ready_at`: since when it waits to be mailed. `mail_id`: the mail that told it, a plain
    number since mails are forgotten sooner than notices. `is_urgent` goes at once.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "subject_id"),
        Index("ix_notices_waiting", "user_id", postgresql_where=text("mail_id IS NULL")),
        Index("ix_notices_unread", "user_id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    topic: Mapped[Topic]
    kind: Mapped[NoticeKind]
    subject_id: Mapped[int]
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(String(300))
    link: Mapped[str] = mapped_column(String(500))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ready_at: Mapped[datetime]
    mail_id: Mapped[int | None] = mapped_column(index=True)
    read_at: Mapped[datetime | None]


class MailSetting(Base):
    """How a person wants to be written to, whatever the topic."""

    __tablename__ = "mail_settings"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    """The day of the weekly digest, 0 on Monday."""
    urgent_at_once: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[date | None]
    """No digest nor alert until that day, which is the first one with mail again."""


class TopicRhythm(Base):
    """How often a person is written to about a topic."""

    __tablename__ = "topic_rhythms"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    topic: Mapped[Topic] = mapped_column(primary_key=True)
    rhythm: Mapped[Rhythm]


class ContactAddress(Base):
    """The address of structures that nobody speaks for, written to once a month at most."""

    __tablename__ = "contact_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254), unique=True)
    """In lower case."""
    written_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class PauseReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class PausedAddress(Base):
    """An address that refuses our mail, or whose reader complained of it."""

    __tablename__ = "paused_addresses"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    """In lower case."""
    reason: Mapped[PauseReason]
    said: Mapped[str] = mapped_column(String(300), default="")
    paused_at: Mapped[datetime]
