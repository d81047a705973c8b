"""What invented structures say of themselves beyond a register: labels, teams, capacity. Pure.

Each draws from a generator of its own, so that a detail more changes nothing elsewhere.
"""

from dataclasses import dataclass
from random import Random

from marketplace.demo.inventing import SEED
from marketplace.sectors.nomenclature import group_of
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind

_AIMS_OF_GROUP = {
    "espaces-verts-exterieurs": ("biodiversite", "economie_eau"),
    "hygiene-et-proprete": ("eco_produits", "economie_eau"),
    "entretien-du-linge": ("economie_eau", "economie_energie"),
    "restauration": ("bio_local", "anti_gaspillage"),
    "agro-alimentaire": ("bio_local", "biodiversite"),
    "batiments-et-travaux-publics": ("materiaux_sains", "economie_energie"),
    "recyclage-economie-circulaire": ("reemploi", "recyclage", "reparation"),
    "collecte-traitement-des-dechets": ("recyclage", "reemploi"),
    "reparations-depannages": ("reparation", "reemploi"),
    "demenagements-livraisons-transports": ("mobilite_douce",),
}
_NETWORKS = {
    Kind.ACI: ("chantier_ecole", "coorace", "cnlrq"),
    Kind.AI: ("coorace", "unai"),
    Kind.EI: ("fei", "coorace", "envie"),
    Kind.ETTI: ("fei", "coorace"),
    Kind.GEIQ: ("ffgeiq",),
    Kind.ESAT: ("gesat", "unapei", "hosmoz"),
    Kind.EA: ("unea", "gesat", "hosmoz"),
    Kind.EATT: ("unea",),
}


@dataclass(frozen=True, slots=True)
class Details:
    labels: tuple[str, ...]
    networks: tuple[str, ...]
    is_in_qpv: bool | None
    team_insertion: int | None
    team_permanent: int | None
    turnover: int | None
    absent_days: int | None
    """From today; most are there."""


@dataclass(frozen=True, slots=True)
class Capacity:
    amount_min: int | None
    amount_max: int | None
    lead_time_days: int | None
    hours_a_week: int | None
    tags: tuple[str, ...]
    confirmed_days: int
    """Before today, and after it was listed."""


def details_of(siret: str, kind: Kind, team: int) -> Details:
    rng = Random(f"{SEED} structure {siret}")  # noqa: S311 - it invents, it does not protect
    possible = ["esus", "iso_9001"] + (["rsei"] if kind in INSERTION | HANDICAP else [])
    networks = _NETWORKS.get(kind, ())
    return Details(
        labels=tuple(label for label in possible if rng.random() < 0.25),
        networks=(rng.choice(networks),) if networks and rng.random() < 0.6 else (),
        is_in_qpv=rng.choices([True, False, None], [15, 55, 30])[0],
        team_insertion=team if rng.random() < 0.7 else None,
        team_permanent=max(2, team // 5) if rng.random() < 0.7 else None,
        turnover=team * rng.choice([18_000, 24_000, 31_000]) if rng.random() < 0.5 else None,
        absent_days=rng.randint(10, 60) if rng.random() < 0.03 else None,
    )


def capacity_of(siret: str, number: int, sectors: tuple[str, ...], age_days: int) -> Capacity:
    """Of the offer of this number of a structure."""
    rng = Random(f"{SEED} offer {siret} {number}")  # noqa: S311 - it invents, it does not protect
    aims = dict.fromkeys(aim for slug in sectors for aim in _AIMS_OF_GROUP.get(group_of(slug), ()))
    return Capacity(
        amount_min=rng.choice([None, 300, 500, 1_000]),
        amount_max=rng.choice([None, None, 50_000, 90_000, 200_000]),
        lead_time_days=rng.choice([None, 5, 10, 15, 30]),
        hours_a_week=rng.choice([None, 35, 70, 140, 280]),
        tags=tuple(aim for aim in aims if rng.random() < 0.4),
        confirmed_days=rng.randint(0, min(age_days, 300)),
    )
