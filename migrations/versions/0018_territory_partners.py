"""Who does what in the territories of a desk."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "territory_partners",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("territory_code", sa.String(length=9), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sort_key", sa.String(length=240, collation="C"), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=300), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=255), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_territory_partners_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_territory_partners_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_partners")),
    )
    op.create_index(op.f("ix_territory_partners_desk_id"), "territory_partners", ["desk_id"])


def downgrade() -> None:
    op.drop_table("territory_partners")
