"""The database handle, and the one way to write: `with transaction() as session:`."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Enum, MetaData
from sqlalchemy.orm import DeclarativeBase, Session

logger = logging.getLogger(__name__)

_AFTER_COMMIT = "after_commit"


class Base(DeclarativeBase):
    """What every row inherits from. Datetimes are aware; of an enumeration, the value is stored."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own API
        datetime: DateTime(timezone=True),
        StrEnum: Enum(StrEnum, native_enum=False, length=20, values_callable=list),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Base.metadata)


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit what the block did, then run what it put aside; undo both if it raises."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        session.info.pop(_AFTER_COMMIT, None)
        raise
    for action in session.info.pop(_AFTER_COMMIT, []):
        try:
            action()
        except Exception:
            # The deed is done and the answer must say so: a sweep finds what was not sent.
            logger.exception("after the commit")


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Put an action aside until the transaction is committed; dropped with it otherwise."""
    session.info.setdefault(_AFTER_COMMIT, []).append(action)
