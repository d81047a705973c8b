"""Taking a file in, giving it back, forgetting it; the sweep of what nothing links to."""

import hashlib
import logging
import os
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.db import Base, after_commit
from marketplace.files import scanning
from marketplace.files.contents import DOCUMENTS, Format, Refused, clean_name, examined
from marketplace.files.keeping import Missing, store
from marketplace.files.tables import Scan, StoredFile

logger = logging.getLogger(__name__)

LINKED_WITHIN = timedelta(hours=24)
"""A file is kept that long before something links to it, or its row is committed."""

INFECTED = "L'antivirus a trouvé une menace dans ce fichier : il n'est pas enregistré"
SCANNER_IS_AWAY = "L'antivirus ne répond pas : réessayez dans quelques minutes"


def take_in(
    session: Session,
    data: BinaryIO,
    filename: str,
    user_id: int,
    now: datetime,
    accepted: Collection[Format] = DOCUMENTS,
) -> StoredFile:
    """Keep a file that somebody hands in; it is for the caller to link it to something.

    Raises Refused, whose message is a French sentence to be shown beside the field.
    """
    found = examined(data, filename, accepted)
    return _keep(session, data, clean_name(filename, found), found, user_id, now, _scanned(data))


def keep_made(
    session: Session, data: BinaryIO, name: str, made: Format, user_id: int, now: datetime
) -> StoredFile:
    """Keep a file that we wrote ourselves for somebody; it is for the caller to link it."""
    return _keep(session, data, name, made, user_id, now, Scan.NOT_SCANNED)


def copy_of(session: Session, file: StoredFile, user_id: int, now: datetime) -> StoredFile | None:
    """The same file once more, for somebody who may read it: each is forgotten alone. None when
    the store lost its bytes."""
    try:
        data = open_stored(file)
    except Missing:
        logger.error("the bytes of the stored file %s are lost", file.key)
        return None
    with data:
        key = secrets.token_hex(20)
        store().put(key, data)
    copied = StoredFile(
        key=key,
        name=file.name,
        format=file.format,
        size=file.size,
        sha256=file.sha256,
        user_id=user_id,
        stored_at=now,
        scan=file.scan,
    )
    session.add(copied)
    session.flush()
    return copied


def _keep(
    session: Session,
    data: BinaryIO,
    name: str,
    made: Format,
    user_id: int,
    now: datetime,
    scan: Scan,
) -> StoredFile:
    size = data.seek(0, os.SEEK_END)
    digest = _digest(data)
    data.seek(0)
    key = secrets.token_hex(20)
    # Before the row: bytes without a row are swept, a row without bytes would be a broken link.
    store().put(key, data)
    file = StoredFile(
        key=key,
        name=name,
        format=made,
        size=size,
        sha256=digest,
        user_id=user_id,
        stored_at=now,
        scan=scan,
    )
    session.add(file)
    session.flush()
    return file


def _digest(data: BinaryIO) -> str:
    data.seek(0)
    digest = hashlib.sha256()
    while piece := data.read(1024 * 1024):
        digest.update(piece)
    return digest.hexdigest()


def _scanned(data: BinaryIO) -> Scan:
    clamd_url: str = current_app.config["CLAMD_URL"]
    if not clamd_url:
        return Scan.NOT_SCANNED
    try:
        scanning.scan(data, clamd_url)
    except scanning.Infected as error:
        logger.warning("a file was refused: %s", error)
        raise Refused(INFECTED) from error
    except scanning.NoAnswer as error:
        logger.error("the antivirus did not answer: %s", error)
        raise Refused(SCANNER_IS_AWAY) from error
    return Scan.CLEAN


def open_stored(file: StoredFile) -> BinaryIO:
    """Its bytes, for the caller to close. Raises keeping.Missing when the store lost them."""
    return store().open(file.key)


def forget(session: Session, file_id: int) -> None:
    """Delete the row, which nothing links to any more, and the bytes once that is committed."""
    key = session.scalar(
        delete(StoredFile).where(StoredFile.id == file_id).returning(StoredFile.key)
    )
    if key is not None:
        after_commit(session, partial(store().delete, key))


def forget_orphans(session: Session, now: datetime) -> int:
    """Sweep: bytes of which there is no row, then rows that nothing links to; how many went.

    Both only once they are a day old: a file that is being handed in has neither yet. A row
    whose bytes are lost is told in the log, since nobody but its owner can hand it in again.
    """
    before = now - LINKED_WITHIN
    went = 0
    known = set(session.scalars(select(StoredFile.key)))
    found = dict(store().kept())
    for key, since in found.items():
        if key not in known and since < before:
            store().delete(key)
            went += 1
    for key in known - found.keys():
        logger.error("the bytes of the stored file %s are lost", key)
    unlinked = select(StoredFile.id).where(StoredFile.stored_at < before, ~_is_linked())
    for file_id in session.scalars(unlinked).all():
        try:
            with session.begin_nested():
                forget(session, file_id)
        except IntegrityError:  # linked meanwhile
            continue
        went += 1
    return went


def _is_linked() -> ColumnElement[bool]:
    """Some table refers to the file: asked of the tables that there are, so that the rooms
    above link to files without this one knowing them."""
    files = Base.metadata.tables[StoredFile.__tablename__]
    links = [
        exists().where(key.parent == files.c.id)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.references(files)
    ]
    linked: ColumnElement[bool] = links[0]
    for link in links[1:]:
        linked |= link
    return linked
