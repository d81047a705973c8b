"""Runs migrations on the application's database."""

from alembic import context
from sqlalchemy import Enum
from sqlalchemy.dialects.postgresql.base import ischema_names

import marketplace.all_tables  # noqa: F401 - declares every table
from marketplace.db import Base, db
from marketplace.matching.tables import Xid8

ischema_names["xid8"] = Xid8


def as_text(kind: str, item: object, _: object) -> str | bool:
    """An enumeration is stored as text, so a new value needs no migration."""
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=as_text,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
