"""Outcomes that are corrected, reasons for one structure alone, versions with a number."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("outcomes", sa.Column("corrected_at", sa.DateTime(timezone=True)))
    op.add_column(
        "outcomes", sa.Column("correction", sa.String(), nullable=False, server_default="")
    )
    op.alter_column("outcomes", "correction", server_default=None)
    op.create_table(
        "outcome_reasons",
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outcome_id"],
            ["outcomes.id"],
            name=op.f("fk_outcome_reasons_outcome_id_outcomes"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_outcome_reasons_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("outcome_id", "structure_id", name=op.f("pk_outcome_reasons")),
    )
    op.create_index(op.f("ix_outcome_reasons_structure_id"), "outcome_reasons", ["structure_id"])
    op.add_column("answer_versions", sa.Column("id", sa.Integer(), sa.Identity(), nullable=False))
    op.create_unique_constraint(op.f("uq_answer_versions_id"), "answer_versions", ["id"])


def downgrade() -> None:
    op.drop_column("answer_versions", "id")
    op.drop_table("outcome_reasons")
    op.drop_column("outcomes", "correction")
    op.drop_column("outcomes", "corrected_at")
