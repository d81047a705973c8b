"""The first tables: territories, sectors, people, structures, offers, needs, desks, matches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


class Xid8(sa.types.UserDefinedType):
    def get_col_spec(self, **_):
        return "xid8"


def upgrade() -> None:
    op.create_table(
        "desks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_national", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desks")),
        sa.UniqueConstraint("name", name=op.f("uq_desks_name")),
    )
    op.create_index(
        "uq_desks_national",
        "desks",
        ["is_national"],
        unique=True,
        postgresql_where=sa.text("is_national"),
    )
    op.create_table(
        "offer_changes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column(
            "changed_in", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_changes")),
    )
    op.create_index(
        op.f("ix_offer_changes_changed_in"), "offer_changes", ["changed_in"], unique=False
    )
    op.create_table(
        "reference_loads",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reference_loads")),
    )
    op.create_table(
        "sector_groups",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_sector_groups")),
    )
    op.create_table(
        "territories",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sort_key", sa.String(length=140, collation="C"), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=True),
        sa.Column("region", sa.String(length=3), nullable=True),
        sa.Column("epci", sa.String(length=9), nullable=True),
        sa.Column("postcodes", postgresql.ARRAY(sa.String(length=5)), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("approximate", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_territories")),
    )
    op.create_index(op.f("ix_territories_department"), "territories", ["department"], unique=False)
    op.create_index(op.f("ix_territories_epci"), "territories", ["epci"], unique=False)
    op.create_index(
        "ix_territories_kind_sort_key",
        "territories",
        ["kind", "sort_key"],
        unique=False,
    )
    op.create_index(
        "ix_territories_postcodes",
        "territories",
        ["postcodes"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_territories_region"), "territories", ["region"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_email_lower", "users", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "desk_members",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_desk_members_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_members_user_id_users")
        ),
        sa.PrimaryKeyConstraint("desk_id", "user_id", name=op.f("pk_desk_members")),
    )
    op.create_index(op.f("ix_desk_members_user_id"), "desk_members", ["user_id"], unique=False)
    op.create_table(
        "desk_territories",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_desk_territories_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_desk_territories_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("desk_id", "territory_code", name=op.f("pk_desk_territories")),
    )
    op.create_index(
        op.f("ix_desk_territories_territory_code"),
        "desk_territories",
        ["territory_code"],
        unique=False,
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("commune_code", sa.String(length=9), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["territories.code"],
            name=op.f("fk_organisations_commune_code_territories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("siret", name=op.f("uq_organisations_siret")),
    )
    op.create_table(
        "sectors",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("group_slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_slug"], ["sector_groups.slug"], name=op.f("fk_sectors_group_slug_sector_groups")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_sectors")),
    )
    op.create_index(op.f("ix_sectors_group_slug"), "sectors", ["group_slug"], unique=False)
    op.create_table(
        "structures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=90), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sort_key", sa.String(length=300, collation="C"), nullable=False),
        sa.Column("brand", sa.String(length=255), nullable=False),
        sa.Column("legal_form", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("commune_code", sa.String(length=9), nullable=True),
        sa.Column("department_code", sa.String(length=3), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("is_point_approximate", sa.Boolean(), nullable=False),
        sa.Column("naf", sa.String(length=6), nullable=False),
        sa.Column("website", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_reachable", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"],
            ["territories.code"],
            name=op.f("fk_structures_commune_code_territories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structures")),
        sa.UniqueConstraint("siret", "kind", "name", name=op.f("uq_structures_siret_kind_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_structures_slug")),
    )
    op.create_index(
        op.f("ix_structures_commune_code"), "structures", ["commune_code"], unique=False
    )
    op.create_index(
        op.f("ix_structures_department_code"), "structures", ["department_code"], unique=False
    )
    op.create_index(
        "ix_structures_sort_key",
        "structures",
        ["sort_key"],
        unique=False,
    )
    op.create_table(
        "needs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=90), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("service_types", postgresql.ARRAY(sa.String(length=5)), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("place_type", sa.String(length=20), nullable=False),
        sa.Column("commune_code", sa.String(length=9), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column("include_country", sa.Boolean(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "place_type <> 'point' OR commune_code IS NOT NULL", name=op.f("ck_needs_point_given")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_needs_author_id_users")),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["territories.code"], name=op.f("fk_needs_commune_code_territories")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_needs_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("slug", name=op.f("uq_needs_slug")),
    )
    op.create_index(op.f("ix_needs_author_id"), "needs", ["author_id"], unique=False)
    op.create_index(op.f("ix_needs_organisation_id"), "needs", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_needs_status"), "needs", ["status"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("is_implied", sa.Boolean(), nullable=False),
        sa.Column("service_types", postgresql.ARRAY(sa.String(length=5)), nullable=False),
        sa.Column("coverage_type", sa.String(length=20), nullable=False),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "coverage_type <> 'radius' OR radius_km > 0", name=op.f("ck_offers_radius_given")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_offers_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_structure_id"), "offers", ["structure_id"], unique=False)
    op.create_table(
        "organisation_members",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_members_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_organisation_members_user_id_users")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", name=op.f("pk_organisation_members")),
    )
    op.create_index(
        op.f("ix_organisation_members_user_id"), "organisation_members", ["user_id"], unique=False
    )
    op.create_table(
        "structure_members",
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_members_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_structure_members_user_id_users")
        ),
        sa.PrimaryKeyConstraint("structure_id", "user_id", name=op.f("pk_structure_members")),
    )
    op.create_index(
        op.f("ix_structure_members_user_id"), "structure_members", ["user_id"], unique=False
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("moderator_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(need_id, offer_id) = 1", name=op.f("ck_decisions_one_subject")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_decisions_desk_id_desks")),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["users.id"], name=op.f("fk_decisions_moderator_id_users")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_decisions_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_decisions_offer_id_offers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_desk_id"), "decisions", ["desk_id"], unique=False)
    op.create_index(op.f("ix_decisions_moderator_id"), "decisions", ["moderator_id"], unique=False)
    op.create_index(op.f("ix_decisions_need_id"), "decisions", ["need_id"], unique=False)
    op.create_index(op.f("ix_decisions_offer_id"), "decisions", ["offer_id"], unique=False)
    op.create_table(
        "matches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("distance_km", sa.Double(), nullable=True),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("near", postgresql.ARRAY(sa.String(length=10)), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("first_matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_matches_need_id_needs")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_matches_offer_id_offers")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_matches_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
        sa.UniqueConstraint(
            "need_id", "structure_id", name=op.f("uq_matches_need_id_structure_id")
        ),
    )
    op.create_index("ix_matches_need_rank", "matches", ["need_id", "rank"], unique=False)
    op.create_index(op.f("ix_matches_offer_id"), "matches", ["offer_id"], unique=False)
    op.create_index(op.f("ix_matches_structure_id"), "matches", ["structure_id"], unique=False)
    op.create_table(
        "need_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_moves_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_need_moves_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_moves")),
    )
    op.create_index(op.f("ix_need_moves_need_id"), "need_moves", ["need_id"], unique=False)
    op.create_index(op.f("ix_need_moves_user_id"), "need_moves", ["user_id"], unique=False)
    op.create_table(
        "need_sectors",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("sector_slug", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_sectors_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["sector_slug"], ["sectors.slug"], name=op.f("fk_need_sectors_sector_slug_sectors")
        ),
        sa.PrimaryKeyConstraint("need_id", "sector_slug", name=op.f("pk_need_sectors")),
    )
    op.create_table(
        "need_zones",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_zones_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_need_zones_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("need_id", "territory_code", name=op.f("pk_need_zones")),
    )
    op.create_table(
        "offer_sectors",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("sector_slug", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_sectors_offer_id_offers")
        ),
        sa.ForeignKeyConstraint(
            ["sector_slug"], ["sectors.slug"], name=op.f("fk_offer_sectors_sector_slug_sectors")
        ),
        sa.PrimaryKeyConstraint("offer_id", "sector_slug", name=op.f("pk_offer_sectors")),
    )
    op.create_index(
        op.f("ix_offer_sectors_sector_slug"), "offer_sectors", ["sector_slug"], unique=False
    )
    op.create_table(
        "offer_zones",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("territory_code", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_offer_zones_offer_id_offers")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"],
            ["territories.code"],
            name=op.f("fk_offer_zones_territory_code_territories"),
        ),
        sa.PrimaryKeyConstraint("offer_id", "territory_code", name=op.f("pk_offer_zones")),
    )
    op.create_table(
        "queue_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(need_id, offer_id) = 1", name=op.f("ck_queue_entries_one_subject")
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"], ["desks.id"], name=op.f("fk_queue_entries_desk_id_desks")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_queue_entries_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.id"], name=op.f("fk_queue_entries_offer_id_offers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
    )
    op.create_index(op.f("ix_queue_entries_desk_id"), "queue_entries", ["desk_id"], unique=False)
    op.create_index(
        "uq_queue_entries_need_waiting",
        "queue_entries",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(
        "uq_queue_entries_offer_waiting",
        "queue_entries",
        ["offer_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "shortlists",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("weights_version", sa.String(length=40), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_shortlists_need_id_needs")
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_shortlists")),
    )


def downgrade() -> None:
    op.drop_table("shortlists")
    op.drop_index(
        "uq_queue_entries_offer_waiting",
        table_name="queue_entries",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(
        "uq_queue_entries_need_waiting",
        table_name="queue_entries",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_queue_entries_desk_id"), table_name="queue_entries")
    op.drop_table("queue_entries")
    op.drop_table("offer_zones")
    op.drop_index(op.f("ix_offer_sectors_sector_slug"), table_name="offer_sectors")
    op.drop_table("offer_sectors")
    op.drop_table("need_zones")
    op.drop_table("need_sectors")
    op.drop_index(op.f("ix_need_moves_user_id"), table_name="need_moves")
    op.drop_index(op.f("ix_need_moves_need_id"), table_name="need_moves")
    op.drop_table("need_moves")
    op.drop_index(op.f("ix_matches_structure_id"), table_name="matches")
    op.drop_index(op.f("ix_matches_offer_id"), table_name="matches")
    op.drop_index("ix_matches_need_rank", table_name="matches")
    op.drop_table("matches")
    op.drop_index(op.f("ix_decisions_offer_id"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_need_id"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_moderator_id"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_desk_id"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_index(op.f("ix_structure_members_user_id"), table_name="structure_members")
    op.drop_table("structure_members")
    op.drop_index(op.f("ix_organisation_members_user_id"), table_name="organisation_members")
    op.drop_table("organisation_members")
    op.drop_index(op.f("ix_offers_structure_id"), table_name="offers")
    op.drop_table("offers")
    op.drop_index(op.f("ix_needs_status"), table_name="needs")
    op.drop_index(op.f("ix_needs_organisation_id"), table_name="needs")
    op.drop_index(op.f("ix_needs_author_id"), table_name="needs")
    op.drop_table("needs")
    op.drop_index("ix_structures_sort_key", table_name="structures")
    op.drop_index(op.f("ix_structures_department_code"), table_name="structures")
    op.drop_index(op.f("ix_structures_commune_code"), table_name="structures")
    op.drop_table("structures")
    op.drop_index(op.f("ix_sectors_group_slug"), table_name="sectors")
    op.drop_table("sectors")
    op.drop_table("organisations")
    op.drop_index(op.f("ix_desk_territories_territory_code"), table_name="desk_territories")
    op.drop_table("desk_territories")
    op.drop_index(op.f("ix_desk_members_user_id"), table_name="desk_members")
    op.drop_table("desk_members")
    op.drop_index("uq_users_email_lower", table_name="users")
    op.drop_table("users")
    op.drop_index(op.f("ix_territories_region"), table_name="territories")
    op.drop_index("ix_territories_postcodes", table_name="territories", postgresql_using="gin")
    op.drop_index("ix_territories_kind_sort_key", table_name="territories")
    op.drop_index(op.f("ix_territories_epci"), table_name="territories")
    op.drop_index(op.f("ix_territories_department"), table_name="territories")
    op.drop_table("territories")
    op.drop_table("sector_groups")
    op.drop_table("reference_loads")
    op.drop_index(op.f("ix_offer_changes_changed_in"), table_name="offer_changes")
    op.drop_table("offer_changes")
    op.drop_index("uq_desks_national", table_name="desks", postgresql_where=sa.text("is_national"))
    op.drop_table("desks")
