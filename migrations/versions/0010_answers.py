"""Answers of structures, questions, outcomes and threads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "answer_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_answer_notes_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_answer_notes_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_answer_notes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_notes")),
    )
    op.create_index(op.f("ix_answer_notes_need_id"), "answer_notes", ["need_id"], unique=False)
    op.create_index(
        op.f("ix_answer_notes_structure_id"), "answer_notes", ["structure_id"], unique=False
    )
    op.create_index(op.f("ix_answer_notes_user_id"), "answer_notes", ["user_id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_answers_sent_dated")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_answers_author_id_users")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_answers_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_answers_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "need_id", "structure_id", name=op.f("uq_answers_need_id_structure_id")
        ),
    )
    op.create_index(op.f("ix_answers_author_id"), "answers", ["author_id"], unique=False)
    op.create_index(op.f("ix_answers_structure_id"), "answers", ["structure_id"], unique=False)
    op.create_table(
        "enquiries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer = '')",
            name=op.f("ck_enquiries_answered_once_there_is_an_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["users.id"], name=op.f("fk_enquiries_answered_by_id_users")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_enquiries_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_enquiries_structure_id_structures")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enquiries_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiries")),
    )
    op.create_index(
        op.f("ix_enquiries_answered_by_id"), "enquiries", ["answered_by_id"], unique=False
    )
    op.create_index(op.f("ix_enquiries_need_id"), "enquiries", ["need_id"], unique=False)
    op.create_index(op.f("ix_enquiries_structure_id"), "enquiries", ["structure_id"], unique=False)
    op.create_index(op.f("ix_enquiries_user_id"), "enquiries", ["user_id"], unique=False)
    op.create_table(
        "surveys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("helped", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_surveys_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_surveys_structure_id_structures")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_surveys_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint(
            "need_id",
            "structure_id",
            name=op.f("uq_surveys_need_id_structure_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_surveys_structure_id"), "surveys", ["structure_id"], unique=False)
    op.create_index(op.f("ix_surveys_user_id"), "surveys", ["user_id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("buyer_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("structure_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_threads_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_threads_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint(
            "need_id", "structure_id", name=op.f("uq_threads_need_id_structure_id")
        ),
    )
    op.create_index(op.f("ix_threads_structure_id"), "threads", ["structure_id"], unique=False)
    op.create_table(
        "answer_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_answer_files_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_answer_files_file_id_stored_files")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_answer_files")),
    )
    op.create_index(op.f("ix_answer_files_answer_id"), "answer_files", ["answer_id"], unique=False)
    op.create_table(
        "answer_lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("price_min", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("price_max", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("capacity", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.CheckConstraint("price_min <= price_max", name=op.f("ck_answer_lots_prices_in_order")),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_answer_lots_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_answer_lots_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_lots")),
        sa.UniqueConstraint(
            "answer_id",
            "lot_id",
            name=op.f("uq_answer_lots_answer_id_lot_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_answer_lots_lot_id"), "answer_lots", ["lot_id"], unique=False)
    op.create_table(
        "answer_replies",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_answer_replies_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["need_questions.id"],
            name=op.f("fk_answer_replies_question_id_need_questions"),
        ),
        sa.PrimaryKeyConstraint("answer_id", "question_id", name=op.f("pk_answer_replies")),
    )
    op.create_table(
        "answer_versions",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_answer_versions_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_answer_versions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("answer_id", "number", name=op.f("pk_answer_versions")),
    )
    op.create_index(
        op.f("ix_answer_versions_user_id"), "answer_versions", ["user_id"], unique=False
    )
    op.create_table(
        "match_reminders",
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f("fk_match_reminders_match_id_matches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_match_reminders_user_id_users")
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_match_reminders")),
    )
    op.create_index(
        op.f("ix_match_reminders_user_id"), "match_reminders", ["user_id"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_messages_thread_id_threads")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_messages_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_thread_id"), "messages", ["thread_id"], unique=False)
    op.create_index(op.f("ix_messages_user_id"), "messages", ["user_id"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("holder_siret", sa.String(length=14), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(result = 'awarded') = (structure_id IS NOT NULL OR holder_name <> '')",
            name=op.f("ck_outcomes_holder_of_what_is_awarded"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_outcomes_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_outcomes_lot_id_lots")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_outcomes_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_outcomes_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint(
            "need_id",
            "lot_id",
            name=op.f("uq_outcomes_need_id_lot_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_outcomes_decided_by_id"), "outcomes", ["decided_by_id"], unique=False)
    op.create_index(op.f("ix_outcomes_lot_id"), "outcomes", ["lot_id"], unique=False)
    op.create_index(op.f("ix_outcomes_structure_id"), "outcomes", ["structure_id"], unique=False)
    op.create_table(
        "message_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_message_files_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_message_files_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_message_files")),
    )
    op.create_index(
        op.f("ix_message_files_message_id"), "message_files", ["message_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("message_files")
    op.drop_table("outcomes")
    op.drop_table("messages")
    op.drop_table("match_reminders")
    op.drop_table("answer_versions")
    op.drop_table("answer_replies")
    op.drop_table("answer_lots")
    op.drop_table("answer_files")
    op.drop_table("threads")
    op.drop_table("surveys")
    op.drop_table("enquiries")
    op.drop_table("answers")
    op.drop_table("answer_notes")
