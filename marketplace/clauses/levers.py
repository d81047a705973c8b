"""Which lever of inclusion suits a need, under what conditions, and in what words. Pure.

A lever's code is that of needs.tables.Lever. What the texts leave uncertain is said so.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from marketplace.formats import euros, long_date, percent
from marketplace.needs.thresholds import Procedure, band
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind

FILE = Path(__file__).parent / "data" / "texts.toml"
DUTY_SINCE = date(2026, 8, 21)
FEW = 3
"""Under so many structures, a reserved contract may find nobody."""
WORTHWHILE_HOURS = 150
"""Under some weeks of work, counting hours costs more than it brings."""


@dataclass(frozen=True)
class Text:
    title: str
    about: str
    source: str
    mark: str
    since: date | None = None
    doubt: str = ""

    @property
    def is_sure(self) -> bool:
        return self.mark == "V" and not self.doubt


@cache
def texts() -> dict[str, Text]:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {article: Text(**entry) for article, entry in entries.items()}


class Fit(StrEnum):
    ADVISED = "advised"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


FITS = {
    Fit.ADVISED: "Conseillé ici",
    Fit.POSSIBLE: "Possible",
    Fit.UNLIKELY: "Peu adapté ici",
}


@dataclass(frozen=True)
class Situation:
    """What is known of a purchase.

    `amount`: euros, excluding tax. `answering`: how many structures of each kind could
    answer it. `hours`: insertion hours that a usual rate would ask for, when computed.
    """

    nature: str
    buyer_kind: str
    on: date
    amount: Decimal | None = None
    lots: int = 0
    answering: Mapping[Kind, int] = field(default_factory=dict)
    is_social_service: bool = False
    hours: float | None = None


@dataclass(frozen=True)
class Advice:
    """`could_answer`: structures of the kinds that the lever names; None where any firm may."""

    lever: str
    title: str
    fit: Fit
    why: str
    conditions: Sequence[str]
    wording: str
    verify: Sequence[str]
    articles: Sequence[Text]
    could_answer: int | None = None


@dataclass(frozen=True)
class Duty:
    """Social considerations that the law asks of this purchase; `sentence` says why."""

    sentence: str
    text: Text


def duty(nature: str, buyer_kind: str, amount: Decimal | None, on: date) -> Duty | None:
    """L2112-2-1: what is bought above the European thresholds takes account of inclusion."""
    if amount is None or on < DUTY_SINCE:
        return None
    stands = band(nature, buyer_kind, amount, on)
    if stands.procedure is not Procedure.FORMAL:
        return None
    return Duty(
        f"À partir de {euros(stands.least)} HT, le marché prévoit des considérations sociales "
        f"depuis le {long_date(DUTY_SINCE)}\u00a0: choisissez un levier, ou dites pourquoi "
        "aucun ne convient.",
        texts()["L2112-2-1"],
    )


def advise(situation: Situation) -> list[Advice]:
    """Every lever, the advised first; within a fit, from the most to the least committing."""
    found = [
        _reserved_insertion(situation),
        _reserved_handicap(situation),
        _reserved_both(situation),
        _execution(situation),
        _criterion(situation),
        _insertion_service(situation),
        _subcontracting(situation),
        _reserved_prison(situation),
        _reserved_social(situation),
    ]
    return sorted(found, key=lambda advice: list(Fit).index(advice.fit))


def _count(situation: Situation, kinds: frozenset[Kind]) -> int:
    return sum(count for kind, count in situation.answering.items() if kind in kinds)


def _reservation_fit(situation: Situation, count: int) -> tuple[Fit, str]:
    part = "un lot" if situation.lots else "ce marché"
    if count == 0:
        return Fit.UNLIKELY, "Aucune structure trouvée ne pourrait répondre."
    if count < FEW:
        return Fit.POSSIBLE, (
            "Peu de structures trouvées\u00a0: sourcez avant de réserver, pour ne pas risquer une "
            "consultation infructueuse."
        )
    return Fit.ADVISED, (
        f"Assez de structures pourraient répondre pour réserver {part} et garder une concurrence."
    )


def _reserved(
    situation: Situation,
    lever: str,
    title: str,
    kinds: frozenset[Kind],
    article: str,
    allowed: str,
    verify: Sequence[str],
) -> Advice:
    count = _count(situation, kinds)
    fit, why = _reservation_fit(situation, count)
    text = texts()[article]
    return Advice(
        lever,
        title,
        fit,
        why,
        (
            "L'avis ou les documents de la consultation citent l'article.",
            "Les candidats prouvent qu'ils emploient la part de travailleurs demandée.",
            "Un groupement et ses sous-traitants restent parmi les structures admises.",
        ),
        f"«\u00a0En application de l'article {article} du code de la commande publique, "
        f"{'le lot n° …' if situation.lots else 'le présent marché'} est réservé {allowed}. "
        "Chaque candidat joint à sa candidature la preuve de sa qualité.\u00a0»",
        verify,
        (text,),
        count,
    )


def _reserved_handicap(situation: Situation) -> Advice:
    return _reserved(
        situation,
        "reserved_handicap",
        "Réserver au handicap (ESAT, EA)",
        HANDICAP,
        "L2113-12",
        "aux entreprises adaptées, aux établissements et services d'accompagnement par le "
        "travail et aux structures équivalentes",
        (
            "Les entreprises adaptées de travail temporaire ne sont pas nommées par "
            "l'article\u00a0: à vérifier avec votre facilitateur.",
        ),
    )


def _reserved_insertion(situation: Situation) -> Advice:
    return _reserved(
        situation,
        "reserved_insertion",
        "Réserver à l'insertion (EI, AI, ACI, ETTI)",
        INSERTION,
        "L2113-13",
        "aux structures d'insertion par l'activité économique mentionnées à l'article L5132-4 du "
        "code du travail et aux structures équivalentes",
        (
            "Les EITI et les GEIQ ne sont pas dans la liste de l'article\u00a0: à vérifier comme "
            "structures équivalentes.",
        ),
    )


def _reserved_both(situation: Situation) -> Advice:
    return _reserved(
        situation,
        "reserved_both",
        "Réserver au handicap et à l'insertion ensemble",
        HANDICAP | INSERTION,
        "L2113-14",
        "aux structures mentionnées aux articles L2113-12 et L2113-13",
        ("La réservation conjointe vise le même marché ou le même lot.",),
    )


def _reserved_prison(situation: Situation) -> Advice:
    kinds = frozenset({Kind.SEP})
    count = _count(situation, kinds)
    return Advice(
        "reserved_prison",
        "Réserver au travail en prison",
        Fit.POSSIBLE if count else Fit.UNLIKELY,
        "Des ateliers pourraient répondre."
        if count
        else "Aucun atelier en détention trouvé pour ce besoin.",
        ("Au moins la moitié des personnes employées sont détenues.",),
        "«\u00a0En application de l'article L2113-13-1 du code de la commande publique, le présent "
        "marché est réservé aux opérateurs qui emploient des personnes détenues.\u00a0»",
        ("Les délais et les contraintes de sécurité de l'établissement pénitentiaire.",),
        (texts()["L2113-13-1"],),
        count,
    )


def _reserved_social(situation: Situation) -> Advice:
    return Advice(
        "reserved_social",
        "Réserver à l'économie sociale et solidaire",
        Fit.POSSIBLE if situation.is_social_service else Fit.UNLIKELY,
        "Votre achat est un service social ou spécifique."
        if situation.is_social_service
        else "Seuls certains services sociaux, de santé, culturels ou d'éducation peuvent l'être.",
        (
            "Le service figure dans l'annexe des services sociaux et spécifiques.",
            "Le marché dure trois ans au plus.",
        ),
        "«\u00a0En application de l'article L2113-15 du code de la commande publique, le présent "
        "marché est réservé aux entreprises de l'économie sociale et solidaire.\u00a0»",
        ("Que le titulaire n'ait pas eu le même marché dans les trois ans.",),
        (texts()["L2113-15"],),
    )


def _execution(situation: Situation) -> Advice:
    asked = duty(situation.nature, situation.buyer_kind, situation.amount, situation.on)
    hours = situation.hours
    if asked is not None:
        fit, why = Fit.ADVISED, "Obligatoire à ce montant, sauf exception motivée."
    elif hours is not None and hours >= WORTHWHILE_HOURS:
        fit, why = Fit.ADVISED, "Le volume de travail suffit pour des parcours d'insertion utiles."
    elif hours is not None:
        fit, why = (
            Fit.UNLIKELY,
            (
                f"Moins de {WORTHWHILE_HOURS}\u00a0heures\u00a0: trop peu pour un parcours, "
                "préférez une réservation ou la sous-traitance à une structure."
            ),
        )
    else:
        fit, why = Fit.POSSIBLE, "À chiffrer avec le calcul des heures."
    return Advice(
        "execution",
        "Clause d'insertion (condition d'exécution)",
        fit,
        why,
        (
            "Elle est liée à l'objet du marché et annoncée dans la consultation.",
            "Le marché nomme le facilitateur, les publics et le nombre d'heures.",
            "Le titulaire choisit comment\u00a0: embauche directe, mise à disposition, "
            "sous-traitance ou cotraitance.",
        ),
        "«\u00a0Le titulaire réserve au moins … heures de travail, soit … % des heures "
        "travaillées, à des personnes éloignées de l'emploi, dont l'éligibilité est validée "
        "avant l'embauche par le facilitateur … Il rend compte chaque mois des heures "
        "réalisées.\u00a0»",
        ("L'éligibilité des personnes, validée par le facilitateur avant l'embauche.",),
        (texts()["L2112-2"], texts()["CCAG"]),
    )


def _criterion(situation: Situation) -> Advice:
    formal = duty(situation.nature, situation.buyer_kind, situation.amount, situation.on)
    return Advice(
        "criterion",
        "Critère d'attribution sur l'insertion",
        Fit.POSSIBLE,
        "Il départage les offres sur la qualité de l'insertion, en plus d'une clause.",
        (
            "Le critère est lié à l'objet du marché et pondéré.",
            "Au moins un critère tient compte de l'environnement, par ailleurs.",
        ),
        "«\u00a0Performance en matière d'insertion (… %)\u00a0: qualité de l'accompagnement, "
        "encadrement, formation et suites d'emploi proposées pour les personnes en "
        "insertion.\u00a0»",
        ("La notation ne récompense pas une simple promesse d'heures sans contrôle.",)
        + (("Le critère environnemental, obligatoire à ce montant.",) if formal else ()),
        (texts()["L2152-7"], texts()["R2152-7"]),
    )


def _insertion_service(situation: Situation) -> Advice:
    count = _count(situation, INSERTION)
    is_service = situation.nature == "services"
    return Advice(
        "insertion_service",
        "Marché de services d'insertion",
        Fit.POSSIBLE if is_service and count else Fit.UNLIKELY,
        "L'objet du marché est le parcours d'insertion, et le travail en est le support."
        if is_service
        else "Il s'agit de services\u00a0: l'objet du marché est l'insertion, pas la prestation.",
        ("L'objet du marché est la qualification et l'insertion de personnes.",),
        "«\u00a0Le marché a pour objet un service de qualification et d'insertion "
        "professionnelles, dont … est l'activité support.\u00a0»",
        ("Que ce service entre dans la liste des services sociaux.",),
        (texts()["R2123-1"],),
        count,
    )


def _subcontracting(situation: Situation) -> Advice:
    count = _count(situation, INSERTION | HANDICAP)
    return Advice(
        "subcontracting",
        "Confier une part à une structure inclusive",
        Fit.ADVISED
        if count >= FEW and (situation.hours or 0) < WORTHWHILE_HOURS
        else Fit.POSSIBLE
        if count
        else Fit.UNLIKELY,
        "Une façon simple de faire des heures d'insertion sans embaucher."
        if count
        else "Aucune structure trouvée ne pourrait prendre cette part.",
        ("C'est une manière d'exécuter la clause\u00a0: le titulaire garde le choix.",),
        "«\u00a0Le titulaire peut réaliser tout ou partie des heures en sous-traitant à une "
        "structure de l'insertion ou du handicap\u00a0; les heures y sont comptées sur "
        "facture.\u00a0»",
        ("Le mode de décompte des heures sur les factures.",),
        (texts()["L2112-2"],),
        count,
    )


def buy_directly(nature: str) -> Advice:
    """No lever of the code: under its first threshold, a structure may simply be asked."""
    return Advice(
        "",
        "Acheter directement à une structure",
        Fit.ADVISED,
        "Le montant permet d'acheter sans publicité ni mise en concurrence.",
        (
            "Le montant de tous les achats de même nature reste sous le seuil.",
            "L'acheteur varie ses fournisseurs et garde trace de son choix.",
        ),
        "«\u00a0Bonjour, nous souhaitons acheter … pour le … Pouvez-vous nous adresser un devis, "
        "avec vos délais\u00a0?\u00a0»",
        ("Le cumul de l'année pour cette famille d'achats.",)
        + (
            ("Que l'unité bénéficiaire de l'obligation d'emploi tienne compte de la facture.",)
            if nature == "supplies"
            else ()
        ),
        (texts()["R2122-8"],),
    )


PROGRAMMES = {
    "npnru": (0.05, "NPNRU, travaux et ingénierie"),
    "gup": (0.10, "Gestion urbaine de proximité"),
}
"""Rates of hours worked asked by the urban renewal charter, with what each applies to."""


def programme_label(code: str) -> str:
    rate, name = PROGRAMMES[code]
    return f"{name}\u00a0: {percent(rate)} des heures travaillées"
