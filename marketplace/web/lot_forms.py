"""The form of a lot. What it leaves out is as its need says."""

from wtforms import RadioField
from wtforms.validators import Optional

from marketplace.forms import NO_AMOUNT, AmountField, Amounts, choices_of
from marketplace.needs import wording
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Lever, Lot, Need, PlaceType
from marketplace.territories.gazetteer import Gazetteer
from marketplace.web.place_fields import PLACE_TYPES, PlaceFields, place_filled
from marketplace.web.step_forms import MaySelectField, SectorFields, StepForm

AS_NEED = "need"


class LotForm(SectorFields, PlaceFields, StepForm):
    place_type = RadioField(
        "Où a lieu le travail de ce lot\u00a0?",
        [Optional()],
        choices=choices_of({AS_NEED: "Là où est le besoin"} | PLACE_TYPES),
        default=AS_NEED,
    )
    place_type.creation_counter = PlaceFields.place_type.creation_counter
    """It stands where a need's does: before what it asks for."""
    amount = AmountField("Montant estimé de ce lot")
    lever = MaySelectField(
        "Levier social de ce lot",
        choices=choices_of({"": "Celui du besoin"} | wording.LEVERS),
    )

    def __init__(self, need: Need, lot: Lot | None, places: Gazetteer, prefix: str = "") -> None:
        """`prefix` begins the names of its fields, where a page holds several lots."""
        super().__init__(_filled(lot, places) if lot else {"place_type": AS_NEED}, prefix)
        self.need = need
        self.places = places
        self.offer_sectors()

    def draft(self) -> LotDraft:
        """What a form without a fault says."""
        is_own = self.place_type.data in PLACE_TYPES
        amount = self.amount.data or NO_AMOUNT
        return LotDraft(
            title=self.title.data,
            description=self.description.data or "",
            sectors=tuple(sorted(set(self.sectors.data))),
            place_type=PlaceType(self.place_type.data) if is_own else None,
            commune_code=self.commune_code,
            radius_km=self.radius_km.data if self.is_point else None,
            zones=tuple(sorted(self.zone_codes)),
            amount_min=amount.least,
            amount_max=amount.most,
            lever=Lever(self.lever.data) if self.lever.data else None,
        )

    @property
    def has_details(self) -> bool:
        return bool(
            self.amount.errors
            or self.lever.errors
            or self.lever.data
            or self.place_type.data not in (AS_NEED, None)
        )


def _filled(lot: Lot, places: Gazetteer) -> dict[str, object]:
    return place_filled(lot, places) | {
        "title": lot.title,
        "description": lot.description,
        "sectors": [sector.sector_slug for sector in lot.sectors],
        "place_type": lot.place_type or AS_NEED,
        "amount": Amounts(lot.amount_min, lot.amount_max),
        "lever": lot.lever or "",
    }
