"""Roles, sessions, mailed links, invitations, outside identities, claims of structures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

REFUSAL_FOR_A_YEAR = """
CREATE OR REPLACE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < now() - interval '365 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'insufficient_privilege';
END $$
"""

REFUSAL_FOR_EVER = """
CREATE OR REPLACE FUNCTION refuse_to_change_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_links_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_links_token_hash")),
    )
    op.create_index(op.f("ix_account_links_user_id"), "account_links", ["user_id"], unique=False)
    op.create_table(
        "external_identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_external_identities_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identities")),
        sa.UniqueConstraint(
            "issuer", "subject", name=op.f("uq_external_identities_issuer_subject")
        ),
    )
    op.create_index(
        op.f("ix_external_identities_user_id"), "external_identities", ["user_id"], unique=False
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"], ["users.id"], name=op.f("fk_invitations_accepted_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["users.id"], name=op.f("fk_invitations_invited_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(
        op.f("ix_invitations_accepted_by_id"), "invitations", ["accepted_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_invitations_invited_by_id"), "invitations", ["invited_by_id"], unique=False
    )
    op.create_index("ix_invitations_subject", "invitations", ["kind", "subject_id"], unique=False)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "purchasing_mandates",
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_purchasing_mandates_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"],
            ["organisations.id"],
            name=op.f("fk_purchasing_mandates_platform_id_organisations"),
        ),
        sa.PrimaryKeyConstraint(
            "platform_id", "organisation_id", name=op.f("pk_purchasing_mandates")
        ),
    )
    op.create_index(
        op.f("ix_purchasing_mandates_organisation_id"),
        "purchasing_mandates",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "structure_claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_structure_claims_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_claims_structure_id_structures"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_structure_claims_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_claims")),
    )
    op.create_index(
        op.f("ix_structure_claims_decided_by_id"),
        "structure_claims",
        ["decided_by_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_structure_claims_user_id"), "structure_claims", ["user_id"], unique=False
    )
    op.create_index(
        "uq_structure_claims_open",
        "structure_claims",
        ["structure_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "organisation_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["users.id"],
            name=op.f("fk_organisation_requests_decided_by_id_users"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_requests_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_organisation_requests_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_requests")),
    )
    op.create_index(
        op.f("ix_organisation_requests_decided_by_id"),
        "organisation_requests",
        ["decided_by_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_organisation_requests_user_id"), "organisation_requests", ["user_id"], unique=False
    )
    op.create_index(
        "uq_organisation_requests_open",
        "organisation_requests",
        ["organisation_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.add_column("needs", sa.Column("platform_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_needs_platform_id"), "needs", ["platform_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_needs_platform_id_organisations"),
        "needs",
        "organisations",
        ["platform_id"],
        ["id"],
    )
    op.add_column("decisions", sa.Column("claim_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_decisions_claim_id"), "decisions", ["claim_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_decisions_claim_id_structure_claims"),
        "decisions",
        "structure_claims",
        ["claim_id"],
        ["id"],
    )
    op.add_column(
        "desk_members",
        sa.Column("role", sa.String(length=20), nullable=False, server_default="facilitator"),
    )
    op.add_column(
        "desks", sa.Column("bearer", sa.String(length=200), nullable=False, server_default="")
    )
    op.add_column(
        "desks", sa.Column("email", sa.String(length=254), nullable=False, server_default="")
    )
    op.add_column(
        "desks", sa.Column("phone", sa.String(length=30), nullable=False, server_default="")
    )
    op.add_column(
        "desks", sa.Column("website", sa.String(length=255), nullable=False, server_default="")
    )
    op.add_column("desks", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "organisation_members",
        sa.Column("role", sa.String(length=20), nullable=False, server_default="member"),
    )
    op.add_column(
        "organisation_members",
        sa.Column(
            "joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column("queue_entries", sa.Column("claim_id", sa.Integer(), nullable=True))
    op.create_index(
        "uq_queue_entries_claim_waiting",
        "queue_entries",
        ["claim_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_foreign_key(
        op.f("fk_queue_entries_claim_id_structure_claims"),
        "queue_entries",
        "structure_claims",
        ["claim_id"],
        ["id"],
    )
    op.add_column(
        "structure_members",
        sa.Column("role", sa.String(length=20), nullable=False, server_default="member"),
    )
    op.add_column(
        "structure_members",
        sa.Column(
            "joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "users", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "users", sa.Column("previous_sign_in_at", sa.DateTime(timezone=True), nullable=True)
    )
    # The accounts of before were made by whoever installed the service, for people it knew.
    op.execute("UPDATE users SET email_verified_at = created_at")
    op.add_column("users", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(REFUSAL_FOR_A_YEAR)
    op.drop_constraint("one_subject", "queue_entries", type_="check")
    op.create_check_constraint(
        "one_subject", "queue_entries", "num_nonnulls(need_id, offer_id, claim_id) = 1"
    )
    op.drop_constraint("one_subject", "decisions", type_="check")
    op.create_check_constraint(
        "one_subject", "decisions", "num_nonnulls(need_id, offer_id, claim_id) = 1"
    )


def downgrade() -> None:
    op.execute("DELETE FROM queue_entries WHERE claim_id IS NOT NULL")
    op.drop_constraint("one_subject", "queue_entries", type_="check")
    op.create_check_constraint(
        "one_subject", "queue_entries", "num_nonnulls(need_id, offer_id) = 1"
    )
    op.execute("DELETE FROM decisions WHERE claim_id IS NOT NULL")
    op.drop_constraint("one_subject", "decisions", type_="check")
    op.create_check_constraint("one_subject", "decisions", "num_nonnulls(need_id, offer_id) = 1")
    op.execute(REFUSAL_FOR_EVER)
    op.drop_column("users", "erased_at")
    op.drop_column("users", "warned_at")
    op.drop_column("users", "previous_sign_in_at")
    op.drop_column("users", "email_verified_at")
    op.drop_column("structure_members", "joined_at")
    op.drop_column("structure_members", "role")
    op.drop_constraint(
        op.f("fk_queue_entries_claim_id_structure_claims"), "queue_entries", type_="foreignkey"
    )
    op.drop_index(
        "uq_queue_entries_claim_waiting",
        table_name="queue_entries",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_column("queue_entries", "claim_id")
    op.drop_column("organisation_members", "joined_at")
    op.drop_column("organisation_members", "role")
    op.drop_column("desks", "closed_at")
    op.drop_column("desks", "website")
    op.drop_column("desks", "phone")
    op.drop_column("desks", "email")
    op.drop_column("desks", "bearer")
    op.drop_column("desk_members", "role")
    op.drop_constraint(
        op.f("fk_decisions_claim_id_structure_claims"), "decisions", type_="foreignkey"
    )
    op.drop_index(op.f("ix_decisions_claim_id"), table_name="decisions")
    op.drop_column("decisions", "claim_id")
    op.drop_constraint(op.f("fk_needs_platform_id_organisations"), "needs", type_="foreignkey")
    op.drop_index(op.f("ix_needs_platform_id"), table_name="needs")
    op.drop_column("needs", "platform_id")
    op.drop_index(
        "uq_organisation_requests_open",
        table_name="organisation_requests",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_organisation_requests_user_id"), table_name="organisation_requests")
    op.drop_index(
        op.f("ix_organisation_requests_decided_by_id"), table_name="organisation_requests"
    )
    op.drop_table("organisation_requests")
    op.drop_index(
        "uq_structure_claims_open",
        table_name="structure_claims",
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_structure_claims_user_id"), table_name="structure_claims")
    op.drop_index(op.f("ix_structure_claims_decided_by_id"), table_name="structure_claims")
    op.drop_table("structure_claims")
    op.drop_index(op.f("ix_purchasing_mandates_organisation_id"), table_name="purchasing_mandates")
    op.drop_table("purchasing_mandates")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_index("ix_invitations_subject", table_name="invitations")
    op.drop_index(op.f("ix_invitations_invited_by_id"), table_name="invitations")
    op.drop_index(op.f("ix_invitations_accepted_by_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_external_identities_user_id"), table_name="external_identities")
    op.drop_table("external_identities")
    op.drop_index(op.f("ix_account_links_user_id"), table_name="account_links")
    op.drop_table("account_links")
