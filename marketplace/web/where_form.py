"""The second step of a need: where the work is, and when."""

from datetime import date

from wtforms import DateField, IntegerField, ValidationError
from wtforms.validators import InputRequired, NumberRange, Optional

from marketplace import clock
from marketplace.forms import add_error
from marketplace.needs.drafting import Answers
from marketplace.needs.tables import Need, PlaceType
from marketplace.territories.gazetteer import Gazetteer
from marketplace.web.place_fields import PlaceFields, place_filled
from marketplace.web.step_forms import DATE_FORMATS, StepForm

LONGEST_DELAY_DAYS = 730
LATEST_START_DAYS = 3650


class WhereForm(PlaceFields, StepForm):
    deadline_on = DateField(
        "Réponses jusqu'au",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=DATE_FORMATS,
    )
    starts_on = DateField("Début du travail", [Optional()], format=DATE_FORMATS)
    duration_months = IntegerField(
        "Durée",
        [Optional(), NumberRange(1, 240, "La durée est un nombre de mois, de 1 à 240")],
    )
    asking_until = DateField("Questions jusqu'au", [Optional()], format=DATE_FORMATS)

    def __init__(self, need: Need, places: Gazetteer) -> None:
        placed = place_filled(need, places)
        super().__init__(
            placed
            | {
                "place_type": need.place_type or PlaceType.POINT,
                "deadline_on": need.deadline_on,
                "starts_on": need.starts_on,
                "duration_months": need.duration_months,
                "asking_until": need.asking_until,
            }
        )
        self.places = places

    def validate_deadline_on(self, field: DateField) -> None:
        if field.data is None:
            return  # not a date at all: WTForms says so
        days = (field.data - clock.today()).days
        if days < 1:
            raise ValidationError("La date limite est au plus tôt demain")
        if days > LONGEST_DELAY_DAYS:
            raise ValidationError("La date limite est dans deux ans au plus")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        return self._in_order() and is_valid

    def answers(self) -> Answers:
        said = Answers()
        for name in ("deadline_on", "starts_on", "duration_months", "asking_until"):
            if not self[name].errors:
                said[name] = self[name].data
        if self.is_placed:
            said["place_type"] = PlaceType(self.place_type.data)
            said["commune_code"] = self.commune_code
            said["radius_km"] = self.radius_km.data if self.is_point else None
            said["zones"] = sorted(self.zone_codes)
        return said

    @property
    def has_details(self) -> bool:
        """Something of the optional part was said, or is wrong."""
        details = (self.starts_on, self.duration_months, self.asking_until)
        return any(field.errors or field.data for field in details)

    def _in_order(self) -> bool:
        """The work starts after the answers, which come after the questions."""
        deadline, start, asked = (
            field.data if isinstance(field.data, date) and not field.errors else None
            for field in (self.deadline_on, self.starts_on, self.asking_until)
        )
        if start and (start - clock.today()).days > LATEST_START_DAYS:
            add_error(self.starts_on, "Le travail commence dans dix ans au plus")
        elif start and deadline and start <= deadline:
            add_error(self.starts_on, "Le travail commence après la date limite des réponses")
        if asked and asked < clock.today():
            add_error(self.asking_until, "Cette date est passée")
        elif asked and deadline and asked > deadline:
            add_error(self.asking_until, "Les questions s'arrêtent avant la date limite")
        return not (self.starts_on.errors or self.asking_until.errors)
