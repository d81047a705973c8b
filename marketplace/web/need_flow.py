"""What the changes of a sent need share: whose it is, what is shown before it is done and told."""

from flask import abort, flash, redirect, request, url_for
from werkzeug import Response

from marketplace import clock
from marketplace.needs.amending import WAITING, is_open_at
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.web.needs import own_need


def changeable_need(slug: str) -> Need:
    """A buyer's own need that waits for its desk, or takes answers; any other, and one that is
    decided while it was corrected, leads to its page."""
    need = own_need(slug)
    if need.status == Status.SUBMITTED:
        return need
    if request.form.get("seen", "").startswith(WAITING):
        abort(decided(need))
    return open_need(slug)


def open_need(slug: str) -> Need:
    """A buyer's own need that still takes answers; any other leads to its page."""
    need = own_need(slug)
    if not is_open_at(need, clock.now()):
        abort(too_late(need))
    return need


def decided(need: Need) -> Response:
    flash(
        "Le guichet vient de décider de ce besoin\u00a0: votre correction n'est pas enregistrée. "
        "Voici où il en est."
    )
    return redirect(url_for("needs.show", slug=need.slug))


def too_late(need: Need) -> Response:
    flash("Ce besoin ne prend plus de réponses\u00a0: il ne peut plus être modifié.")
    return redirect(url_for("needs.show", slug=need.slug))


def told_in_words(structures: int, need: Need) -> str:
    if need.status == Status.SUBMITTED:
        return "Le guichet le relit tel qu'il est maintenant."
    if not structures:
        return "Aucune structure n'en avait encore été prévenue."
    if structures == 1:
        return "La structure qui le connaissait est prévenue par courriel."
    return f"Les {structures} structures qui le connaissaient sont prévenues par courriel."
