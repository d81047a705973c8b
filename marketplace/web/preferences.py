"""« Mes courriels »: what one is written about, how often, and until when not at all."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import BooleanField, DateField, SelectField, ValidationError
from wtforms.validators import Optional

from marketplace import audit, clock
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.digests import opting_out
from marketplace.digests.opting_out import Choices
from marketplace.digests.tables import PausedAddress
from marketplace.digests.topics import LABELS, RHYTHMS, WEEKDAYS, Rhythm, Topic, topics_for
from marketplace.forms import FrenchForm, choices_of
from marketplace.guards.roles import sign_in_required, visitor_ip

preferences = Blueprint("preferences", __name__, url_prefix="/mon-compte/courriels")

LONGEST_PAUSE = timedelta(days=365)


class PreferencesForm(FrenchForm):
    """And a field for each topic, by its name."""

    weekday = SelectField(
        "Le courriel de la semaine arrive", choices=choices_of(WEEKDAYS), coerce=int
    )
    urgent_at_once = BooleanField(
        "Me prévenir tout de suite quand un besoin clôt dans moins de sept jours"
    )
    paused_until = DateField(
        "Ne rien m'envoyer jusqu'au", [Optional()], format=["%d/%m/%Y", "%Y-%m-%d"]
    )

    def validate_paused_until(self, field: DateField) -> None:
        if field.data is None:
            return  # what was typed is no date, and said so already
        if field.data <= clock.today():
            raise ValidationError(
                "Donnez un jour à venir, ou laissez vide pour ne pas faire de pause"
            )
        if field.data > clock.today() + LONGEST_PAUSE:
            raise ValidationError("Une pause dure un an au plus")

    def keep_only(self, topics: list[Topic]) -> None:
        for topic in Topic:
            if topic not in topics:
                del self[topic.value]


for _topic in Topic:
    setattr(
        PreferencesForm,
        _topic.value,
        SelectField(LABELS[_topic], choices=choices_of(RHYTHMS)),
    )


@preferences.route("", methods=["GET", "POST"])
@sign_in_required
def edit() -> ResponseReturnValue:
    who, session = current_user, db.session()
    chosen = opting_out.choices_of(session, who.user_id)
    topics = topics_for(
        buys=who.is_buyer, supplies=who.is_structure_member, facilitates=who.is_facilitator
    )
    form = PreferencesForm(
        weekday=chosen.weekday,
        urgent_at_once=chosen.urgent_at_once,
        paused_until=_still_ahead(chosen.paused_until),
        **{topic.value: rhythm.value for topic, rhythm in chosen.rhythms.items()},
    )
    form.keep_only(topics)
    if not form.validate_on_submit():
        page = render_template(
            "web/preferences/edit.html",
            form=form,
            topics=topics,
            paused=session.get(PausedAddress, who.email.lower()),
        )
        return page, 422 if form.errors else 200
    choices = Choices(
        rhythms={topic: Rhythm(form[topic.value].data) for topic in topics},
        weekday=form.weekday.data,
        urgent_at_once=form.urgent_at_once.data,
        paused_until=form.paused_until.data,
    )
    with transaction() as writing:
        opting_out.choose(writing, who.user_id, choices)
        _note(writing, "mail")
    flash("C'est noté\u00a0: nous vous écrirons à ce rythme.", "success")
    return redirect(url_for("preferences.edit"))


@preferences.post("/reprendre")
@sign_in_required
def resume() -> ResponseReturnValue:
    """The person says that its paused address works again."""
    with transaction() as writing:
        opting_out.resume_address(writing, current_user.email)
        _note(writing, "paused address")
    flash("Nous écrivons de nouveau à votre adresse.", "success")
    return redirect(url_for("preferences.edit"))


def _still_ahead(day: date | None) -> date | None:
    return day if day is not None and day > clock.today() else None


def _note(writing: Session, field: str) -> None:
    user_id = current_user.user_id
    audit.note(
        writing,
        Action.CHANGED,
        actor_id=user_id,
        about=("user", user_id),
        ip=visitor_ip(),
        field=field,
    )
