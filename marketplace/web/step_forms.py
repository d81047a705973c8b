"""The forms of a need's steps. Each hands over what is right of it, so that the rest can wait."""

from collections.abc import Sequence
from datetime import date

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from marketplace import clock, formats
from marketplace.accounts.queries import buyable_by, platform_for
from marketplace.accounts.tables import Organisation
from marketplace.db import db
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.guards.roles import Viewer
from marketplace.needs import wording
from marketplace.needs.drafting import Answers, new_key
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors import suggesting
from marketplace.sectors.queries import all_groups
from marketplace.sectors.tables import SectorGroup
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind

PROPOSED = 5
LONGEST_DELAY_DAYS = 730
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]
NONE_OBVIOUS = "-"


class StepForm(FrenchForm):
    """`seen` is the fingerprint of the step's answers when its page was shown."""

    seen = HiddenField(filters=[one_line])

    def __init__(self, stored: dict[str, object]) -> None:
        super().__init__(data=stored)
        self.stored = stored

    def answers(self) -> Answers:
        """What is said without a fault; the rest is left as it was."""
        raise NotImplementedError

    def unsaved(self) -> list[str]:
        """The labels of what was typed and cannot be kept."""
        return [field.label.text for field in self if field.errors and _is_filled(field)]

    def differing(self) -> list[tuple[str, str]]:
        """What is stored and this form says otherwise: labels, and the stored answers in words."""
        fields = [(self[name], value) for name, value in self.stored.items()]
        return [
            (field.label.text, _shown(field, value))
            for field, value in fields
            if _shown(field, value) != _shown(field, field.data)
        ]


class WhatForm(StepForm):
    key = HiddenField(validators=[Optional(), Regexp(r"^[0-9a-f]{12}\Z")], filters=[one_line])
    organisation = SelectField("Pour quel organisme achetez-vous ?", coerce=int)
    kind = RadioField(
        "Que cherchez-vous ?",
        [InputRequired("Choisissez ce que vous cherchez")],
        choices=choices_of(wording.KINDS),
    )
    title = StringField(
        "Titre",
        [
            InputRequired("Donnez un titre, par exemple « Entretien des locaux de la mairie »"),
            Length(min=5, max=200, message="Le titre compte de 5 à 200 caractères"),
        ],
        filters=[one_line],
    )
    description = TextAreaField(
        "Description",
        [Optional(), Length(max=20_000, message="La description dépasse 20 000 caractères")],
        filters=[cleaned],
    )
    sectors = SelectMultipleField("Secteurs", [Optional()])

    def __init__(self, who: Viewer, need: Need | None) -> None:
        super().__init__(_what_filled(need) if need else {"key": new_key()})
        self.who = who
        self.need = need
        self.sectors.choices = choices_of(
            {sector.slug: sector.name for group in self.groups for sector in group.sectors}
        )
        is_settled = need is not None and need.status != Status.DRAFT
        bought_for = [need.organisation] if need and is_settled else _bought_for(who)
        self.organisation.choices = choices_of({o.id: o.name for o in bought_for})
        if not self.is_submitted() and self.organisation.data is None:
            self.organisation.data = bought_for[0].id

    @property
    def groups(self) -> Sequence[SectorGroup]:
        """Read anew: what was read before a commit is stale after it, row by row."""
        return all_groups(db.session())

    def answers(self) -> Answers:
        said = Answers()
        if not self.organisation.errors:
            said["organisation_id"] = self.organisation.data
            said["platform_id"] = self._platform_id(self.organisation.data)
        if not self.kind.errors:
            said["kind"] = NeedKind(self.kind.data)
        if not self.title.errors:
            said["title"] = self.title.data
        if not self.description.errors:
            said["description"] = self.description.data
        if not self.sectors.errors:
            said["sectors"] = sorted(set(self.sectors.data))
        return said

    def _platform_id(self, organisation_id: int) -> int | None:
        """Who first chose the organisation says through which platform it is bought."""
        if self.need and self.need.organisation_id == organisation_id:
            return self.need.platform_id
        return platform_for(db.session(), self.who.organisation_ids, organisation_id)

    def proposed(self) -> list[suggesting.Suggestion]:
        """The sectors that the title and the description speak of, likeliest first."""
        return suggesting.suggest(self._words(), PROPOSED)

    def proposed_key(self, proposed: Sequence[suggesting.Suggestion]) -> str:
        """What the page notes of its proposals; empty while there are no words to read."""
        if not self._words().strip():
            return ""
        return " ".join(sector.slug for sector in proposed) or NONE_OBVIOUS

    def _words(self) -> str:
        return f"{self.title.data or ''}\n{self.description.data or ''}"


class WhereForm(StepForm):
    place_type = RadioField(
        "Où a lieu le travail ?",
        [InputRequired("Dites où a lieu le travail")],
        choices=choices_of(
            {
                PlaceType.POINT: "Dans une commune",
                PlaceType.ZONES: "Dans un ou plusieurs territoires",
                PlaceType.COUNTRY: "Dans toute la France",
            }
        ),
    )
    commune = StringField("Commune", [Optional(), Length(max=120)], filters=[one_line])
    radius_km = IntegerField(
        "Seulement les structures situées à moins de",
        [
            Optional(),
            NumberRange(1, 500, "Le rayon est un nombre de kilomètres, de 1 à 500"),
        ],
    )
    zones = TextAreaField("Territoires", [Optional(), Length(max=1000)], filters=[cleaned])
    deadline_on = DateField(
        "Réponses jusqu'au",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=DATE_FORMATS,
    )

    def __init__(self, need: Need, places: Gazetteer) -> None:
        super().__init__(_where_filled(need, places))
        self.places = places
        self.commune_code: str | None = None
        self.zone_codes: tuple[str, ...] = ()

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
        if self.place_type.data == PlaceType.POINT:
            return self._find_commune() and is_valid
        if self.place_type.data == PlaceType.ZONES:
            return self._find_zones() and is_valid
        return bool(is_valid)

    def answers(self) -> Answers:
        said = Answers()
        if not self.deadline_on.errors:
            said["deadline_on"] = self.deadline_on.data
        is_point = self.place_type.data == PlaceType.POINT
        asked = [self.place_type, *([self.commune, self.radius_km] if is_point else [self.zones])]
        if not any(field.errors for field in asked):
            said["place_type"] = PlaceType(self.place_type.data)
            said["commune_code"] = self.commune_code
            said["radius_km"] = self.radius_km.data if is_point else None
            said["zones"] = sorted(self.zone_codes)
        return said

    def _find_commune(self) -> bool:
        if not self.commune.data:
            add_error(self.commune, "Donnez la commune, par exemple Besançon (25)")
            return False
        code = naming.zone_named(self.places, self.commune.data)
        if code is None or self.places.zone_kind(code) is not ZoneKind.COMMUNE:
            add_error(
                self.commune,
                f"Commune introuvable : « {self.commune.data} ». Donnez son nom et son "
                "département, par exemple Besançon (25)",
            )
            return False
        self.commune_code = code
        return True

    def _find_zones(self) -> bool:
        if self.zones.errors:
            return False
        self.zone_codes, unknown = naming.zones_named(self.places, self.zones.data or "")
        if unknown:
            add_error(self.zones, f"Territoire introuvable : « {' », « '.join(unknown)} »")
            return False
        if not self.zone_codes:
            add_error(self.zones, "Donnez au moins un territoire, par exemple Doubs ; Jura")
            return False
        return True


class HowForm(StepForm):
    reserved_for = RadioField(
        "Quelles structures peuvent répondre ?",
        choices=choices_of({key: label for key, (label, _) in wording.RESERVATIONS.items()}),
    )
    service_types = SelectMultipleField(
        "Types de prestation", [Optional()], choices=choices_of(SERVICE_TYPES)
    )
    include_country = BooleanField(
        "Accepter aussi les structures qui interviennent dans toute la France"
    )

    def __init__(self, need: Need) -> None:
        super().__init__(
            {
                "reserved_for": wording.reservation_key(need),
                "service_types": need.service_types,
                "include_country": need.include_country,
            }
        )

    def answers(self) -> Answers:
        said = Answers(include_country=self.include_country.data)
        if not self.reserved_for.errors:
            kinds = wording.RESERVATIONS[self.reserved_for.data][1]
            said["kinds"] = sorted(str(kind) for kind in kinds)
        if not self.service_types.errors:
            said["service_types"] = sorted(set(self.service_types.data))
        return said


class CheckForm(FrenchForm):
    """Nothing but a button: what it sends is what was seen."""

    seen = HiddenField(filters=[one_line])


def _what_filled(need: Need) -> dict[str, object]:
    return {
        "organisation": need.organisation_id,
        "kind": need.kind,
        "title": need.title,
        "description": need.description,
        "sectors": [sector.sector_slug for sector in need.sectors],
    }


def _where_filled(need: Need, places: Gazetteer) -> dict[str, object]:
    return {
        "place_type": need.place_type or PlaceType.POINT,
        "commune": naming.label(places, need.commune_code) if need.commune_code else "",
        "radius_km": need.radius_km,
        "zones": " ; ".join(naming.label(places, zone.territory_code) for zone in need.zones),
        "deadline_on": need.deadline_on,
    }


def _bought_for(who: Viewer) -> Sequence[Organisation]:
    return buyable_by(db.session(), who.organisation_ids)


def _is_filled(field: Field) -> bool:
    return bool(getattr(field, "raw_data", None) and field.raw_data[0])


def _shown(field: Field, value: object) -> str:
    """An answer in words."""
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if getattr(field, "choices", None):
        chosen = {str(one) for one in value} if isinstance(value, list) else {str(value)}
        labels = [choice.label for choice in field.choices if str(choice.value) in chosen]
        return ", ".join(labels) or "–"
    if isinstance(value, date):
        return formats.short_date(value)
    return str(value) if value not in (None, "") else "–"
