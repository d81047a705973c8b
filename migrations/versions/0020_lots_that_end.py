"""Lots that end before their need."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("lots", sa.Column("ending", sa.String(length=20), nullable=True))
    op.add_column("lots", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lots", sa.Column("ending_reason", sa.String(), nullable=False, server_default="")
    )
    op.alter_column("lots", "ending_reason", server_default=None)


def downgrade() -> None:
    op.drop_column("lots", "ending_reason")
    op.drop_column("lots", "ended_at")
    op.drop_column("lots", "ending")
