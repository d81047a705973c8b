"""Which version of an answer its buyer opened; those of before are opened."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column(
        "answers", sa.Column("read_version", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column("answers", "read_version", server_default=None)
    op.execute("UPDATE answers SET read_version = version")


def downgrade() -> None:
    op.drop_column("answers", "read_version")
