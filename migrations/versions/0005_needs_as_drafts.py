"""Needs are rows from their first step on: a draft may lack its place and its deadline."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WHOLE = "status = 'draft' OR place_type IS NOT NULL AND deadline_on IS NOT NULL"


def upgrade() -> None:
    op.alter_column("needs", "place_type", nullable=True)
    op.alter_column("needs", "deadline_on", nullable=True)
    op.create_check_constraint(op.f("ck_needs_whole_once_sent"), "needs", WHOLE)
    op.add_column("needs", sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM need_sectors USING needs WHERE need_id = needs.id AND status = 'draft'")
    op.execute("DELETE FROM need_zones USING needs WHERE need_id = needs.id AND status = 'draft'")
    op.execute("DELETE FROM needs WHERE status = 'draft'")
    op.drop_column("needs", "saved_at")
    op.drop_constraint(op.f("ck_needs_whole_once_sent"), "needs", type_="check")
    op.alter_column("needs", "deadline_on", nullable=False)
    op.alter_column("needs", "place_type", nullable=False)
