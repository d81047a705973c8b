"""Where a buyer makes the change that would answer those who decline."""

from collections.abc import Mapping

from flask import url_for

from marketplace import clock
from marketplace.answers.lifecycle import DeclineReason
from marketplace.needs.amending import is_open_at
from marketplace.needs.tables import Need


def remedies_of(need: Need) -> Mapping[DeclineReason, str]:
    """The page of each remedy of wording.REMEDIES; none once the need cannot change."""
    if not is_open_at(need, clock.now()):
        return {}
    when = url_for("need_life.amend_part", slug=need.slug, part="ou-et-quand")
    what = url_for("need_life.amend_part", slug=need.slug, part="quoi")
    lots = (
        url_for("need_life.amend_what", slug=need.slug, _anchor="lots")
        if need.lots
        else url_for("need_cutting.cut", slug=need.slug)
    )
    return {
        DeclineReason.CAPACITY: when,
        DeclineReason.DISTANCE: when,
        DeclineReason.SIZE: lots,
        DeclineReason.SKILL: what,
        DeclineReason.DELAY: url_for("need_life.put_off", slug=need.slug),
        DeclineReason.PRICE: what,
    }
