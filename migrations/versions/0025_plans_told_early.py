"""Planned purchases that people are told of, and who follows them until they are published."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("planned_purchases", sa.Column("told_at", sa.DateTime(timezone=True)))
    op.create_table(
        "plan_follows",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["planned_purchases.id"],
            name=op.f("fk_plan_follows_plan_id_planned_purchases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_plan_follows_user_id_users")
        ),
        sa.PrimaryKeyConstraint("plan_id", "user_id", name=op.f("pk_plan_follows")),
    )
    op.create_index(op.f("ix_plan_follows_user_id"), "plan_follows", ["user_id"])


def downgrade() -> None:
    op.drop_table("plan_follows")
    op.drop_column("planned_purchases", "told_at")
