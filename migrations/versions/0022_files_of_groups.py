"""Files that the members of a group join to their joint answer."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "consortium_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("consortium_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_consortium_files_file_id_stored_files"),
        ),
        sa.ForeignKeyConstraint(
            ["consortium_id", "structure_id"],
            ["consortium_members.consortium_id", "consortium_members.structure_id"],
            name=op.f("fk_consortium_files_consortium_id_consortium_members"),
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_consortium_files")),
    )
    op.create_index(
        op.f("ix_consortium_files_consortium_id"), "consortium_files", ["consortium_id"]
    )


def downgrade() -> None:
    op.drop_table("consortium_files")
