"""Imports and exports in the background, and networks of structures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "structure_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("header", postgresql.JSONB(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("handed_in_at", INSTANT, nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_structure_imports_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_imports")),
    )
    op.create_index(op.f("ix_structure_imports_user_id"), "structure_imports", ["user_id"])
    op.create_table(
        "structure_import_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("fault", postgresql.JSONB(), nullable=True),
        sa.Column("foreseen", sa.String(length=20), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("lookalike", sa.String(), nullable=False),
        sa.Column("notes", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["structure_imports.id"],
            name=op.f("fk_structure_import_rows_import_id_structure_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_structure_import_rows")),
    )
    op.create_table(
        "networks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint("code", name=op.f("uq_networks_code")),
    )
    op.create_table(
        "network_partners",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_network_partners_network_id_networks")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_network_partners_user_id_users")
        ),
        sa.PrimaryKeyConstraint("network_id", "user_id", name=op.f("pk_network_partners")),
    )
    op.create_index(op.f("ix_network_partners_user_id"), "network_partners", ["user_id"])
    op.create_index("ix_structures_networks", "structures", ["networks"], postgresql_using="gin")
    op.create_table(
        "export_choices",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=20), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.String(length=30)), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_export_choices_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "sheet", name=op.f("pk_export_choices")),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=20), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.String(length=30)), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_exports_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_exports_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_file_id"), "exports", ["file_id"])
    op.create_index(op.f("ix_exports_user_id"), "exports", ["user_id"])


def downgrade() -> None:
    op.drop_table("exports")
    op.drop_table("export_choices")
    op.drop_index("ix_structures_networks", "structures")
    for name in ("network_partners", "networks", "structure_import_rows", "structure_imports"):
        op.drop_table(name)
