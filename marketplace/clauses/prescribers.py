"""Who may send people towards a post of the clause, and in what capacity. Pure.

Those whom the order of 1 September 2021 names (JORF of 2 September 2021, annex 1) prescribe a path
of insertion; the others point people out, and a prescriber confirms. TAPAJ, day work for young
people in difficulty, is of the latter.
"""

from collections.abc import Mapping
from enum import StrEnum


class PrescriberKind(StrEnum):
    FRANCE_TRAVAIL = "france_travail"
    MISSION_LOCALE = "mission_locale"
    CAP_EMPLOI = "cap_emploi"
    DEPARTMENT = "department"
    CCAS = "ccas"
    PLIE = "plie"
    SHELTER = "shelter"
    PROBATION = "probation"
    TAPAJ = "tapaj"
    STREET_WORK = "street_work"
    OTHER = "other"


LABELS: Mapping[PrescriberKind, str] = {
    PrescriberKind.FRANCE_TRAVAIL: "France Travail",
    PrescriberKind.MISSION_LOCALE: "Mission locale",
    PrescriberKind.CAP_EMPLOI: "Cap emploi",
    PrescriberKind.DEPARTMENT: "Service social du département",
    PrescriberKind.CCAS: "CCAS ou CIAS",
    PrescriberKind.PLIE: "PLIE",
    PrescriberKind.SHELTER: "CHRS ou CHU",
    PrescriberKind.PROBATION: "SPIP ou PJJ",
    PrescriberKind.TAPAJ: "TAPAJ",
    PrescriberKind.STREET_WORK: "Prévention spécialisée",
    PrescriberKind.OTHER: "Autre partenaire",
}
_ORIENTS = frozenset({PrescriberKind.TAPAJ, PrescriberKind.OTHER})

ENABLED = "Prescripteur habilité"
ORIENTS = "Partenaire orienteur"


def capacity(kind: PrescriberKind) -> str:
    return ORIENTS if kind in _ORIENTS else ENABLED
