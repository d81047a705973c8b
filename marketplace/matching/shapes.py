"""What matching takes in and gives back, whether from files or from the database. Pure."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marketplace.territories.coverage import Coverage, Place

KINDS = ("EI", "AI", "ACI", "ETTI", "EITI", "GEIQ", "EA", "EATT", "ESAT", "SEP")
SERVICE_TYPES = ("DISP", "PREST", "BUILD")

Reason = dict[str, Any]
"""A `code` and the values that its sentence needs: explaining.py writes the sentence."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a structure sells. Only the first four are certain; unknown is never a fault.

    What `commune` tells (point, postcode, department, region, EPCI) is filled in by the
    index where it is missing.
    """

    id: str
    structure_id: str
    kind: str
    coverage: Coverage
    name: str = ""
    title: str = ""
    description: str = ""
    sectors: tuple[str, ...] = ()
    service_types: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    commune: str | None = None
    postcode: str | None = None
    department: str | None = None
    region: str | None = None
    active: bool = True
    reachable: bool = True
    naf: str | None = None
    implied: bool = False
    """Nobody declared this offer: it was drawn from a register, and stays to be confirmed."""
    amount_min: float | None = None
    amount_max: float | None = None
    """The smallest and largest contract taken, in euros excluding tax."""
    lead_days: int | None = None
    """Days needed between an order and the first day of work."""
    answered: int = 0
    received: int = 0
    """Needs answered, and needs the structure was told of, lately."""
    feedback: float = 0.0
    """Between -1 (declines all that is proposed as unsuitable) and 1, smoothed: see feedback.py."""
    absent_until: date | None = None
    """The last day when its structure takes nothing more."""
    confirmed_on: date | None = None
    """When its structure last said that it still holds."""
    qpv: bool = False
    """Seated in a priority district."""
    tags: tuple[str, ...] = ()
    """Codes of sectors.aims."""
    team: int | None = None
    """People in insertion whom the structure employs."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a buyer looks for, or one of its lots. Empty lists mean any."""

    id: str
    place: Place
    title: str = ""
    description: str = ""
    sectors: tuple[str, ...] = ()
    """Ticked by the buyer; when empty, inferred from the words."""
    service_types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    include_country: bool = True
    amount_min: float | None = None
    amount_max: float | None = None
    """In euros excluding tax; equal when it is exact."""
    start_in_days: int | None = None
    """Days from the order, at the earliest, to the first day of work."""
    valued: tuple[str, ...] = ()
    """What the buyer wants to count in the ranking: `qpv`, `team`, `tags`."""
    tags: tuple[str, ...] = ()
    """Codes of sectors.aims, valued as `tags`."""
    on: date | None = None
    """The day of the search; without one, absences and old confirmations are left aside."""


@dataclass(slots=True)
class Ranked:
    """A structure's place in a ranking, by its best offer."""

    structure_id: str
    offer_id: str
    score: float
    """In [0, 1], to six decimals."""
    parts: dict[str, float]
    reasons: list[Reason]
    near: list[str] = field(default_factory=list)
    """The one criterion missed, `sector` or `territory`; empty for an eligible structure."""
    distance_km: float | None = None
    """From the seat to the place, 0 when seated in its zone; None without coordinates."""


@dataclass(slots=True)
class Ranking:
    """The eligible first, then the near ones, each best first, one row per structure."""

    eligible: int
    """How many structures are eligible, however many are listed."""
    matches: list[Ranked]
