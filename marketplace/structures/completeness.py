"""Which details of a profile are missing, and what each is for. Never used to rank. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Page = Literal["identity", "seat", "figures", "proofs", "offers"]


@dataclass(frozen=True, slots=True)
class Detail:
    """`why` is what it changes for the structure; `page` is where it is said."""

    code: str
    label: str
    why: str
    page: Page
    is_said: bool = False


DETAILS = (
    Detail("offer", "Une offre publiée", "Sans offre, vos secteurs sont devinés.", "offers"),
    Detail("seat", "La commune de votre siège", "La distance des besoins en part.", "seat"),
    Detail("email", "Une adresse électronique", "C'est là que les acheteurs écrivent.", "identity"),
    Detail("description", "Une présentation", "Ses mots servent à la recherche.", "identity"),
    Detail(
        "capacity",
        "Montants ou délai d'une offre",
        "Les besoins trop grands, trop petits ou trop pressés passent après.",
        "offers",
    ),
    Detail(
        "is_in_qpv",
        "Siège en quartier prioritaire ou non",
        "Certains acheteurs le valorisent.",
        "seat",
    ),
    Detail(
        "team_insertion",
        "Le nombre de personnes en parcours",
        "Certains acheteurs le valorisent.",
        "figures",
    ),
    Detail(
        "environmental_tags",
        "Vos engagements environnementaux",
        "Certains acheteurs les demandent.",
        "proofs",
    ),
    Detail("labels", "Vos labels", "Les acheteurs cherchent par label.", "proofs"),
    Detail("references", "Des clients que vous citez", "Un acheteur se rassure.", "proofs"),
)
"""What matters most to being found comes first."""


def details(said: Mapping[str, bool]) -> list[Detail]:
    """Every detail, told whether it is said; one that `said` does not name is not."""
    return [
        Detail(one.code, one.label, one.why, one.page, said.get(one.code, False)) for one in DETAILS
    ]
