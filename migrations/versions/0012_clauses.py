"""Contracts with a social clause and the hours that they owe."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _districts()
    _calculations()
    _contracts()
    _reports()


def downgrade() -> None:
    op.drop_table("desk_year_people")
    op.drop_table("hour_totals")
    op.drop_table("contract_totals")
    op.drop_table("hour_report_versions")
    op.drop_table("hour_lines")
    op.drop_table("hour_reports")
    op.drop_table("contract_lots")
    op.drop_table("contract_employers")
    op.drop_table("contracts")
    op.drop_table("programmes")
    op.drop_table("clause_calculations")
    op.drop_table("districts")


def _districts() -> None:
    op.create_table(
        "districts",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("generation", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.Column("is_repaired", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "generation", name=op.f("pk_districts")),
    )


def _calculations() -> None:
    op.create_table(
        "clause_calculations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assumptions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_clause_calculations_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"],
            ["needs.id"],
            name=op.f("fk_clause_calculations_need_id_needs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clause_calculations")),
        sa.UniqueConstraint("token", name=op.f("uq_clause_calculations_token")),
    )
    op.create_index(
        op.f("ix_clause_calculations_need_id"), "clause_calculations", ["need_id"], unique=False
    )
    op.create_index(
        op.f("ix_clause_calculations_created_by_id"),
        "clause_calculations",
        ["created_by_id"],
        unique=False,
    )


def _contracts() -> None:
    op.create_table(
        "programmes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        sa.UniqueConstraint("name", name=op.f("uq_programmes_name")),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("lever", sa.String(length=20), nullable=True),
        sa.Column("nature", sa.String(length=20), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closed_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_contracts_days_in_order")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_contracts_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_contracts_desk_id_desks")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_contracts_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_contracts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_contracts_programme_id_programmes")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_contracts_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
    )
    op.create_index(
        op.f("ix_contracts_created_by_id"), "contracts", ["created_by_id"], unique=False
    )
    op.create_index(op.f("ix_contracts_desk_id"), "contracts", ["desk_id"], unique=False)
    op.create_index(op.f("ix_contracts_need_id"), "contracts", ["need_id"], unique=False)
    op.create_index(
        op.f("ix_contracts_organisation_id"), "contracts", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_contracts_programme_id"), "contracts", ["programme_id"], unique=False)
    op.create_index(
        op.f("ix_contracts_territory_code"), "contracts", ["territory_code"], unique=False
    )
    op.create_table(
        "contract_employers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("is_in_qpv", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_contract_employers_contract_id_contracts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_employers")),
        sa.UniqueConstraint(
            "contract_id", "siret", name=op.f("uq_contract_employers_contract_id_siret")
        ),
    )
    op.create_index(
        op.f("ix_contract_employers_siret"), "contract_employers", ["siret"], unique=False
    )
    op.create_index(
        "uq_contract_employers_holder",
        "contract_employers",
        ["contract_id"],
        unique=True,
        postgresql_where="role = 'holder'",
    )
    op.create_table(
        "contract_lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("planned_hours", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("committed_hours", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("targets", sa.String(), nullable=False),
        sa.Column("support_hires", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "planned_hours >= 0 AND committed_hours >= 0",
            name=op.f("ck_contract_lots_hours_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_lots_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_contract_lots_lot_id_lots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_lots")),
        sa.UniqueConstraint(
            "contract_id", "number", name=op.f("uq_contract_lots_contract_id_number")
        ),
    )
    op.create_index(op.f("ix_contract_lots_lot_id"), "contract_lots", ["lot_id"], unique=False)


def _reports() -> None:
    op.create_table(
        "hour_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "extract(day from month) = 1", name=op.f("ck_hour_reports_first_of_month")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_hour_reports_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["contract_employers.id"],
            name=op.f("fk_hour_reports_employer_id_contract_employers"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["contract_lots.id"], name=op.f("fk_hour_reports_lot_id_contract_lots")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["users.id"], name=op.f("fk_hour_reports_sent_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_reports")),
        sa.UniqueConstraint(
            "lot_id", "employer_id", "month", name=op.f("uq_hour_reports_lot_id_employer_id_month")
        ),
    )
    op.create_index(
        op.f("ix_hour_reports_decided_by_id"), "hour_reports", ["decided_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_hour_reports_employer_id"), "hour_reports", ["employer_id"], unique=False
    )
    op.create_index(
        op.f("ix_hour_reports_sent_by_id"), "hour_reports", ["sent_by_id"], unique=False
    )
    op.create_index(
        "ix_hour_reports_waiting",
        "hour_reports",
        ["lot_id"],
        unique=False,
        postgresql_where="state = 'sent'",
    )
    op.create_table(
        "hour_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("work_contract", sa.String(length=20), nullable=False),
        sa.Column("public", sa.String(length=20), nullable=False),
        sa.Column("sex", sa.String(length=20), nullable=False),
        sa.Column("age", sa.String(length=20), nullable=False),
        sa.Column("district", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("new_people", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "hours >= 0 AND people >= 0 AND new_people BETWEEN 0 AND people",
            name=op.f("ck_hour_lines_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["hour_reports.id"],
            name=op.f("fk_hour_lines_report_id_hour_reports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_lines")),
    )
    op.create_index(op.f("ix_hour_lines_report_id"), "hour_lines", ["report_id"], unique=False)
    op.create_table(
        "hour_report_versions",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["hour_reports.id"],
            name=op.f("fk_hour_report_versions_report_id_hour_reports"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hour_report_versions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_hour_report_versions")),
    )
    op.create_index(
        op.f("ix_hour_report_versions_user_id"), "hour_report_versions", ["user_id"], unique=False
    )
    op.create_table(
        "contract_totals",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("new_people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["contract_employers.id"],
            name=op.f("fk_contract_totals_employer_id_contract_employers"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["contract_lots.id"], name=op.f("fk_contract_totals_lot_id_contract_lots")
        ),
        sa.PrimaryKeyConstraint("lot_id", "employer_id", name=op.f("pk_contract_totals")),
    )
    op.create_index(
        op.f("ix_contract_totals_employer_id"), "contract_totals", ["employer_id"], unique=False
    )
    op.create_table(
        "hour_totals",
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.Numeric(precision=12, scale=2), nullable=False),
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
    op.create_table(
        "desk_year_people",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("distinct_people", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_desk_year_people_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_year_people_user_id_users")
        ),
        sa.PrimaryKeyConstraint("desk_id", "year", name=op.f("pk_desk_year_people")),
    )
    op.create_index(
        op.f("ix_desk_year_people_user_id"), "desk_year_people", ["user_id"], unique=False
    )
