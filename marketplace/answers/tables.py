"""Rows: answers of structures and their versions, questions, messages, outcomes, surveys."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import AnswerStatus, Help, Result, Side
from marketplace.db import Base
from marketplace.files.tables import StoredFile
from marketplace.matching.tables import Match
from marketplace.needs.tables import AMOUNT, Lot, Need, NeedQuestion
from marketplace.structures.tables import Structure


class Answer(Base):
    """What a structure answers to a need: one, however many of its members write it.

    `version` counts how many times it was sent; 0 in a draft. Of a tender an answer holds
    no price: it only says that the structure is interested.
    """

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("need_id", "structure_id"),
        CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name="sent_dated"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    """Who wrote in it last."""
    status: Mapped[AnswerStatus] = mapped_column(default=AnswerStatus.DRAFT)
    message: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    read_version: Mapped[int] = mapped_column(default=0)
    """The last version that somebody of the buyer opened; 0 while nobody did."""
    consortium_id: Mapped[int | None] = mapped_column(ForeignKey("consortia.id"), index=True)
    """The group that it speaks for; its structure is the lead."""
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    need: Mapped[Need] = relationship()
    structure: Mapped[Structure] = relationship()
    author: Mapped[User] = relationship()
    parts: Mapped[list["AnswerPart"]] = relationship(
        order_by="AnswerPart.id", cascade="all, delete-orphan"
    )
    replies: Mapped[list["AnswerReply"]] = relationship(cascade="all, delete-orphan")
    versions: Mapped[list["AnswerVersion"]] = relationship(
        order_by="AnswerVersion.number", cascade="all, delete-orphan"
    )
    files: Mapped[list["AnswerFile"]] = relationship(order_by="AnswerFile.file_id")


class AnswerPart(Base):
    """What is answered to one lot, or to the whole of a need without lots (`lot_id` empty).

    An exact price has `price_min` = `price_max`; prices exclude tax.
    """

    __tablename__ = "answer_lots"
    __table_args__ = (
        UniqueConstraint("answer_id", "lot_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("price_min <= price_max", name="prices_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    price_min: Mapped[Decimal | None] = mapped_column(AMOUNT)
    price_max: Mapped[Decimal | None] = mapped_column(AMOUNT)
    capacity: Mapped[str] = mapped_column(String(300), default="")
    starts_on: Mapped[date | None]

    lot: Mapped[Lot | None] = relationship()


class AnswerReply(Base):
    """What a structure replies to one of the buyer's questions."""

    __tablename__ = "answer_replies"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True
    )
    question_id: Mapped[int] = mapped_column(ForeignKey("need_questions.id"), primary_key=True)
    words: Mapped[str]

    question: Mapped[NeedQuestion] = relationship()


class AnswerVersion(Base):
    """An answer as it was sent once: `content` is what answers.answering.content_of gives.

    `id` names it where a single number is wanted.
    """

    __tablename__ = "answer_versions"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), unique=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sent_at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

    user: Mapped[User] = relationship()


class AnswerFile(Base):
    """A file handed in with an answer."""

    __tablename__ = "answer_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)

    file: Mapped[StoredFile] = relationship()


class BuyerNote(Base):
    """What a buyer writes for its colleagues about a structure that answered its need."""

    __tablename__ = "answer_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str]
    written_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class MatchReminder(Base):
    """A buyer had a structure reminded of its need: once a match."""

    __tablename__ = "match_reminders"

    match_id: Mapped[int] = mapped_column(
        ForeignKey("matches.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    reminded_at: Mapped[datetime]

    match: Mapped[Match] = relationship()


class Enquiry(Base):
    """What a structure asks the buyer: shown to all once answered, without the asker's name."""

    __tablename__ = "enquiries"
    __table_args__ = (
        CheckConstraint(
            "(answered_at IS NULL) = (answer = '')", name="answered_once_there_is_an_answer"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)

    need: Mapped[Need] = relationship()
    structure: Mapped[Structure] = relationship()


class Outcome(Base):
    """What came of a need, or of one of its lots (`lot_id`), and who holds the contract:
    a structure of Tandem, or a firm that is named."""

    __tablename__ = "outcomes"
    __table_args__ = (
        UniqueConstraint("need_id", "lot_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(
            "(result = 'awarded') = (structure_id IS NOT NULL OR holder_name <> '')",
            name="holder_of_what_is_awarded",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    result: Mapped[Result]
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"), index=True)
    holder_name: Mapped[str] = mapped_column(String(200), default="")
    holder_siret: Mapped[str] = mapped_column(String(14), default="")
    amount: Mapped[Decimal | None] = mapped_column(AMOUNT)
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    """Who decided, or corrected, last."""
    corrected_at: Mapped[datetime | None]
    correction: Mapped[str] = mapped_column(default="")
    """Why it was corrected; what it was before is in the audit trail."""

    lot: Mapped[Lot | None] = relationship()
    structure: Mapped[Structure | None] = relationship()


class OutcomeReason(Base):
    """Why a structure is not retained, told to it alone instead of the reason of the lot."""

    __tablename__ = "outcome_reasons"

    outcome_id: Mapped[int] = mapped_column(
        ForeignKey("outcomes.id", ondelete="CASCADE"), primary_key=True
    )
    structure_id: Mapped[int] = mapped_column(
        ForeignKey("structures.id"), primary_key=True, index=True
    )
    words: Mapped[str]


class Thread(Base):
    """The conversation of a buyer and a structure about a need, and till when each has read."""

    __tablename__ = "threads"
    __table_args__ = (UniqueConstraint("need_id", "structure_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    buyer_read_at: Mapped[datetime | None]
    structure_read_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime]

    need: Mapped[Need] = relationship()
    structure: Mapped[Structure] = relationship()
    messages: Mapped[list["Message"]] = relationship(order_by="Message.id", back_populates="thread")


class Message(Base):
    """Words of one side in a conversation."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    side: Mapped[Side]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str]
    sent_at: Mapped[datetime]

    thread: Mapped[Thread] = relationship(back_populates="messages")
    user: Mapped[User] = relationship()
    files: Mapped[list["MessageFile"]] = relationship(order_by="MessageFile.file_id")


class MessageFile(Base):
    """A file handed in with a message."""

    __tablename__ = "message_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), index=True
    )

    file: Mapped[StoredFile] = relationship()


class Survey(Base):
    """Whether Tandem helped, said once by the buyer (`structure_id` empty) and each structure."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("need_id", "structure_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    helped: Mapped[Help]
    comment: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime]
