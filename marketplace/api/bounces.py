"""Where the provider of outgoing mail tells which addresses refuse it: see docs/messages.md."""

from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.db import transaction
from marketplace.digests import bouncing

bounces = Blueprint("bounces", __name__, url_prefix="/api")


@bounces.post("/courriels/refuses")
def receive() -> ResponseReturnValue:
    secret, now, body = current_app.config["BOUNCES_SECRET"], clock.now(), request.get_data()
    if not secret:
        abort(404)
    signed = request.headers.get("X-Tandem-Signature", "")
    sent_at = request.headers.get("X-Tandem-Timestamp", "")
    try:
        bouncing.check_signature(secret, sent_at, body, signed, now)
    except bouncing.BadSignature:
        return jsonify(error="bad signature"), 403
    try:
        refusals = bouncing.events_in(body)
    except bouncing.BadEvents as error:
        return jsonify(error=str(error)), 422
    with transaction() as session:
        paused = bouncing.pause(session, refusals, now)
    return jsonify(paused=paused)
