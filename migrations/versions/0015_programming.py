"""Planned purchases, spend files and posts to fill."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _planned_purchases()
    _spending()
    _posts_to_fill()


def downgrade() -> None:
    for table in (
        "candidate_counts",
        "opening_shares",
        "openings",
        "prescribers",
        "potential_studies",
        "spend_lines",
        "spend_files",
        "planned_purchases",
    ):
        op.drop_table(table)


def _planned_purchases() -> None:
    op.create_table(
        "planned_purchases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("sectors", postgresql.ARRAY(sa.String(length=120)), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("amount_min", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("amount_max", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("place_type", sa.String(length=20), nullable=False),
        sa.Column("commune_code", sa.String(length=9), nullable=True),
        sa.Column("zones", postgresql.ARRAY(sa.String(length=9)), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "quarter BETWEEN 1 AND 4", name=op.f("ck_planned_purchases_quarter_of_a_year")
        ),
        sa.CheckConstraint(
            "place_type <> 'point' OR commune_code IS NOT NULL",
            name=op.f("ck_planned_purchases_point_given"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_planned_purchases_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["territories.code"],
            name=op.f("fk_planned_purchases_commune_code_territories"),
        ),
        sa.ForeignKeyConstraint(
            ["need_id"],
            ["needs.id"],
            name=op.f("fk_planned_purchases_need_id_needs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_planned_purchases_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_purchases")),
    )
    op.create_index("ix_planned_purchases_when", "planned_purchases", ["year", "quarter"])
    for column in ("author_id", "need_id", "organisation_id"):
        op.create_index(op.f(f"ix_planned_purchases_{column}"), "planned_purchases", [column])


def _spending() -> None:
    op.create_table(
        "spend_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", postgresql.JSONB(), nullable=False),
        sa.Column("refused_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_spend_files_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_spend_files_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_files")),
    )
    op.create_index(op.f("ix_spend_files_author_id"), "spend_files", ["author_id"])
    op.create_index(op.f("ix_spend_files_organisation_id"), "spend_files", ["organisation_id"])
    op.create_table(
        "spend_lines",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("category", sa.String(length=200), nullable=False),
        sa.Column("entity", sa.String(length=200), nullable=False),
        sa.Column("department_code", sa.String(length=3), nullable=False),
        sa.Column("is_in_qpv", sa.Boolean(), nullable=True),
        sa.Column("doubt", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["spend_files.id"],
            name=op.f("fk_spend_lines_file_id_spend_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", "line", name=op.f("pk_spend_lines")),
    )
    op.create_table(
        "potential_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_potential_studies_author_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_potential_studies_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_potential_studies")),
    )
    op.create_index(op.f("ix_potential_studies_author_id"), "potential_studies", ["author_id"])
    op.create_index(
        op.f("ix_potential_studies_organisation_id"), "potential_studies", ["organisation_id"]
    )


def _posts_to_fill() -> None:
    op.create_table(
        "prescribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_prescribers_desk_id_desks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescribers")),
    )
    op.create_index("uq_prescribers_address", "prescribers", ["desk_id", "email"], unique=True)
    op.create_table(
        "openings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("commune_code", sa.String(length=9), nullable=False),
        sa.Column("trade", sa.String(length=120), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("in_qpv", sa.Integer(), nullable=False),
        sa.Column("publics", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("work_contract", sa.String(length=20), nullable=True),
        sa.Column("conditions", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("apply_until", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "posts >= 1 AND in_qpv BETWEEN 0 AND posts", name=op.f("ck_openings_counts")
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["territories.code"],
            name=op.f("fk_openings_commune_code_territories"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_openings_contract_id_contracts")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_openings_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_openings_desk_id_desks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openings")),
    )
    op.create_index(op.f("ix_openings_contract_id"), "openings", ["contract_id"])
    op.create_index(op.f("ix_openings_created_by_id"), "openings", ["created_by_id"])
    op.create_index(op.f("ix_openings_desk_id"), "openings", ["desk_id"])
    op.create_table(
        "opening_shares",
        sa.Column("opening_id", sa.Integer(), nullable=False),
        sa.Column("prescriber_id", sa.Integer(), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["opening_id"],
            ["openings.id"],
            name=op.f("fk_opening_shares_opening_id_openings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["prescriber_id"],
            ["prescribers.id"],
            name=op.f("fk_opening_shares_prescriber_id_prescribers"),
        ),
        sa.PrimaryKeyConstraint("opening_id", "prescriber_id", name=op.f("pk_opening_shares")),
    )
    op.create_index(op.f("ix_opening_shares_prescriber_id"), "opening_shares", ["prescriber_id"])
    op.create_table(
        "candidate_counts",
        sa.Column("opening_id", sa.Integer(), nullable=False),
        sa.Column("prescriber_id", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("in_qpv", sa.Integer(), nullable=False),
        sa.Column("women", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "people >= 1 AND in_qpv BETWEEN 0 AND people AND women BETWEEN 0 AND people",
            name=op.f("ck_candidate_counts_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["opening_id", "prescriber_id"],
            ["opening_shares.opening_id", "opening_shares.prescriber_id"],
            name=op.f("fk_candidate_counts_opening_id_prescriber_id_opening_shares"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "opening_id", "prescriber_id", "public", name=op.f("pk_candidate_counts")
        ),
    )
