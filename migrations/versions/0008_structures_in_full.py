"""What a structure says of itself, and the life of its offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

RADIUS = "ck_offers_radius_given"
BEFORE = "coverage_type <> 'radius' OR radius_km > 0"
NOW = "status = 'draft' OR coverage_type <> 'radius' OR radius_km > 0"


def codes(name):
    return sa.Column(
        name, postgresql.ARRAY(sa.String(length=30)), server_default=sa.text("'{}'"), nullable=False
    )


STRUCTURE = (
    lambda: codes("labels"),
    lambda: codes("networks"),
    lambda: codes("environmental_tags"),
    lambda: sa.Column("is_in_qpv", sa.Boolean(), nullable=True),
    lambda: sa.Column("is_in_frr", sa.Boolean(), nullable=True),
    lambda: sa.Column("seat_checked_on", sa.Date(), nullable=True),
    lambda: sa.Column("team_insertion", sa.Integer(), nullable=True),
    lambda: sa.Column("team_permanent", sa.Integer(), nullable=True),
    lambda: sa.Column("turnover", sa.BigInteger(), nullable=True),
    lambda: sa.Column("turnover_year", sa.Integer(), nullable=True),
    lambda: sa.Column(
        "contact_name", sa.String(length=120), server_default=sa.text("''"), nullable=False
    ),
    lambda: sa.Column("absent_until", sa.Date(), nullable=True),
)
OFFER = (
    lambda: codes("environmental_tags"),
    lambda: sa.Column("amount_min", sa.BigInteger(), nullable=True),
    lambda: sa.Column("amount_max", sa.BigInteger(), nullable=True),
    lambda: sa.Column("lead_time_days", sa.Integer(), nullable=True),
    lambda: sa.Column("hours_a_week", sa.Integer(), nullable=True),
    lambda: sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
    lambda: sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
)


def upgrade() -> None:
    for column in STRUCTURE:
        op.add_column("structures", column())
    for column in OFFER:
        op.add_column("offers", column())
    op.drop_constraint(op.f(RADIUS), "offers", type_="check")
    op.create_check_constraint(op.f(RADIUS), "offers", NOW)
    op.create_check_constraint(
        op.f("ck_offers_amounts_in_order"), "offers", "amount_min <= amount_max"
    )
    op.create_table(
        "structure_sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("commune_code", sa.String(length=9), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_sites_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["territories.code"],
            name=op.f("fk_structure_sites_commune_code_territories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_sites")),
    )
    op.create_index(op.f("ix_structure_sites_structure_id"), "structure_sites", ["structure_id"])
    op.create_table(
        "structure_references",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("work", sa.String(length=300), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_references_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_references")),
    )
    op.create_index(
        op.f("ix_structure_references_structure_id"), "structure_references", ["structure_id"]
    )
    op.create_table(
        "structure_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_changes_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_structure_changes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_changes")),
    )
    op.create_index(
        op.f("ix_structure_changes_structure_id"), "structure_changes", ["structure_id"]
    )
    op.create_index(op.f("ix_structure_changes_user_id"), "structure_changes", ["user_id"])
    op.create_table(
        "offer_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_moves_offer_id_offers")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_offer_moves_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_moves")),
    )
    op.create_index(op.f("ix_offer_moves_offer_id"), "offer_moves", ["offer_id"])
    op.create_index(op.f("ix_offer_moves_user_id"), "offer_moves", ["user_id"])


def downgrade() -> None:
    for table in ("offer_moves", "structure_changes", "structure_references", "structure_sites"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_offers_amounts_in_order"), "offers", type_="check")
    op.drop_constraint(op.f(RADIUS), "offers", type_="check")
    op.execute(
        "UPDATE offers SET radius_km = 50 WHERE coverage_type = 'radius' AND radius_km IS NULL"
    )
    op.create_check_constraint(op.f(RADIUS), "offers", BEFORE)
    for column in OFFER:
        op.drop_column("offers", column().name)
    for column in STRUCTURE:
        op.drop_column("structures", column().name)
