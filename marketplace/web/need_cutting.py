"""Cutting a need that was sent whole into lots: they are described one after the other, then all
that changes is shown, then it is done and told once."""

from dataclasses import dataclass
from typing import NoReturn

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.answers import announcing
from marketplace.answers.cutting import AnsweredWhole, cut_need, who_answered
from marketplace.db import db, transaction
from marketplace.digests.queries import unaware_of
from marketplace.forms import pressed
from marketplace.guards.roles import buyer_required
from marketplace.needs.amending import Decided, as_seen
from marketplace.needs.lifecycle import NotOpen
from marketplace.needs.lots import MOST, lots_seen
from marketplace.needs.recutting import FEWEST, AlreadyCut, cut_differences
from marketplace.needs.tables import Need
from marketplace.territories.queries import gazetteer
from marketplace.web.lot_forms import LotForm
from marketplace.web.need_flow import (
    changeable_need,
    decided,
    told_in_words,
    too_late,
)
from marketplace.web.need_life import confirm_page
from marketplace.web.needs import buyer

need_cutting = Blueprint("need_cutting", __name__)

SHOWN = "shown"
"""Names, in the form, the number of the lot that its page shows; the others are carried."""


@dataclass(frozen=True)
class Lots:
    """The lots that were typed so far, in their order; `shown` counts from 1."""

    forms: list[LotForm]
    shown: int

    @property
    def first_wrong(self) -> int | None:
        return next((n for n, form in enumerate(self.forms, 1) if form.errors), None)

    @property
    def is_ready(self) -> bool:
        return len(self.forms) >= FEWEST

    def carried(self) -> list[tuple[str, str]]:
        """What was typed of the lots that the page does not show."""
        others = tuple(_prefix(n) for n, _ in enumerate(self.forms, 1) if n != self.shown)
        return [item for item in request.form.items(multi=True) if item[0].startswith(others)]


@need_cutting.route("/besoins/<slug>/amender/decouper", methods=["GET", "POST"])
@buyer_required
def cut(slug: str) -> ResponseReturnValue:
    need = _whole_need(slug)
    go = pressed("go", "next", "previous", "see", "back", "confirm")
    lots = _typed(need, go)
    if not lots.forms:
        page = _page(need, Lots([_lot(need, 1)], 1), as_seen(need, lots_seen(need)))
        return page, 422 if request.method == "POST" else 200
    seen = request.form.get("seen", "")
    if go in ("back", "previous"):
        return _page(need, lots, seen)
    for form in lots.forms:
        form.validate()
    if lots.first_wrong:
        return _page(need, Lots(lots.forms, lots.first_wrong), seen), 422
    if go == "confirm" and lots.is_ready:
        return _done(need, lots, seen)
    if go == "see" and lots.is_ready:
        changes = cut_differences([form.draft() for form in lots.forms])
        return confirm_page(need, seen, changes, left_out=_blank_names(lots))
    return _page(need, _next(need, lots), seen)


def _whole_need(slug: str) -> Need:
    need = changeable_need(slug)
    if need.lots:
        _cut_already(need)
    if answered := who_answered(db.session(), need.id):
        _answered(need, answered)
    return need


def _typed(need: Need, go: str) -> Lots:
    """The lots in the form that was sent, and which of them to show. A last one of which nothing is
    said is dropped by who goes on without it, once those before make a cut."""
    count = 0
    while count < MOST and f"{_prefix(count + 1)}title" in request.form:
        count += 1
    forms = [_lot(need, number) for number in range(1, count + 1)]
    shown = request.form.get(SHOWN, count, type=int) - (go == "previous")
    if go != "next" and count > FEWEST and not (forms[-1].title.data or forms[-1].description.data):
        forms.pop()
    return Lots(forms, min(max(1, shown), max(1, len(forms))))


def _lot(need: Need, number: int) -> LotForm:
    return LotForm(need, None, gazetteer(db.session()), _prefix(number))


def _prefix(number: int) -> str:
    """Begins the names of a lot's fields."""
    return f"lot{number}-"


def _next(need: Need, lots: Lots) -> Lots:
    """The page of the lot after the one that is shown, empty after the last."""
    number = lots.shown + 1
    if number <= len(lots.forms) or len(lots.forms) >= MOST:
        return Lots(lots.forms, min(number, len(lots.forms)))
    return Lots([*lots.forms, _lot(need, number)], number)


def _blank_names(lots: Lots) -> list[str]:
    """The page that was shown, and the fields of a last lot of which nothing was said."""
    blank = _prefix(len(lots.forms) + 1)
    return [SHOWN, *(name for name in request.form if name.startswith(blank))]


def _page(need: Need, lots: Lots, seen: str) -> str:
    form = lots.forms[lots.shown - 1]
    return render_template(
        "web/need_cutting/cut.html",
        need=need,
        form=form,
        number=lots.shown,
        others=[
            (number, one.title.data) for number, one in enumerate(lots.forms, 1) if one is not form
        ],
        said=[*lots.carried(), ("seen", seen), (SHOWN, lots.shown)],
        may_add=len(lots.forms) < MOST or lots.shown < len(lots.forms),
        is_last=lots.shown == len(lots.forms),
        is_ready=lots.is_ready,
    )


def _done(need: Need, lots: Lots, seen: str) -> ResponseReturnValue:
    now, said = clock.now(), [form.draft() for form in lots.forms]
    try:
        with transaction() as session:
            amendment = cut_need(session, need.id, buyer().user_id, said, seen, now)
            told = (
                announcing.tell_amended(session, need, amendment, now, unaware_of(session, need.id))
                if amendment
                else 0
            )
    except Decided:
        return decided(need)
    except NotOpen:
        return too_late(need)
    except AlreadyCut:
        _cut_already(need)
    except AnsweredWhole as refused:
        _answered(need, refused.structures)
    if amendment is None:
        flash("Vous n'avez rien changé.")
    else:
        flash(
            f"Votre besoin est découpé en {len(said)} lots. {told_in_words(told, need)}", "success"
        )
    return redirect(url_for("needs.show", slug=need.slug, _anchor="lots"))


def _cut_already(need: Need) -> NoReturn:
    flash("Ce besoin est découpé en lots\u00a0: vous pouvez en ajouter, et modifier chacun.")
    abort(redirect(url_for("need_life.amend_what", slug=need.slug, _anchor="lots")))


def _answered(need: Need, structures: int) -> NoReturn:
    who = (
        "Une structure a déjà répondu"
        if structures == 1
        else f"{structures} structures ont déjà répondu"
    )
    flash(
        f"{who} à l'ensemble de ce besoin\u00a0: son découpage ne peut plus changer. Dupliquez-le "
        "pour en publier un autre, découpé en lots."
    )
    abort(redirect(url_for("need_life.amend_what", slug=need.slug)))
