"""What the demonstration invents: structures, organisations, needs. Pure."""

from dataclasses import dataclass

from marketplace.structures.kinds import Kind
from marketplace.territories.coverage import Coverage
from marketplace.territories.gazetteer import Commune


@dataclass(frozen=True, slots=True)
class InventedOffer:
    title: str
    description: str
    sectors: tuple[str, ...]
    service_types: tuple[str, ...]
    coverage: Coverage
    is_paused: bool
    age_days: int


@dataclass(frozen=True, slots=True)
class InventedStructure:
    """Without offers, only its name and NAF code tell what it does."""

    siret: str
    kind: Kind
    name: str
    legal_form: str
    description: str
    team: int
    """Of whom the description speaks."""
    address: str
    postcode: str
    commune: Commune
    lat: float
    lon: float
    naf: str
    email: str
    phone: str
    offers: tuple[InventedOffer, ...]


@dataclass(frozen=True, slots=True)
class InventedOrganisation:
    key: str
    siret: str
    name: str
    kind: str
    commune: str
    buyer: str


@dataclass(frozen=True, slots=True)
class InventedLot:
    """Without zones it is where its need is."""

    title: str
    description: str
    sectors: tuple[str, ...]
    zones: tuple[str, ...]
    amount: tuple[int, int]


@dataclass(frozen=True, slots=True)
class InventedNeed:
    """Where neither a commune nor zones are given, the place is the whole country.

    `posted` counts working days back from today, `deadline` days from today. `outcome` is
    the state that the need ends in, `reason` what was said when it was not published.
    """

    organisation: str
    kind: str
    title: str
    description: str
    sectors: tuple[str, ...]
    service_types: tuple[str, ...]
    reserved: str
    commune: str | None
    zones: tuple[str, ...]
    radius_km: int | None
    include_country: bool
    posted: int
    deadline: int
    outcome: str
    reason: str
    nature: str | None
    amount: tuple[int | None, int | None]
    months: int | None
    lever: str | None
    tags: tuple[str, ...]
    valued: tuple[str, ...]
    questions: tuple[str, ...]
    lots: tuple[InventedLot, ...]
