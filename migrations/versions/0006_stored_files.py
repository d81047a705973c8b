"""Files that people hand in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan", sa.String(length=20), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_files_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
        sa.UniqueConstraint("key", name=op.f("uq_stored_files_key")),
    )
    op.create_index(op.f("ix_stored_files_user_id"), "stored_files", ["user_id"])
    op.create_table(
        "need_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_need_files_file_id_stored_files")
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_files_need_id_needs")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_need_files")),
    )
    op.create_index(op.f("ix_need_files_need_id"), "need_files", ["need_id"])
    op.create_table(
        "structure_images",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("is_logo", sa.Boolean(), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_structure_images_file_id_stored_files"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.id"],
            name=op.f("fk_structure_images_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_structure_images")),
    )
    op.create_index(op.f("ix_structure_images_structure_id"), "structure_images", ["structure_id"])
    op.create_index(
        "uq_structure_images_logo",
        "structure_images",
        ["structure_id"],
        unique=True,
        postgresql_where=sa.text("is_logo"),
    )


def downgrade() -> None:
    op.drop_table("structure_images")
    op.drop_table("need_files")
    op.drop_table("stored_files")
