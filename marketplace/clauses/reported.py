"""What a line of hours says, in codes and in French, and what it may not say. Pure.

Counts, never names. Publics are exclusive: a person who meets several criteria is counted
under the one that opened the door to the clause; woman or man, age and district are flags.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from marketplace.formats import NBSP, long_date
from marketplace.structures.kinds import LABELS as KINDS

WORKED_A_WEEK = 48
"""The most that a week may hold: article L3121-20 of the code du travail."""

MOST_PEOPLE = 10_000
MOST_LINES = 200
FEW = 5
"""Fewer people than that are not shown in public."""


class EmployerRole(StrEnum):
    HOLDER = "holder"
    FORMER = "former"
    MEMBER = "member"
    SUBCONTRACTOR = "subcontractor"


class ReportState(StrEnum):
    SENT = "sent"
    ASKED = "asked"
    VALIDATED = "validated"


class ProgrammeKind(StrEnum):
    NPNRU = "npnru"
    GUP = "gup"
    PNRU = "pnru"
    OTHER = "other"


class Way(StrEnum):
    HIRE = "hire"
    LENT = "lent"
    SUBCONTRACT = "subcontract"
    COCONTRACT = "cocontract"


class WorkContract(StrEnum):
    CDI = "cdi"
    CDD = "cdd"
    SITE = "site"
    TEMP = "temp"
    PROFESSIONAL = "professional"
    APPRENTICE = "apprentice"
    CDDI = "cddi"
    OTHER = "other"


class Public(StrEnum):
    LONG_TERM = "long_term"
    RSA = "rsa"
    ALLOWANCE = "allowance"
    DISABILITY = "disability"
    YOUNG = "young"
    SENIOR = "senior"
    DISTRICT = "district"
    INCLUSION = "inclusion"
    REFUGEE = "refugee"
    JUSTICE = "justice"
    OTHER = "other"


class Sex(StrEnum):
    WOMAN = "woman"
    MAN = "man"


class Age(StrEnum):
    UNDER_26 = "under_26"
    MIDDLE = "26_49"
    SENIOR = "50_plus"


class District(StrEnum):
    """Whether people live in a priority district, of which list: the one in force when they
    were hired. The three lists are not one series."""

    NO = "no"
    ZUS = "zus"
    QPV_2015 = "2015"
    QPV_2024 = "2024"


ORDINARY = "ordinary"
EMPLOYER_KINDS: Mapping[str, str] = {ORDINARY: "Entreprise ordinaire"} | {
    kind.value: f"{kind.value}\u00a0: {label}" for kind, label in KINDS.items()
}
ROLES: Mapping[EmployerRole, str] = {
    EmployerRole.HOLDER: "Titulaire",
    EmployerRole.FORMER: "Ancien titulaire",
    EmployerRole.MEMBER: "Cotraitant",
    EmployerRole.SUBCONTRACTOR: "Sous-traitant",
}
STATES: Mapping[ReportState, str] = {
    ReportState.SENT: "À valider",
    ReportState.ASKED: "Précision demandée",
    ReportState.VALIDATED: "Validé",
}
PROGRAMMES: Mapping[ProgrammeKind, str] = {
    ProgrammeKind.NPNRU: "NPNRU",
    ProgrammeKind.GUP: "Gestion urbaine de proximité",
    ProgrammeKind.PNRU: "PNRU (terminé)",
    ProgrammeKind.OTHER: "Autre programme",
}
WAYS: Mapping[Way, str] = {
    Way.HIRE: "Embauche directe",
    Way.LENT: "Mise à disposition",
    Way.SUBCONTRACT: "Sous-traitance",
    Way.COCONTRACT: "Cotraitance",
}
WORK_CONTRACTS: Mapping[WorkContract, str] = {
    WorkContract.CDI: "CDI",
    WorkContract.CDD: "CDD",
    WorkContract.SITE: "Contrat de chantier",
    WorkContract.TEMP: "Intérim",
    WorkContract.PROFESSIONAL: "Professionnalisation",
    WorkContract.APPRENTICE: "Apprentissage",
    WorkContract.CDDI: "CDD d'insertion",
    WorkContract.OTHER: "Autre contrat",
}
PUBLICS: Mapping[Public, str] = {
    Public.LONG_TERM: "Demandeur d'emploi depuis plus de 12 mois",
    Public.RSA: "Bénéficiaire du RSA",
    Public.ALLOWANCE: "Allocataire (ASS, AAH, invalidité)",
    Public.DISABILITY: "Travailleur handicapé",
    Public.YOUNG: "Moins de 26 ans, sorti de l'école depuis 6 mois, en recherche d'emploi",
    Public.SENIOR: "50 ans et plus",
    Public.DISTRICT: "Habitant d'un quartier prioritaire, éloigné de l'emploi",
    Public.INCLUSION: "Salarié d'une structure inclusive",
    Public.REFUGEE: "Réfugié",
    Public.JUSTICE: "Personne sous main de justice",
    Public.OTHER: "Autre, sur avis motivé",
}
ALSO_SAID: Mapping[StrEnum, str] = {Public.YOUNG: "Moins de 26 ans, sans emploi depuis 6 mois"}
"""What sheets made before a public was worded otherwise still say."""
SEXES: Mapping[Sex, str] = {Sex.WOMAN: "Femme", Sex.MAN: "Homme"}
AGES: Mapping[Age, str] = {
    Age.UNDER_26: "Moins de 26 ans",
    Age.MIDDLE: "26 à 49 ans",
    Age.SENIOR: "50 ans et plus",
}
DISTRICTS: Mapping[District, str] = {
    District.NO: "Hors quartier prioritaire",
    District.QPV_2024: "QPV, liste de 2024",
    District.QPV_2015: "QPV, liste de 2015",
    District.ZUS: "ZUS",
}

LISTS: Mapping[District, tuple[date, date | None]] = {
    District.ZUS: (date(1997, 1, 1), date(2014, 12, 31)),
    District.QPV_2015: (date(2015, 1, 1), date(2023, 12, 31)),
    District.QPV_2024: (date(2024, 1, 1), None),
}
"""From when to when each list was in force. Source: europe1.fr for 2024; laws of 14 November 1996
and of 21 February 2014 for those before."""
LONGEST_YEARS = 4
"""How long who was hired under a list may still be counted after it: what a framework contract
may last."""
_AGE_OF = {Public.YOUNG: Age.UNDER_26, Public.SENIOR: Age.SENIOR}


@dataclass(frozen=True, slots=True)
class Line:
    """People of one sort, and what they worked in a month. `new_people`: those of them who
    work on this contract for the first time; monthly `people` do not add up, these do."""

    way: Way
    work_contract: WorkContract
    public: Public
    sex: Sex
    age: Age
    district: District
    hours: Decimal
    people: int
    new_people: int

    @property
    def sort(self) -> tuple[str, ...]:
        """What tells it from the other lines of a report."""
        return (self.way, self.work_contract, self.public, self.sex, self.age, self.district)


def most_hours(month: date) -> Decimal:
    """What one person may work in a month."""
    days = monthrange(month.year, month.month)[1]
    return (Decimal(WORKED_A_WEEK) * days / 7).quantize(Decimal("0.01"))


def faults(line: Line, month: date) -> Iterator[tuple[str, str]]:
    """What is impossible in a line: the name of a field, and why."""
    yield from _contradictions(line, month)
    if line.hours < 0:
        yield "hours", "les heures ne sont pas négatives"
    if not 0 <= line.people <= MOST_PEOPLE:
        yield "people", "le nombre de personnes va de 0 à 10\u00a0000"
        return
    if line.new_people < 0:
        yield "new_people", "le nombre de personnes n'est pas négatif"
    if line.new_people > line.people:
        yield "new_people", "plus de nouvelles personnes que de personnes"
    if line.hours > 0 and line.people == 0:
        yield "people", "des heures sans personne"
    most = most_hours(month) * line.people
    if line.people and line.hours > most:
        said = f"{most:.0f}".replace(".", ",")
        yield (
            "hours",
            f"plus que ce qu'un mois contient\u00a0: {said}\u00a0h au plus pour "
            f"{line.people}\u00a0personne{'s' if line.people > 1 else ''}",
        )


def _contradictions(line: Line, month: date) -> Iterator[tuple[str, str]]:
    """A public that an age or a place of living denies; a list that a month denies."""
    age = _AGE_OF.get(line.public)
    if age is not None and line.age is not age:
        yield "age", f"le public choisi a {AGES[age].lower()}"
    if line.public is Public.DISTRICT and line.district is District.NO:
        yield "district", "le public choisi habite un quartier prioritaire"
    since, until = LISTS.get(line.district, (date.min, None))
    if month < since:
        yield "district", f"cette liste n'existe que depuis {since.year}"
    elif until is not None and month > until:
        if line.new_people > 0:
            yield (
                "district",
                f"cette liste vaut jusqu'en {until.year}\u00a0: pour de nouvelles personnes, "
                "prenez celle du jour de leur embauche",
            )
        elif month > until.replace(year=until.year + LONGEST_YEARS):
            yield "district", f"cette liste ne vaut plus depuis {until.year}"


def month_of(words: str) -> date:
    """The first day of « 2026-11 » or « 11/2026 ». Raises ValueError."""
    bare = words.strip()[:11]
    parts = bare.split("/")[-2:][::-1] if "/" in bare else bare.split("-")[:2]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"no month: {bare}")
    year, month = map(int, parts)
    if not (1000 <= year <= 9999 and 1 <= month <= 12):
        raise ValueError(f"no month: {bare}")
    return date(year, month, 1)


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from one day to another, both included."""
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(month)
        month = next_month(month)
    return months


def month_slug(month: date) -> str:
    """2026-11, as addresses name it."""
    return f"{month:%Y-%m}"


def month_in_words(month: date) -> str:
    """novembre 2026."""
    return long_date(month).split(NBSP, 1)[1].replace(NBSP, " ")
