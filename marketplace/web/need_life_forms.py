"""The forms by which a buyer puts off, ends, begins again and copies a need."""

from wtforms import DateField, HiddenField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from marketplace import clock
from marketplace.forms import FrenchForm, cleaned, one_line
from marketplace.web.step_forms import DATE_FORMATS
from marketplace.web.where_form import LONGEST_DELAY_DAYS


class DeadlineForm(FrenchForm):
    deadline_on = DateField(
        "Nouvelle date limite",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=DATE_FORMATS,
    )

    def validate_deadline_on(self, field: DateField) -> None:
        if field.data is None:
            return  # not a date at all: WTForms says so
        days = (field.data - clock.today()).days
        if days < 1:
            raise ValidationError("La date limite est au plus tôt demain")
        if days > LONGEST_DELAY_DAYS:
            raise ValidationError("La date limite est dans deux ans au plus")


class ReopenForm(DeadlineForm):
    reason = TextAreaField(
        "Pourquoi le rouvrez-vous\u00a0?",
        [Optional(), Length(max=1000, message="Dites-le en 1 000 caractères au plus")],
        filters=[cleaned],
    )


class ReasonForm(FrenchForm):
    reason = TextAreaField(
        "Pourquoi\u00a0?",
        [
            DataRequired("Dites pourquoi, en quelques mots"),
            Length(max=1000, message="Dites-le en 1 000 caractères au plus"),
        ],
        filters=[cleaned],
    )


class DuplicateForm(FrenchForm):
    """Nothing but a button: its key makes one draft of two clicks."""

    key = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9a-f]{12}\Z")], filters=[one_line])
