"""Structures that answer together, and what facilitators do for needs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "consortia",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=30), nullable=False),
        sa.Column("share_mode", sa.String(length=20), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["structures.id"], name=op.f("fk_consortia_lead_id_structures")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_consortia_need_id_needs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consortia")),
    )
    op.create_index(op.f("ix_consortia_lead_id"), "consortia", ["lead_id"], unique=False)
    op.create_index(op.f("ix_consortia_need_id"), "consortia", ["need_id"], unique=False)
    op.create_index(
        "ix_consortia_one_lead",
        "consortia",
        ["need_id", "lead_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('forming', 'sent')"),
    )
    op.create_table(
        "need_proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'extend') = (deadline_on IS NOT NULL)",
            name=op.f("ck_need_proposals_day_to_extend"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_need_proposals_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_proposals_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["users.id"], name=op.f("fk_need_proposals_proposed_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_proposals")),
    )
    op.create_index(
        op.f("ix_need_proposals_decided_by_id"), "need_proposals", ["decided_by_id"], unique=False
    )
    op.create_index(op.f("ix_need_proposals_need_id"), "need_proposals", ["need_id"], unique=False)
    op.create_index(
        op.f("ix_need_proposals_proposed_by_id"), "need_proposals", ["proposed_by_id"], unique=False
    )
    op.create_table(
        "offer_invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_offer_invitations_need_id_needs")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_offer_invitations_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_offer_invitations_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_invitations")),
        sa.UniqueConstraint(
            "need_id", "structure_id", name=op.f("uq_offer_invitations_need_id_structure_id")
        ),
    )
    op.create_index(
        op.f("ix_offer_invitations_structure_id"),
        "offer_invitations",
        ["structure_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_invitations_user_id"), "offer_invitations", ["user_id"], unique=False
    )
    op.create_table(
        "consortium_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consortium_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortia.id"],
            name=op.f("fk_consortium_events_consortium_id_consortia"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_consortium_events_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_consortium_events_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consortium_events")),
    )
    op.create_index(
        op.f("ix_consortium_events_consortium_id"),
        "consortium_events",
        ["consortium_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_consortium_events_structure_id"),
        "consortium_events",
        ["structure_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_consortium_events_user_id"), "consortium_events", ["user_id"], unique=False
    )
    op.create_table(
        "consortium_members",
        sa.Column("consortium_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_hash", sa.String(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortia.id"],
            name=op.f("fk_consortium_members_consortium_id_consortia"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_consortium_members_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint(
            "consortium_id", "structure_id", name=op.f("pk_consortium_members")
        ),
    )
    op.create_index(
        op.f("ix_consortium_members_structure_id"),
        "consortium_members",
        ["structure_id"],
        unique=False,
    )
    op.create_table(
        "consortium_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consortium_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortia.id"],
            name=op.f("fk_consortium_messages_consortium_id_consortia"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_consortium_messages_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_consortium_messages_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consortium_messages")),
    )
    op.create_index(
        op.f("ix_consortium_messages_consortium_id"),
        "consortium_messages",
        ["consortium_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_consortium_messages_structure_id"),
        "consortium_messages",
        ["structure_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_consortium_messages_user_id"), "consortium_messages", ["user_id"], unique=False
    )
    op.create_table(
        "consortium_shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consortium_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.CheckConstraint(
            "percent > 0 AND percent <= 100", name=op.f("ck_consortium_shares_a_share")
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id"],
            ["consortia.id"],
            name=op.f("fk_consortium_shares_consortium_id_consortia"),
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lots.id"], name=op.f("fk_consortium_shares_lot_id_lots")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_consortium_shares_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consortium_shares")),
        sa.UniqueConstraint(
            "consortium_id",
            "structure_id",
            "lot_id",
            name=op.f("uq_consortium_shares_consortium_id_structure_id_lot_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_consortium_shares_lot_id"), "consortium_shares", ["lot_id"], unique=False
    )
    op.create_index(
        op.f("ix_consortium_shares_structure_id"),
        "consortium_shares",
        ["structure_id"],
        unique=False,
    )
    op.add_column("answers", sa.Column("consortium_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_answers_consortium_id"), "answers", ["consortium_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_answers_consortium_id_consortia"),
        "answers",
        "consortia",
        ["consortium_id"],
        ["id"],
    )
    op.add_column(
        "needs",
        sa.Column("several_groups", sa.String(length=20), nullable=False, server_default="warned"),
    )
    op.alter_column("needs", "several_groups", server_default=None)


def downgrade() -> None:
    op.drop_column("needs", "several_groups")
    op.drop_constraint(op.f("fk_answers_consortium_id_consortia"), "answers", type_="foreignkey")
    op.drop_index(op.f("ix_answers_consortium_id"), table_name="answers")
    op.drop_column("answers", "consortium_id")
    op.drop_index(op.f("ix_consortium_shares_structure_id"), table_name="consortium_shares")
    op.drop_index(op.f("ix_consortium_shares_lot_id"), table_name="consortium_shares")
    op.drop_table("consortium_shares")
    op.drop_index(op.f("ix_consortium_messages_user_id"), table_name="consortium_messages")
    op.drop_index(op.f("ix_consortium_messages_structure_id"), table_name="consortium_messages")
    op.drop_index(op.f("ix_consortium_messages_consortium_id"), table_name="consortium_messages")
    op.drop_table("consortium_messages")
    op.drop_index(op.f("ix_consortium_members_structure_id"), table_name="consortium_members")
    op.drop_table("consortium_members")
    op.drop_index(op.f("ix_consortium_events_user_id"), table_name="consortium_events")
    op.drop_index(op.f("ix_consortium_events_structure_id"), table_name="consortium_events")
    op.drop_index(op.f("ix_consortium_events_consortium_id"), table_name="consortium_events")
    op.drop_table("consortium_events")
    op.drop_index(op.f("ix_offer_invitations_user_id"), table_name="offer_invitations")
    op.drop_index(op.f("ix_offer_invitations_structure_id"), table_name="offer_invitations")
    op.drop_table("offer_invitations")
    op.drop_index(op.f("ix_need_proposals_proposed_by_id"), table_name="need_proposals")
    op.drop_index(op.f("ix_need_proposals_need_id"), table_name="need_proposals")
    op.drop_index(op.f("ix_need_proposals_decided_by_id"), table_name="need_proposals")
    op.drop_table("need_proposals")
    op.drop_index(
        "ix_consortia_one_lead",
        table_name="consortia",
        postgresql_where=sa.text("status IN ('forming', 'sent')"),
    )
    op.drop_index(op.f("ix_consortia_need_id"), table_name="consortia")
    op.drop_index(op.f("ix_consortia_lead_id"), table_name="consortia")
    op.drop_table("consortia")
