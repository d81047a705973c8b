"""How many mails have their turn to leave to a domain, minute by minute."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "mail_paces",
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_paces")),
    )


def downgrade() -> None:
    op.drop_table("mail_paces")
