"""What a facilitator says of a need under review: a decision, another targeting, a note."""

from functools import cache
from typing import NamedTuple

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.moderation.remarks import FIELDS, REJECTIONS
from marketplace.needs import wording
from marketplace.needs.drafting import Answers
from marketplace.needs.lifecycle import Move
from marketplace.needs.tables import Need, PlaceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS, Sector
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind

LONGEST_REASON = 2_000
EVERYWHERE = "Toute la France"
AS_ASKED = ""

CHOICES = {
    Move.APPROVE: "Valider et publier",
    Move.REQUEST_CHANGES: "Demander une modification",
    Move.REJECT: "Ne pas publier sur Tandem",
}


class DecisionForm(FrenchForm):
    """For each of remarks.FIELDS, `ask_<field>` ticks it and `say_<field>` says what to change."""

    move = RadioField(
        "Votre décision", [InputRequired("Choisissez une décision")], choices=choices_of(CHOICES)
    )
    code = SelectField(
        "Pourquoi ne pas le publier",
        choices=choices_of({"": "Choisissez un motif"} | dict(REJECTIONS)),
        validate_choice=False,
    )
    reason = TextAreaField(
        "Votre message, lu par l'acheteur",
        [Length(max=LONGEST_REASON, message="Le message dépasse 2 000 caractères")],
        filters=[cleaned],
    )

    @property
    def remarks(self) -> dict[str, str]:
        """What to change, by field: those that are ticked, or about which something is said."""
        said = {name: self[f"say_{name}"].data or "" for name in FIELDS}
        return {name: said[name] for name in FIELDS if said[name] or self[f"ask_{name}"].data}

    @property
    def pairs(self) -> list[tuple[BooleanField, TextAreaField]]:
        return [(self[f"ask_{name}"], self[f"say_{name}"]) for name in FIELDS]

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        asked = self.remarks
        if asked and self.move.data and self.move.data != Move.REQUEST_CHANGES:
            add_error(
                self.move,
                "Vous demandez des modifications champ par champ : choisissez « Demander une "
                "modification », ou décochez ces champs",
            )
        if self.move.data == Move.REQUEST_CHANGES:
            self._say_what(asked)
        if self.move.data == Move.REJECT:
            if self.code.data not in REJECTIONS:
                add_error(self.code, "Choisissez un motif dans la liste")
            if not self.reason.data:
                add_error(self.reason, "Dites pourquoi, pour que l'acheteur comprenne")
        return bool(is_valid) and not self.errors

    def _say_what(self, asked: dict[str, str]) -> None:
        for name, words in asked.items():
            if not words:
                add_error(self[f"say_{name}"], f"Dites ce qui est à changer : {FIELDS[name].label}")
        if not asked and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, ou cochez les champs à changer")


for _name, _field in FIELDS.items():
    setattr(DecisionForm, f"ask_{_name}", BooleanField(_field.label))
    setattr(
        DecisionForm,
        f"say_{_name}",
        TextAreaField(
            f"{_field.label} : ce qui est à changer",
            [Length(max=500, message="500 caractères au plus par champ")],
            filters=[cleaned],
        ),
    )


class NoteForm(FrenchForm):
    words = TextAreaField(
        "Votre note",
        [
            InputRequired("Écrivez votre note"),
            Length(max=2_000, message="2 000 caractères au plus"),
        ],
        filters=[cleaned],
    )

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if is_valid and not self.words.data:
            add_error(self.words, "Écrivez votre note")
        return bool(is_valid) and not self.errors


class SectorsOfGroup(NamedTuple):
    name: str
    sectors: tuple[Sector, ...]


@cache
def sector_groups() -> tuple[SectorsOfGroup, ...]:
    """The nomenclature, as the field of sectors shows it."""
    of_all = BY_SLUG.values()
    return tuple(
        SectorsOfGroup(group.name, tuple(one for one in of_all if one.group == group))
        for group in GROUPS
    )


class TargetForm(FrenchForm):
    """Who could answer a need. `seen` is the fingerprint of adjusting.TARGETING."""

    seen = HiddenField(filters=[one_line])
    sectors = SelectMultipleField(
        "Secteurs",
        [Optional()],
        choices=choices_of({slug: sector.name for slug, sector in BY_SLUG.items()}),
    )
    where = StringField(
        "Lieu", [Length(max=1000, message="Le lieu dépasse 1 000 caractères")], filters=[one_line]
    )
    radius_km = IntegerField(
        "Seulement les structures situées à moins de",
        [Optional(), NumberRange(1, 500, "Le rayon est un nombre de kilomètres, de 1 à 500")],
    )
    reserved_for = RadioField("Structures admises")
    service_types = SelectMultipleField(
        "Types de prestation", [Optional()], choices=choices_of(SERVICE_TYPES)
    )
    include_country = BooleanField("Accepter aussi les structures de toute la France")

    def __init__(self, need: Need, places: Gazetteer, seen: str) -> None:
        self.filled = _filled(need, places)
        super().__init__(data=self.filled | {"seen": seen})
        self.places = places
        labels = {key: label for key, (label, _) in wording.RESERVATIONS.items()}
        if self.filled["reserved_for"] == AS_ASKED:
            labels = {AS_ASKED: f"Comme demandé : {wording.reservation(need)}"} | labels
        self.reserved_for.choices = choices_of(labels)
        self.place = Answers()

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not self.where.errors and not self.radius_km.errors:
            self._find_place()
        return bool(is_valid) and not self.errors

    def answers(self) -> Answers:
        """What is said without a fault; what stays as it is may be left out."""
        said = Answers(include_country=self.include_country.data)
        if not self.sectors.errors:
            said["sectors"] = sorted(set(self.sectors.data or ()))
        if not self.service_types.errors:
            said["service_types"] = sorted(set(self.service_types.data or ()))
        if not self.reserved_for.errors and self.reserved_for.data in wording.RESERVATIONS:
            kinds = wording.RESERVATIONS[self.reserved_for.data][1]
            said["kinds"] = sorted(str(kind) for kind in kinds)
        return said | self.place

    def _find_place(self) -> None:
        words, radius = self.where.data or EVERYWHERE, self.radius_km.data
        if (words, radius) == (self.filled["where"], self.filled["radius_km"]):
            return
        if words == EVERYWHERE:
            self.place = Answers(
                place_type=PlaceType.COUNTRY, commune_code=None, radius_km=None, zones=[]
            )
            return
        codes, unknown = naming.zones_named(self.places, words)
        if unknown or not codes:
            add_error(self.where, f"Territoire introuvable : « {' », « '.join(unknown) or words} »")
        elif len(codes) == 1 and self.places.zone_kind(codes[0]) is ZoneKind.COMMUNE:
            self.place = Answers(
                place_type=PlaceType.POINT, commune_code=codes[0], radius_km=radius, zones=[]
            )
        elif radius is not None:
            add_error(self.radius_km, "Un rayon ne se donne qu'autour d'une seule commune")
        else:
            self.place = Answers(
                place_type=PlaceType.ZONES, commune_code=None, radius_km=None, zones=sorted(codes)
            )


def _filled(need: Need, places: Gazetteer) -> dict[str, object]:
    return {
        "sectors": [sector.sector_slug for sector in need.sectors],
        "where": _where(need, places),
        "radius_km": need.radius_km,
        "reserved_for": wording.reservation_key(need),
        "service_types": list(need.service_types),
        "include_country": need.include_country,
    }


def _where(need: Need, places: Gazetteer) -> str:
    if need.place_type == PlaceType.POINT and need.commune_code:
        return naming.label(places, need.commune_code)
    if need.place_type == PlaceType.ZONES:
        return " ; ".join(naming.label(places, zone.territory_code) for zone in need.zones)
    return EVERYWHERE
