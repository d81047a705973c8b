"""What a facilitator proposes to admit beyond a date or a distance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column(
        "need_proposals",
        sa.Column("change", JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("need_proposals", "change", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM need_proposals WHERE kind = 'relax'")
    op.drop_column("need_proposals", "change")
