"""Conclusions of sourcings, what structures were told of a need, and search in needs."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "sourcing_reports",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("conclusion", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_sourcing_reports_need_id_needs")
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_sourcing_reports")),
    )
    op.create_table(
        "need_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("amendment_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amendment_id"],
            ["need_amendments.id"],
            name=op.f("fk_need_notices_amendment_id_need_amendments"),
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_notices_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_need_notices_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_notices")),
    )
    op.create_index(op.f("ix_need_notices_need_id"), "need_notices", ["need_id"], unique=False)
    op.create_index(
        op.f("ix_need_notices_structure_id"), "need_notices", ["structure_id"], unique=False
    )
    for table in ("needs", "lots"):
        op.execute(
            f"CREATE INDEX ix_{table}_words ON {table} "
            "USING gin (to_tsvector('tandem_fr', title || ' ' || description))"
        )


def downgrade() -> None:
    op.execute("DROP INDEX ix_lots_words")
    op.execute("DROP INDEX ix_needs_words")
    op.drop_index(op.f("ix_need_notices_structure_id"), table_name="need_notices")
    op.drop_index(op.f("ix_need_notices_need_id"), table_name="need_notices")
    op.drop_table("need_notices")
    op.drop_table("sourcing_reports")
