"""Lots, amounts, questions, tags and amendments of needs; each step of a match."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("place_type", sa.String(length=20), nullable=True),
        sa.Column("commune_code", sa.String(length=9), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column("amount_min", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("amount_max", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("lever", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "place_type <> 'point' OR commune_code IS NOT NULL", name=op.f("ck_lots_point_given")
        ),
        sa.CheckConstraint("amount_min <= amount_max", name=op.f("ck_lots_amounts_in_order")),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["territories.code"], name=op.f("fk_lots_commune_code_territories")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_lots_need_id_needs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lots")),
        sa.UniqueConstraint(
            "need_id",
            "number",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_lots_need_id_number"),
        ),
    )
    op.create_table(
        "need_amendments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("amended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_amendments_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_need_amendments_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_amendments")),
    )
    op.create_index(
        op.f("ix_need_amendments_need_id"), "need_amendments", ["need_id"], unique=False
    )
    op.create_index(
        op.f("ix_need_amendments_user_id"), "need_amendments", ["user_id"], unique=False
    )
    op.create_table(
        "need_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_questions_need_id_needs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_questions")),
        sa.UniqueConstraint(
            "need_id",
            "number",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_need_questions_need_id_number"),
        ),
    )
    op.create_table(
        "lot_matches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("distance_km", sa.Double(), nullable=True),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("near", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.id"], name=op.f("fk_lot_matches_lot_id_lots"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_lot_matches_offer_id_offers")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_lot_matches_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_matches")),
        sa.UniqueConstraint(
            "lot_id", "structure_id", name=op.f("uq_lot_matches_lot_id_structure_id")
        ),
    )
    op.create_index("ix_lot_matches_lot_rank", "lot_matches", ["lot_id", "rank"], unique=False)
    op.create_index(op.f("ix_lot_matches_offer_id"), "lot_matches", ["offer_id"], unique=False)
    op.create_index(
        op.f("ix_lot_matches_structure_id"), "lot_matches", ["structure_id"], unique=False
    )
    op.create_table(
        "lot_sectors",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("sector_slug", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_sectors_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["sector_slug"], ["sectors.slug"], name=op.f("fk_lot_sectors_sector_slug_sectors")
        ),
        sa.PrimaryKeyConstraint("lot_id", "sector_slug", name=op.f("pk_lot_sectors")),
    )
    op.create_table(
        "lot_shortlists",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.id"], name=op.f("fk_lot_shortlists_lot_id_lots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot_shortlists")),
    )
    op.create_table(
        "lot_zones",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_lot_zones_lot_id_lots")),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_lot_zones_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("lot_id", "territory_code", name=op.f("pk_lot_zones")),
    )
    op.create_table(
        "match_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f("fk_match_moves_match_id_matches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_match_moves_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_moves")),
    )
    op.create_index(op.f("ix_match_moves_match_id"), "match_moves", ["match_id"], unique=False)
    op.create_index(op.f("ix_match_moves_user_id"), "match_moves", ["user_id"], unique=False)
    op.add_column("needs", sa.Column("nature", sa.String(length=20), nullable=True))
    op.add_column(
        "needs", sa.Column("amount_min", sa.Numeric(precision=14, scale=2), nullable=True)
    )
    op.add_column(
        "needs", sa.Column("amount_max", sa.Numeric(precision=14, scale=2), nullable=True)
    )
    op.add_column(
        "needs", sa.Column("is_amount_shared", sa.Boolean(), nullable=False, server_default="true")
    )
    op.add_column("needs", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("needs", sa.Column("duration_months", sa.Integer(), nullable=True))
    op.add_column("needs", sa.Column("lever", sa.String(length=20), nullable=True))
    op.add_column(
        "needs", sa.Column("lever_reason", sa.String(), nullable=False, server_default="")
    )
    op.add_column(
        "needs",
        sa.Column(
            "cpv_codes", postgresql.ARRAY(sa.String(length=10)), nullable=False, server_default="{}"
        ),
    )
    op.add_column(
        "needs",
        sa.Column(
            "environmental_tags",
            postgresql.ARRAY(sa.String(length=30)),
            nullable=False,
            server_default="{}",
        ),
    )
    op.add_column(
        "needs",
        sa.Column(
            "valued", postgresql.ARRAY(sa.String(length=20)), nullable=False, server_default="{}"
        ),
    )
    op.add_column(
        "needs",
        sa.Column(
            "response_modes",
            postgresql.ARRAY(sa.String(length=10)),
            nullable=False,
            server_default="{}",
        ),
    )
    op.add_column(
        "needs",
        sa.Column("response_email", sa.String(length=254), nullable=False, server_default=""),
    )
    op.add_column(
        "needs",
        sa.Column("response_phone", sa.String(length=30), nullable=False, server_default=""),
    )
    op.add_column(
        "needs", sa.Column("response_url", sa.String(length=500), nullable=False, server_default="")
    )
    op.add_column(
        "needs", sa.Column("is_anonymous", sa.Boolean(), nullable=False, server_default="false")
    )
    op.add_column("needs", sa.Column("asking_until", sa.Date(), nullable=True))
    op.add_column("needs", sa.Column("enough_interested", sa.Integer(), nullable=True))
    op.add_column("needs", sa.Column("amended_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("needs", "is_amount_shared", server_default=None)
    op.alter_column("needs", "lever_reason", server_default=None)
    op.alter_column("needs", "cpv_codes", server_default=None)
    op.alter_column("needs", "environmental_tags", server_default=None)
    op.alter_column("needs", "valued", server_default=None)
    op.alter_column("needs", "response_modes", server_default=None)
    op.alter_column("needs", "response_email", server_default=None)
    op.alter_column("needs", "response_phone", server_default=None)
    op.alter_column("needs", "response_url", server_default=None)
    op.alter_column("needs", "is_anonymous", server_default=None)
    op.create_check_constraint(
        op.f("ck_needs_amounts_in_order"), "needs", "amount_min <= amount_max"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_needs_amounts_in_order"), "needs", type_="check")
    op.drop_column("needs", "amended_at")
    op.drop_column("needs", "enough_interested")
    op.drop_column("needs", "asking_until")
    op.drop_column("needs", "is_anonymous")
    op.drop_column("needs", "response_url")
    op.drop_column("needs", "response_phone")
    op.drop_column("needs", "response_email")
    op.drop_column("needs", "response_modes")
    op.drop_column("needs", "valued")
    op.drop_column("needs", "environmental_tags")
    op.drop_column("needs", "cpv_codes")
    op.drop_column("needs", "lever_reason")
    op.drop_column("needs", "lever")
    op.drop_column("needs", "duration_months")
    op.drop_column("needs", "starts_on")
    op.drop_column("needs", "is_amount_shared")
    op.drop_column("needs", "amount_max")
    op.drop_column("needs", "amount_min")
    op.drop_column("needs", "nature")
    op.drop_index(op.f("ix_match_moves_user_id"), table_name="match_moves")
    op.drop_index(op.f("ix_match_moves_match_id"), table_name="match_moves")
    op.drop_table("match_moves")
    op.drop_table("lot_zones")
    op.drop_table("lot_shortlists")
    op.drop_table("lot_sectors")
    op.drop_index(op.f("ix_lot_matches_structure_id"), table_name="lot_matches")
    op.drop_index(op.f("ix_lot_matches_offer_id"), table_name="lot_matches")
    op.drop_index("ix_lot_matches_lot_rank", table_name="lot_matches")
    op.drop_table("lot_matches")
    op.drop_table("need_questions")
    op.drop_index(op.f("ix_need_amendments_user_id"), table_name="need_amendments")
    op.drop_index(op.f("ix_need_amendments_need_id"), table_name="need_amendments")
    op.drop_table("need_amendments")
    op.drop_table("lots")
