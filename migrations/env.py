"""Runs migrations on the application's database."""

from alembic import context
from sqlalchemy.dialects.postgresql.base import ischema_names

import marketplace.all_tables  # noqa: F401 - declares every table
from marketplace.db import Base, db
from marketplace.matching.tables import Xid8

ischema_names["xid8"] = Xid8

with db.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
