"""Hours of territories are told once a month, by pools of people, instead of at every reading."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

HOURS = sa.Numeric(precision=12, scale=2)


def upgrade() -> None:
    op.drop_table("hour_totals")
    op.create_table(
        "hour_publications",
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("is_detailed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("told_on", name=op.f("pk_hour_publications")),
    )
    op.create_table(
        "told_reports",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.String(length=9), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("detailed_on", sa.Date(), nullable=True),
        sa.Column("entered_at", sa.String(length=9), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["hour_reports.id"],
            name=op.f("fk_told_reports_report_id_hour_reports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["told_at"], ["territories.code"], name=op.f("fk_told_reports_told_at_territories")
        ),
        sa.ForeignKeyConstraint(
            ["entered_at"],
            ["territories.code"],
            name=op.f("fk_told_reports_entered_at_territories"),
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_told_reports")),
    )
    op.create_table(
        "told_totals",
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.Column("hours", HOURS, nullable=True),
        sa.Column("new_people", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_told_totals_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("territory_code", name=op.f("pk_told_totals")),
    )
    op.create_table(
        "told_cells",
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("hours", HOURS, nullable=True),
        sa.Column("new_people", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_told_cells_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("territory_code", "dimension", "value", name=op.f("pk_told_cells")),
    )


def downgrade() -> None:
    op.drop_table("told_cells")
    op.drop_table("told_totals")
    op.drop_table("told_reports")
    op.drop_table("hour_publications")
    op.create_table(
        "hour_totals",
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("hours", HOURS, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("new_people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_hour_totals_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint(
            "territory_code", "month", "dimension", "value", name=op.f("pk_hour_totals")
        ),
    )
