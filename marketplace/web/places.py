"""Names of places, suggested while they are typed."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace.db import db
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer

MOST = 7
LONGEST = 80

places = Blueprint("places", __name__)


@places.get("/lieux")
def suggest() -> ResponseReturnValue:
    words = request.args.get("q", "")[:LONGEST]
    return jsonify(naming.suggestions(gazetteer(db.session()), words, MOST))
