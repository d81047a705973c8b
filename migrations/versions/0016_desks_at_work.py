"""Assignments, notes and escalations of desks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("queue_entries", sa.Column("assignee_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_queue_entries_assignee_id"), "queue_entries", ["assignee_id"])
    op.create_foreign_key(
        op.f("fk_queue_entries_assignee_id_users"),
        "queue_entries",
        "users",
        ["assignee_id"],
        ["id"],
    )
    op.create_table(
        "escalations",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["queue_entries.id"], name=op.f("fk_escalations_entry_id_queue_entries")
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_escalations_desk_id_desks")
        ),
        sa.PrimaryKeyConstraint("entry_id", "desk_id", name=op.f("pk_escalations")),
    )
    op.create_index(op.f("ix_escalations_desk_id"), "escalations", ["desk_id"])
    op.create_table(
        "desk_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"],
            ["needs.id"],
            name=op.f("fk_desk_notes_need_id_needs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_desk_notes_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_notes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_notes")),
    )
    for column in ("need_id", "desk_id", "user_id"):
        op.create_index(op.f(f"ix_desk_notes_{column}"), "desk_notes", [column])
    op.add_column(
        "decisions",
        sa.Column("reason_code", sa.String(length=20), server_default="", nullable=False),
    )
    op.alter_column("decisions", "reason_code", server_default=None)
    op.create_table(
        "decision_remarks",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decisions.id"],
            name=op.f("fk_decision_remarks_decision_id_decisions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("decision_id", "field", name=op.f("pk_decision_remarks")),
    )


def downgrade() -> None:
    op.drop_table("decision_remarks")
    op.drop_column("decisions", "reason_code")
    op.drop_table("desk_notes")
    op.drop_table("escalations")
    op.drop_constraint(
        op.f("fk_queue_entries_assignee_id_users"), "queue_entries", type_="foreignkey"
    )
    op.drop_index(op.f("ix_queue_entries_assignee_id"), "queue_entries")
    op.drop_column("queue_entries", "assignee_id")
