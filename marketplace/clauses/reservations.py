"""Reserving a contract: for whom, under what conditions, in what words. Pure."""

from collections.abc import Sequence

from marketplace.clauses.advice import FEW, SAY_WHAT, Advice, Fit, Situation
from marketplace.clauses.texts import texts
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind


def reservations(situation: Situation) -> list[Advice]:
    return [
        _insertion(situation),
        _handicap(situation),
        _both(situation),
        _prison(situation),
        _social_economy(situation),
    ]


def _fit(situation: Situation, count: int | None) -> tuple[Fit, str]:
    part = "un lot" if situation.lots else "ce marché"
    if count is None:
        return Fit.POSSIBLE, SAY_WHAT
    if count == 0:
        return Fit.UNLIKELY, "Aucune structure trouvée ne pourrait répondre."
    if situation.is_direct:
        return Fit.POSSIBLE, (
            "Le montant permet d'acheter directement à une structure\u00a0: réserver ne sert que "
            "si vous voulez les mettre en concurrence."
        )
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
    count = situation.count(kinds)
    fit, why = _fit(situation, count)
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
        (texts()[article],),
        count,
    )


def _handicap(situation: Situation) -> Advice:
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


def _insertion(situation: Situation) -> Advice:
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


def _both(situation: Situation) -> Advice:
    return _reserved(
        situation,
        "reserved_both",
        "Réserver au handicap et à l'insertion ensemble",
        HANDICAP | INSERTION,
        "L2113-14",
        "aux structures mentionnées aux articles L2113-12 et L2113-13",
        ("La réservation conjointe vise le même marché ou le même lot.",),
    )


def _prison(situation: Situation) -> Advice:
    count = situation.count(frozenset({Kind.SEP}))
    return Advice(
        "reserved_prison",
        "Réserver au travail en prison",
        Fit.UNLIKELY if count == 0 else Fit.POSSIBLE,
        SAY_WHAT
        if count is None
        else "Des ateliers pourraient répondre."
        if count
        else "Aucun atelier en détention trouvé pour ce besoin.",
        ("Au moins la moitié des personnes employées sont détenues.",),
        "«\u00a0En application de l'article L2113-13-1 du code de la commande publique, le présent "
        "marché est réservé aux opérateurs qui emploient des personnes détenues.\u00a0»",
        ("Les délais et les contraintes de sécurité de l'établissement pénitentiaire.",),
        (texts()["L2113-13-1"],),
        count,
    )


def _social_economy(situation: Situation) -> Advice:
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
