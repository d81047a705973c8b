"""Which lever of inclusion suits a need, under what conditions, and in what words. Pure.

A lever's code is that of needs.tables.Lever. What the texts leave uncertain is said so.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.clauses.advice import (
    FEW,
    SAY_WHAT,
    WORTHWHILE_HOURS,
    Advice,
    Fit,
    Situation,
)
from marketplace.clauses.reservations import reservations
from marketplace.clauses.texts import Text, texts
from marketplace.formats import euros, long_date
from marketplace.needs.thresholds import SERVICES, band
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind

DUTY_SINCE = date(2026, 8, 21)


@dataclass(frozen=True)
class Duty:
    """Social considerations that the law asks of this purchase; `sentence` says why."""

    sentence: str
    text: Text


def duty(
    nature: str, buyer_kind: str, amount: Decimal | None, on: date, is_social_service: bool = False
) -> Duty | None:
    """L2112-2-1: what is bought above the European thresholds takes account of inclusion."""
    if amount is None or on < DUTY_SINCE:
        return None
    stands = band(nature, buyer_kind, amount, on, is_social_service)
    if not stands.is_european:
        return None
    for_what = " pour un service social ou spécifique" if is_social_service else ""
    return Duty(
        f"À partir de {euros(stands.least)} HT{for_what}, le marché prévoit des considérations "
        f"sociales depuis le {long_date(DUTY_SINCE)}\u00a0: choisissez un levier, ou dites "
        "pourquoi aucun ne convient.",
        texts()["L2112-2-1"],
    )


def advise(situation: Situation) -> list[Advice]:
    """Every lever, the advised first; within a fit, from the most to the least committing."""
    insertion, handicap, both, prison, social_economy = reservations(situation)
    found = [
        *([buy_directly(situation)] if situation.is_direct else []),
        insertion,
        handicap,
        both,
        _execution(situation),
        _criterion(situation),
        _insertion_service(situation),
        _subcontracting(situation),
        prison,
        social_economy,
    ]
    return sorted(found, key=lambda advice: list(Fit).index(advice.fit))


def _owed(situation: Situation) -> bool:
    return bool(
        duty(
            situation.nature,
            situation.buyer_kind,
            situation.amount,
            situation.on,
            situation.is_social_service,
        )
    )


def _execution(situation: Situation) -> Advice:
    hours = situation.hours
    if _owed(situation):
        fit, why = Fit.ADVISED, "Obligatoire à ce montant, sauf exception motivée."
    elif hours is not None and hours >= WORTHWHILE_HOURS:
        fit, why = Fit.ADVISED, "Le volume de travail suffit pour des parcours d'insertion utiles."
    elif hours is not None:
        fit, why = (
            Fit.UNLIKELY,
            (
                f"Moins de {WORTHWHILE_HOURS}\u00a0heures\u00a0: trop peu pour un parcours, "
                "préférez un achat à une structure, une réservation ou la sous-traitance."
            ),
        )
    elif situation.is_direct:
        fit, why = (
            Fit.UNLIKELY,
            "Un montant trop faible pour un parcours\u00a0: achetez plutôt à une structure.",
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
    """Since that day some criterion is about the environment, whatever the amount."""
    asks_environment = situation.on >= DUTY_SINCE
    return Advice(
        "criterion",
        "Critère d'attribution sur l'insertion",
        Fit.UNLIKELY if situation.is_direct else Fit.POSSIBLE,
        "Sous ce seuil, il ne sert que si vous comparez plusieurs offres."
        if situation.is_direct
        else "Il départage les offres sur la qualité de l'insertion, en plus d'une clause.",
        ("Le critère est lié à l'objet du marché et pondéré.",),
        "«\u00a0Performance en matière d'insertion (… %)\u00a0: qualité de l'accompagnement, "
        "encadrement, formation et suites d'emploi proposées pour les personnes en "
        "insertion.\u00a0»",
        ("La notation ne récompense pas une simple promesse d'heures sans contrôle.",)
        + (
            (
                "Le critère sur l'environnement, obligatoire quel que soit le montant depuis le "
                f"{long_date(DUTY_SINCE)}.",
            )
            if asks_environment
            else ()
        ),
        (texts()["L2152-7"], *([texts()["R2152-7"]] if asks_environment else [])),
    )


def _insertion_service(situation: Situation) -> Advice:
    count = situation.count(INSERTION)
    if situation.nature != SERVICES:
        fit, why = (
            Fit.UNLIKELY,
            "Il s'agit de services\u00a0: l'objet du marché est l'insertion, pas la prestation.",
        )
    elif count == 0:
        fit, why = Fit.UNLIKELY, "Aucune structure d'insertion trouvée ne pourrait répondre."
    else:
        fit, why = (
            Fit.POSSIBLE,
            "L'objet du marché est le parcours d'insertion, et le travail en est le support.",
        )
    return Advice(
        "insertion_service",
        "Marché de services d'insertion",
        fit,
        why,
        ("L'objet du marché est la qualification et l'insertion de personnes.",),
        "«\u00a0Le marché a pour objet un service de qualification et d'insertion "
        "professionnelles, dont … est l'activité support.\u00a0»",
        ("Que ce service entre dans la liste des services sociaux.",),
        (texts()["R2123-1"],),
        count,
    )


def _subcontracting(situation: Situation) -> Advice:
    count = situation.count(INSERTION | HANDICAP)
    if count is None:
        fit, why = Fit.POSSIBLE, SAY_WHAT
    elif count == 0:
        fit, why = Fit.UNLIKELY, "Aucune structure trouvée ne pourrait prendre cette part."
    else:
        is_simplest = count >= FEW and (situation.hours or 0) < WORTHWHILE_HOURS
        fit = Fit.ADVISED if is_simplest and not situation.is_direct else Fit.POSSIBLE
        why = "Une façon simple de faire des heures d'insertion sans embaucher."
    return Advice(
        "subcontracting",
        "Confier une part à une structure inclusive",
        fit,
        why,
        ("C'est une manière d'exécuter la clause\u00a0: le titulaire garde le choix.",),
        "«\u00a0Le titulaire peut réaliser tout ou partie des heures en sous-traitant à une "
        "structure de l'insertion ou du handicap\u00a0; les heures y sont comptées sur "
        "facture.\u00a0»",
        ("Le mode de décompte des heures sur les factures.",),
        (texts()["L2112-2"],),
        count,
    )


def buy_directly(situation: Situation) -> Advice:
    """No lever of the code: under its first threshold, a structure may simply be asked."""
    count = situation.count(frozenset(Kind))
    if count is None:
        fit, why = Fit.POSSIBLE, SAY_WHAT
    elif count == 0:
        fit, why = Fit.UNLIKELY, "Le montant le permet, mais aucune structure trouvée ne répond."
    else:
        fit, why = (
            Fit.ADVISED,
            "Le montant permet d'acheter sans publicité ni mise en concurrence.",
        )
    return Advice(
        "",
        "Acheter directement à une structure",
        fit,
        why,
        (
            "Le montant de tous les achats de même nature reste sous le seuil.",
            "L'acheteur varie ses fournisseurs et garde trace de son choix.",
        ),
        "«\u00a0Bonjour, nous souhaitons acheter … pour le … Pouvez-vous nous adresser un devis, "
        "avec vos délais\u00a0?\u00a0»",
        ("Le cumul de l'année pour cette famille d'achats.",)
        + (
            ("Que l'unité bénéficiaire de l'obligation d'emploi tienne compte de la facture.",)
            if situation.nature == "supplies"
            else ()
        ),
        (texts()["R2122-8"],),
        count,
    )
