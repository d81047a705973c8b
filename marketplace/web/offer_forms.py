"""The form of an offer: one page, three minutes."""

from collections.abc import Sequence

from wtforms import (
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.db import db
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.offers.drafting import OfferDraft, draft_of, missing
from marketplace.offers.tables import CoverageType, Offer, ServiceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors import suggesting
from marketplace.sectors.aims import AIMS
from marketplace.sectors.queries import all_groups
from marketplace.sectors.tables import SectorGroup
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

PROPOSED = 5
FARTHEST_KM = 500
MOST_ZONES = 1_000
LARGEST_AMOUNT = 100_000_000

COVERAGES = {
    CoverageType.RADIUS: "Autour de votre siège",
    CoverageType.ZONES: "Dans des territoires que vous nommez",
    CoverageType.COUNTRY: "Dans toute la France",
}
AMOUNT = "Donnez un montant en euros, sans les centimes, de 100 millions au plus"
WANTED = {
    "title": "Donnez un titre, par exemple «\u00a0Entretien des espaces verts\u00a0»",
    "sectors": "Cochez au moins un secteur",
    "service_types": "Cochez au moins un type de prestation",
    "radius_km": "Donnez un nombre de kilomètres, de 1 à 500",
    "zones": "Donnez au moins un territoire, par exemple Doubs\u00a0; Jura",
}


class WholeField(IntegerField):
    """A whole number as people type it: « 12 000 », « 12 000 € »."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(["".join(one.split()).removesuffix("€") for one in valuelist])


def whole(label: str, low: int, high: int, message: str) -> WholeField:
    return WholeField(label, [Optional(), NumberRange(low, high, message)])


class OfferForm(FrenchForm):
    """`draft()` is what it says; a draft may lack what WANTED asks of an offer that is sent."""

    title = StringField(
        "Titre",
        [
            InputRequired(WANTED["title"]),
            Length(min=5, max=200, message="Le titre compte de 5 à 200 caractères"),
        ],
        filters=[one_line],
    )
    description = TextAreaField(
        "Ce que vous faites, et comment",
        [Optional(), Length(max=10_000, message="La description dépasse 10 000 caractères")],
        filters=[cleaned],
    )
    sectors = SelectMultipleField("Secteurs", [Optional()])
    service_types = SelectMultipleField(
        "Types de prestation", [Optional()], choices=choices_of(SERVICE_TYPES)
    )
    coverage_type = RadioField(
        "Où intervenez-vous\u00a0?",
        [InputRequired("Dites où vous intervenez")],
        choices=choices_of(COVERAGES),
    )
    radius_km = whole("Jusqu'à", 1, FARTHEST_KM, WANTED["radius_km"])
    zones = TextAreaField("Vos territoires", [Optional()], filters=[cleaned])
    zone = StringField("Ajouter un territoire", [Optional(), Length(max=120)], filters=[one_line])
    amount_min = whole("Montant minimal d'un contrat", 0, LARGEST_AMOUNT, AMOUNT)
    amount_max = whole("Montant maximal d'un contrat", 1, LARGEST_AMOUNT, AMOUNT)
    lead_time_days = whole(
        "Délai avant de commencer", 0, 730, "Le délai est un nombre de jours, de 0 à 730"
    )
    hours_a_week = whole(
        "Heures de travail disponibles par semaine",
        1,
        100_000,
        "Donnez un nombre d'heures, de 1 à 100 000",
    )
    environmental_tags = SelectMultipleField(
        "Engagements environnementaux",
        [Optional()],
        choices=choices_of({code: aim.label for code, aim in AIMS.items()}),
    )

    def __init__(self, places: Gazetteer, offer: Offer | None = None) -> None:
        super().__init__(data=_filled(offer, places) if offer else _EMPTY)
        self.places = places
        self.zone_codes: tuple[str, ...] = ()
        slugs = {sector.slug: sector.name for group in self.groups for sector in group.sectors}
        self.sectors.choices = choices_of(slugs)

    @property
    def groups(self) -> Sequence[SectorGroup]:
        return all_groups(db.session())

    def validate_for(self, is_sent: bool) -> bool:
        """Whether it can be kept; when it is sent, whether it is whole too."""
        is_valid = self.validate()
        self._find_zones()
        low, high = self.amount_min.data, self.amount_max.data
        if low and high and low > high and not (self.amount_min.errors or self.amount_max.errors):
            add_error(self.amount_max, "Le montant maximal est au-dessus du minimal")
        is_valid = is_valid and not any(field.errors for field in self)
        if is_sent and not self.coverage_type.errors:
            for name in missing(self.draft()):
                if not self[name].errors:
                    add_error(self[name], WANTED[name])
                    is_valid = False
        return bool(is_valid)

    def add_zone(self) -> None:
        """Take the territory typed apart into the list; an unknown one is told beside it, as is
        what is wrong of the rest, but not what is still to be filled."""
        self.validate_for(is_sent=False)
        for field in self:
            if not (field.raw_data and field.raw_data[0]):
                field.errors = []
        if not self.zone.data:
            return
        code = naming.zone_named(self.places, self.zone.data or "")
        if code is None or code == "FR":
            add_error(
                self.zone,
                f"Territoire introuvable\u00a0: «\u00a0{(self.zone.data or '')[:60]}\u00a0»",
            )
            return
        label = naming.label(self.places, code)
        if code not in self.zone_codes:
            said = (self.zones.data or "").strip("\u00a0;\n")
            self.zones.data = f"{said}\u00a0; {label}" if said else label
        self.zone.data = ""

    def draft(self) -> OfferDraft:
        """What is said without a fault; of what is wrong, nothing."""
        coverage = CoverageType.RADIUS
        if not self.coverage_type.errors and self.coverage_type.data in set(CoverageType):
            coverage = CoverageType(self.coverage_type.data)
        is_radius = coverage is CoverageType.RADIUS
        return OfferDraft(
            title=(self.title.data or "")[:200],
            description=self.description.data or "",
            sectors=_right(self.sectors),
            service_types=tuple(ServiceType(one) for one in _right(self.service_types)),
            coverage_type=coverage,
            radius_km=self._number("radius_km") if is_radius else None,
            zones=tuple(sorted(self.zone_codes)) if coverage is CoverageType.ZONES else (),
            environmental_tags=_right(self.environmental_tags),
            amount_min=self._number("amount_min"),
            amount_max=self._number("amount_max"),
            lead_time_days=self._number("lead_time_days"),
            hours_a_week=self._number("hours_a_week"),
        )

    def proposed(self) -> list[suggesting.Suggestion]:
        """The sectors that its words speak of, likeliest first."""
        return suggesting.suggest(self._words(), PROPOSED) if self._words().strip() else []

    def _words(self) -> str:
        return f"{self.title.data or ''}\n{self.description.data or ''}"

    def _number(self, name: str) -> int | None:
        return None if self[name].errors else self[name].data

    def _find_zones(self) -> None:
        self.zone_codes = ()
        if self.coverage_type.data != CoverageType.ZONES:
            return
        said = self.zones.data or ""
        if len(said) > 60 * MOST_ZONES or said.count(";") + said.count("\n") >= 2 * MOST_ZONES:
            add_error(self.zones, _too_many())
            return
        codes, unknown = naming.zones_named(self.places, said)
        if unknown:
            named = "\u00a0», «\u00a0".join(one[:60] for one in unknown)
            add_error(self.zones, f"Territoire introuvable\u00a0: «\u00a0{named}\u00a0»")
        elif len(codes) > MOST_ZONES:
            add_error(self.zones, _too_many())
        else:
            self.zone_codes = codes


def _too_many() -> str:
    return (
        "Au plus 1\u00a0000 territoires\u00a0: nommez plutôt des départements ou des régions, "
        "qui en contiennent beaucoup"
    )


def _right(field: SelectMultipleField) -> tuple[str, ...]:
    return () if field.errors else tuple(sorted(set(field.data or ())))


_EMPTY: dict[str, object] = {"coverage_type": CoverageType.RADIUS, "radius_km": 50}


def _filled(offer: Offer, places: Gazetteer) -> dict[str, object]:
    said = draft_of(offer)
    return {
        "title": said.title,
        "description": said.description,
        "sectors": list(said.sectors),
        "service_types": list(said.service_types),
        "coverage_type": said.coverage_type,
        "radius_km": said.radius_km,
        "zones": "\u00a0; ".join(naming.label(places, code) for code in said.zones),
        "environmental_tags": list(said.environmental_tags),
        "amount_min": said.amount_min,
        "amount_max": said.amount_max,
        "lead_time_days": said.lead_time_days,
        "hours_a_week": said.hours_a_week,
    }
