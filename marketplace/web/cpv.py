"""CPV codes, suggested while they are looked for."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace.guards.roles import buyer_required
from marketplace.sectors.cpv import search

MOST = 7
LONGEST = 80

cpv = Blueprint("cpv", __name__)


@cpv.get("/codes-cpv")
@buyer_required
def suggest() -> ResponseReturnValue:
    words = request.args.get("q", "")[:LONGEST]
    return jsonify([str(found) for found in search(words, MOST)])
