"""Inviting somebody to a role: what the pages of administrators and desks share."""

from collections.abc import Callable

from flask import flash
from sqlalchemy.orm import Session
from wtforms import EmailField, ValidationError
from wtforms.validators import InputRequired

from marketplace.accounts.addresses import is_address
from marketplace.accounts.inviting import LASTS, DeadInvitation
from marketplace.db import transaction
from marketplace.forms import FrenchForm, one_line


class InvitationForm(FrenchForm):
    email = EmailField(
        "Son adresse électronique",
        [InputRequired("Saisissez son adresse, par exemple nom@exemple.fr")],
        filters=[one_line],
    )

    def validate_email(self, field: EmailField) -> None:
        if not is_address(field.data or ""):
            raise ValidationError("Donnez une adresse complète, par exemple nom@exemple.fr")


def say_invited(address: str) -> None:
    flash(f"L'invitation part à {address}. Elle vaut {LASTS.days} jours.", "success")


def taking_back(deed: Callable[[Session], None]) -> None:
    """Take an invitation back by a deed, and say whether it was still good."""
    try:
        with transaction() as session:
            deed(session)
    except DeadInvitation:
        flash("Cette invitation ne valait déjà plus.", "warning")
    else:
        flash("L'invitation est retirée\u00a0: son lien n'ouvre plus rien.", "success")
