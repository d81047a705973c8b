"""Files that people handed in, downloaded by those who may; never shown inside our pages."""

import logging

from flask import Blueprint, Response, abort, send_file
from sqlalchemy import select

from marketplace.db import db
from marketplace.files.contents import MEDIA_TYPES
from marketplace.files.keeping import Missing
from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import open_stored
from marketplace.guards.roles import sign_in_required, viewer
from marketplace.guards.scopes import may_read_file

files = Blueprint("files", __name__)

logger = logging.getLogger(__name__)

SHUT_IN = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""What a browser may do with a file of somebody else's, should it show it all the same."""


@files.get("/fichiers/<key>/<name>")
@sign_in_required
def download(key: str, name: str) -> Response:
    session, who = db.session(), viewer()
    named = select(StoredFile).where(StoredFile.key == key, StoredFile.name == name)
    file = session.scalars(named).one()
    if who is None or not may_read_file(session, who, file):
        abort(404)
    try:
        data = open_stored(file)
    except Missing:
        logger.error("the bytes of the stored file %s are lost", key)
        abort(404)
    answer = send_file(
        data, mimetype=MEDIA_TYPES[file.format], as_attachment=True, download_name=file.name
    )
    answer.content_length = file.size
    answer.headers["Content-Security-Policy"] = SHUT_IN
    return answer
