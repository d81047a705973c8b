"""Where work is: the fields that a need and a lot share."""

from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.needs.tables import Lot, Need, PlaceType
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind

PLACE_TYPES = {
    PlaceType.POINT: "Dans une commune",
    PlaceType.ZONES: "Dans un ou plusieurs territoires",
    PlaceType.COUNTRY: "Dans toute la France",
}


class PlaceFields(FrenchForm):
    """`commune_code` and `zone_codes` are what was understood, once validated."""

    place_type = RadioField(
        "Où a lieu le travail\u00a0?",
        [InputRequired("Dites où a lieu le travail")],
        choices=choices_of(PLACE_TYPES),
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

    places: Gazetteer
    commune_code: str | None = None
    zone_codes: tuple[str, ...] = ()

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.place_type.data == PlaceType.POINT:
            return self._find_commune() and is_valid
        if self.place_type.data == PlaceType.ZONES:
            return self._find_zones() and is_valid
        return bool(is_valid)

    @property
    def is_point(self) -> bool:
        return bool(self.place_type.data == PlaceType.POINT)

    @property
    def is_placed(self) -> bool:
        """The place is said without a fault."""
        asked = [
            self.place_type,
            *([self.commune, self.radius_km] if self.is_point else [self.zones]),
        ]
        return not any(field.errors for field in asked)

    def _find_commune(self) -> bool:
        if not self.commune.data:
            add_error(self.commune, "Donnez la commune, par exemple Besançon (25)")
            return False
        code = naming.zone_named(self.places, self.commune.data)
        if code is None or self.places.zone_kind(code) is not ZoneKind.COMMUNE:
            add_error(
                self.commune,
                f"Commune introuvable : «\u00a0{self.commune.data}\u00a0». Donnez son nom et son "
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
            add_error(
                self.zones,
                f"Territoire introuvable : « {' », « '.join(unknown)} »",
            )
            return False
        if not self.zone_codes:
            add_error(self.zones, "Donnez au moins un territoire, par exemple Doubs\u00a0; Jura")
            return False
        return True


def place_filled(of: Need | Lot, places: Gazetteer) -> dict[str, object]:
    """The stored place, as the fields show it."""
    return {
        "place_type": of.place_type,
        "commune": naming.label(places, of.commune_code) if of.commune_code else "",
        "radius_km": of.radius_km,
        "zones": "\u00a0; ".join(naming.label(places, zone.territory_code) for zone in of.zones),
    }
