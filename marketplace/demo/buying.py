"""The organisations of the demonstration and the needs that they post, as written down. Pure."""

from marketplace.demo.inventing import siret
from marketplace.demo.shapes import InventedLot, InventedNeed, InventedOrganisation
from marketplace.demo.vocabulary import Words, words_of

_FIRST_BUYER = 8000


def organisations() -> list[InventedOrganisation]:
    return [
        InventedOrganisation(
            row["key"],
            siret(_FIRST_BUYER + number),
            row["name"],
            row["kind"],
            row["commune"],
            row["buyer"],
        )
        for number, row in enumerate(words_of("needs")["organisations"])
    ]


def needs() -> list[InventedNeed]:
    """All forty, the first posted first."""
    rows = sorted(words_of("needs")["needs"], key=lambda row: -row["posted"])
    return [
        InventedNeed(
            organisation=row["of"],
            kind=row["kind"],
            title=row["title"],
            description=row["description"],
            sectors=tuple(row["sectors"]),
            service_types=tuple(row["types"]),
            reserved=row.get("reserved", "any"),
            commune=row.get("commune"),
            zones=tuple(row.get("zones", ())),
            radius_km=row.get("radius_km"),
            include_country=row.get("include_country", True),
            posted=row["posted"],
            deadline=row["deadline"],
            outcome=row.get("outcome", "published"),
            reason=row.get("reason", ""),
            nature=row.get("nature"),
            amount=tuple(row.get("amount", (None, row.get("most")))),
            months=row.get("months"),
            lever=row.get("lever"),
            tags=tuple(row.get("tags", ())),
            valued=tuple(row.get("valued", ())),
            questions=tuple(row.get("questions", ())),
            lots=tuple(_lot(lot) for lot in row.get("lots", ())),
        )
        for row in rows
    ]


def _lot(row: Words) -> InventedLot:
    least, most = row["amount"]
    return InventedLot(
        title=row["title"],
        description=row.get("description", ""),
        sectors=tuple(row["sectors"]),
        zones=tuple(row.get("zones", ())),
        amount=(least, most),
    )
