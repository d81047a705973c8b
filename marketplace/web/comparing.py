"""Structures side by side: one row a question, one cell a structure."""

from collections.abc import Callable, Mapping, Sequence

from marketplace import formats
from marketplace.offers import wording
from marketplace.offers.tables import Offer, ServiceType
from marketplace.structures.kinds import LABELS as KINDS
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

UNKNOWN = "Non renseigné"
Answer = Callable[[Structure, Sequence[Offer]], list[str]]


def compared(
    structures: Sequence[Structure], sold: Mapping[int, Sequence[Offer]], places: Gazetteer
) -> list[tuple[str, list[list[str]]]]:
    """Each question with the answers of each structure; those that none answers are left out."""
    questions: list[tuple[str, Answer]] = [
        ("Type", lambda one, _: [f"{one.kind} · {KINDS[one.kind]}"]),
        ("Siège", lambda one, _: [_seat(one, places)]),
        ("Offres", lambda _, offers: [o.title for o in offers if o.title]),
        ("Secteurs", lambda _, offers: _each(offers, wording.sectors)),
        (
            "Prestations",
            lambda _, offers: _each(
                offers, lambda o: [wording.SERVICE_TYPES[ServiceType(c)] for c in o.service_types]
            ),
        ),
        ("Intervient", lambda _, offers: _each(offers, lambda o: [wording.coverage(o, places)])),
        ("Montants acceptés", lambda _, offers: _each(offers, _amounts)),
        ("Délai d'intervention", lambda _, offers: _each(offers, _lead_time)),
        ("Heures disponibles", lambda _, offers: _each(offers, _hours)),
        ("Offre confirmée", lambda _, offers: _each(offers, _confirmed)),
        ("Équipe en insertion", lambda one, _: _count(one.team_insertion)),
        ("Équipe permanente", lambda one, _: _count(one.team_permanent)),
        ("Labels", lambda one, _: [LABELS[code] for code in one.labels if code in LABELS]),
        ("Réseaux", lambda one, _: [NETWORKS[code] for code in one.networks if code in NETWORKS]),
    ]
    rows = []
    for title, answer in questions:
        answers = [answer(one, sold.get(one.id, ())) for one in structures]
        if any(answers):
            rows.append((title, [told or [UNKNOWN] for told in answers]))
    return rows


def _each(offers: Sequence[Offer], told: Callable[[Offer], list[str]]) -> list[str]:
    return list(dict.fromkeys(word for offer in offers for word in told(offer)))


def _seat(structure: Structure, places: Gazetteer) -> str:
    return naming.label(places, structure.commune_code) if structure.commune_code else UNKNOWN


def _count(people: int | None) -> list[str]:
    if people is None:
        return []
    return [f"{formats.number(people)} personne{'s' if people > 1 else ''}"]


def _amounts(offer: Offer) -> list[str]:
    low, high = offer.amount_min, offer.amount_max
    if low is not None and high is not None:
        return [f"De {formats.euros(low)} à {formats.euros(high)}"]
    if low is not None:
        return [f"Dès {formats.euros(low)}"]
    return [f"Jusqu'à {formats.euros(high)}"] if high is not None else []


def _hours(offer: Offer) -> list[str]:
    hours = offer.hours_a_week
    return [f"{formats.number(hours)}\u00a0h par semaine"] if hours else []


def _confirmed(offer: Offer) -> list[str]:
    said = wording.holds(offer)
    return [f"Le {said}"] if said else []


def _lead_time(offer: Offer) -> list[str]:
    days = offer.lead_time_days
    return [] if days is None else [f"{days} jour{'s' if days > 1 else ''}"]
