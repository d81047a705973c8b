"""Another targeting, of a need or of one of its lots, as a facilitator says it."""

from dataclasses import replace

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Length, NumberRange, Optional

from marketplace.forms import FrenchForm, add_error, choices_of, one_line
from marketplace.needs import wording
from marketplace.needs.drafting import Answers, lot_draft
from marketplace.needs.lots import lot_seen
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Lot, Need, PlaceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind

EVERYWHERE = "Toute la France"
AS_ASKED = ""


class PlacedForm(FrenchForm):
    """What both say: sectors, and a place; `place` is what is understood of it, once validated,
    when it is another."""

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
    places: Gazetteer
    filled: dict[str, object]
    place: Answers
    without_place = EVERYWHERE
    """What an emptied field says."""

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not self.where.errors and not self.radius_km.errors:
            self._find_place()
        return bool(is_valid) and not self.errors

    def _find_place(self) -> None:
        words, radius = self.where.data or self.without_place, self.radius_km.data
        if (words, radius) == (self.filled["where"], self.filled["radius_km"]):
            return
        if not words:
            if radius is not None:
                add_error(self.radius_km, "Un rayon ne se donne qu'autour d'une seule commune")
            self.place = Answers(place_type=None, commune_code=None, radius_km=None, zones=[])
            return
        if words == EVERYWHERE:
            self.place = Answers(
                place_type=PlaceType.COUNTRY, commune_code=None, radius_km=None, zones=[]
            )
            return
        codes, unknown = naming.zones_named(self.places, words)
        if unknown or not codes:
            add_error(
                self.where,
                f"Territoire introuvable : « {' », « '.join(unknown) or words} »",
            )
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


class TargetForm(PlacedForm):
    """Who could answer a need. `seen` is the fingerprint of adjusting.TARGETING."""

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
            labels = {AS_ASKED: f"Comme demandé\u00a0: {wording.reservation(need)}"} | labels
        self.reserved_for.choices = choices_of(labels)
        self.place = Answers()

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


class LotTargetForm(PlacedForm):
    """Who could answer one lot. `seen` is the fingerprint of the lot. Where it says nothing, its
    need does."""

    without_place = ""

    def __init__(self, lot: Lot, places: Gazetteer) -> None:
        self.filled = {
            "sectors": [sector.sector_slug for sector in lot.sectors],
            "where": _where(lot, places) if lot.place_type else "",
            "radius_km": lot.radius_km,
        }
        super().__init__(data=self.filled | {"seen": lot_seen(lot)}, prefix=f"lot{lot.number}-")
        self.places = places
        self.place = Answers()

    def draft(self, lot: Lot) -> LotDraft:
        """The lot as this says it; what is wrong stays as it is."""
        said = lot_draft(lot)
        if not self.sectors.errors:
            said = replace(said, sectors=tuple(sorted(set(self.sectors.data or ()))))
        if not self.place:
            return said
        return replace(
            said,
            place_type=self.place["place_type"],
            commune_code=self.place["commune_code"],
            radius_km=self.place["radius_km"],
            zones=tuple(self.place["zones"]),
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


def _where(need: Need | Lot, places: Gazetteer) -> str:
    if need.place_type == PlaceType.POINT and need.commune_code:
        return naming.label(places, need.commune_code)
    if need.place_type == PlaceType.ZONES:
        return "\u00a0; ".join(naming.label(places, zone.territory_code) for zone in need.zones)
    return EVERYWHERE
