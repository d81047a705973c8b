"""The kinds of inclusive structure, and the two families that the law reserves for. Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """Kinds, by the name that the field uses in French."""

    EI = "EI"
    AI = "AI"
    ACI = "ACI"
    ETTI = "ETTI"
    EITI = "EITI"
    GEIQ = "GEIQ"
    EA = "EA"
    EATT = "EATT"
    ESAT = "ESAT"
    SEP = "SEP"


INSERTION = frozenset({Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI, Kind.GEIQ})
HANDICAP = frozenset({Kind.EA, Kind.EATT, Kind.ESAT})

LABELS = {
    Kind.EI: "entreprise d'insertion",
    Kind.AI: "association intermédiaire",
    Kind.ACI: "atelier et chantier d'insertion",
    Kind.ETTI: "entreprise de travail temporaire d'insertion",
    Kind.EITI: "entreprise d'insertion par le travail indépendant",
    Kind.GEIQ: "groupement d'employeurs pour l'insertion et la qualification",
    Kind.EA: "entreprise adaptée",
    Kind.EATT: "entreprise adaptée de travail temporaire",
    Kind.ESAT: "établissement et service d'aide par le travail",
    Kind.SEP: "production en établissement pénitentiaire",
}
