"""What each kept list hangs on, so that it can be followed without being ranked whole."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column(
        "shortlists", sa.Column("listed", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "shortlists", sa.Column("basis", sa.String(length=32), nullable=False, server_default="")
    )
    op.alter_column("shortlists", "listed", server_default=None)
    op.alter_column("shortlists", "basis", server_default=None)


def downgrade() -> None:
    op.drop_column("shortlists", "basis")
    op.drop_column("shortlists", "listed")
