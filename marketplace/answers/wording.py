"""What answers, declines and outcomes are, in French. Pure."""

from collections.abc import Collection, Mapping

from marketplace.answers.lifecycle import (
    AnswerStatus,
    DeclineReason,
    Help,
    Refusal,
    Result,
)
from marketplace.matching.lifecycle import MatchStatus

STATUSES = {
    AnswerStatus.DRAFT: "Brouillon",
    AnswerStatus.SENT: "Envoyée",
    AnswerStatus.WITHDRAWN: "Retirée",
}

MATCH_STATUSES = {
    MatchStatus.SUGGESTED: "Proposée",
    MatchStatus.NOTIFIED: "Prévenue",
    MatchStatus.OPENED: "A ouvert le besoin",
    MatchStatus.INTERESTED: "Intéressée",
    MatchStatus.DECLINED: "A décliné",
    MatchStatus.SHORTLISTED: "Dans votre sélection",
    MatchStatus.RETAINED: "Retenue",
    MatchStatus.NOT_RETAINED: "Non retenue",
}
"""Of a structure, as the buyer is told."""

DECLINES = {
    DeclineReason.CAPACITY: "Pas assez de disponibilité",
    DeclineReason.DISTANCE: "Lieu trop éloigné",
    DeclineReason.SIZE: "Volume trop important ou trop faible",
    DeclineReason.SKILL: "Savoir-faire ou matériel qui manque",
    DeclineReason.DELAY: "Délai trop court",
    DeclineReason.PRICE: "Budget trop bas",
    DeclineReason.OTHER: "Autre raison",
}

REMEDIES = {
    DeclineReason.CAPACITY: "Allotissez, ou laissez commencer plus tard ou par étapes",
    DeclineReason.DISTANCE: "Élargissez le lieu, ou découpez le besoin en lots par secteur"
    " géographique",
    DeclineReason.SIZE: "Découpez le besoin en lots, ou acceptez les réponses groupées",
    DeclineReason.SKILL: "Précisez ce qui est indispensable, et séparez le reste dans un lot",
    DeclineReason.DELAY: "Repoussez la date limite des réponses ou le début des prestations",
    DeclineReason.PRICE: "Revoyez le montant ou réduisez ce que vous demandez",
}
"""The change of the need that would answer a reason."""

RESULTS = {
    Result.AWARDED: "Attribué",
    Result.UNSUCCESSFUL: "Infructueux\u00a0: aucune offre ne convient",
    Result.ABANDONED: "Sans suite\u00a0: nous n'achetons plus",
}

HELPED = {
    Help.YES: "Oui",
    Help.PARTLY: "En partie",
    Help.NO: "Non",
}

REFUSALS = {
    Refusal.CLOSED: "Ce besoin n'accepte plus de réponses\u00a0: il est clos ou retiré.",
    Refusal.BOTH_SIDES: "Vous achetez pour l'organisme qui pose ce besoin\u00a0: vous ne pouvez"
    " pas y répondre aussi. Demandez à un collègue de votre structure de le faire.",
    Refusal.KIND: "Ce besoin est réservé à d'autres types de structures que la vôtre.",
    Refusal.LOT_KIND: "Vous répondez à un lot réservé à d'autres types de structures que la"
    " vôtre\u00a0: laissez-le vide.",
    Refusal.STRUCTURE_CLOSED: "Votre structure n'est plus active sur Tandem\u00a0: elle ne peut"
    " pas répondre.",
    Refusal.NO_OFFER: "Publiez d'abord une offre\u00a0: l'acheteur verra ce que vous faites.",
    Refusal.OVERTAKEN: "Un collègue a modifié cette réponse entre-temps. Ce que vous avez écrit"
    " est toujours là\u00a0: vérifiez, puis envoyez de nouveau.",
    Refusal.EMPTY: "Indiquez un prix, pour un lot au moins si le besoin en a.",
    Refusal.SAYS_NOTHING: "Écrivez un message, ou dites ce que vous pouvez faire.",
    Refusal.DECIDED: "L'acheteur a déjà décidé\u00a0: cela ne peut plus changer.",
    Refusal.NOT_ANSWERED: "Cette structure ne s'est pas dite intéressée.",
    Refusal.ASKING_OVER: "La date limite des questions est passée.",
    Refusal.ASKED_ENOUGH: "Vous avez déjà plusieurs questions en attente\u00a0: attendez les"
    " réponses de l'acheteur.",
    Refusal.NOT_CLOSED: "L'issue se saisit une fois le besoin clos. Ce qui est déjà décidé se"
    " corrige, avec un motif.",
    Refusal.NOTHING_CHANGES: "Rien ne change\u00a0: corrigez l'issue, le titulaire, le montant ou"
    " le motif.",
    Refusal.SAID_ALREADY: "Vous avez déjà donné votre avis. Merci.",
    Refusal.GROUPED: "Votre structure répond à ce besoin dans un groupement\u00a0: passez par sa"
    " page, ou quittez-le d'abord.",
}


def refusals_counted(counted: Mapping[DeclineReason, int]) -> str:
    """« 12 refus : délai trop court (8), lieu trop éloigné (4) », the most frequent first."""
    total = sum(counted.values())
    said = ", ".join(
        f"{DECLINES[reason][0].lower()}{DECLINES[reason][1:]} ({count})"
        for reason, count in by_frequency(counted)
    )
    return f"{total}\u00a0refus\u00a0: {said}"


def by_frequency(counted: Mapping[DeclineReason, int]) -> list[tuple[DeclineReason, int]]:
    order = list(DeclineReason)
    return sorted(counted.items(), key=lambda item: (-item[1], order.index(item[0])))


def answer_concerned(changed: Collection[int], answered: Collection[int]) -> str:
    """What a change means for who answered: `changed` and `answered` are numbers of lots."""
    both = sorted(set(changed) & set(answered))
    if not both:
        return "Votre réponse reste enregistrée."
    if len(both) == 1:
        return f"Vous avez répondu au lot {both[0]}, qui change. Votre réponse reste enregistrée."
    listed = f"{', '.join(map(str, both[:-1]))} et {both[-1]}"
    return f"Vous avez répondu aux lots {listed}, qui changent. Votre réponse reste enregistrée."


def outcome_told(result: Result, *, is_holder: bool, lot: str) -> str:
    """What a structure is told of a lot that it answered, or of the whole need."""
    about = f"{lot}\u00a0: " if lot else ""
    if result is Result.UNSUCCESSFUL:
        said = "la consultation est déclarée infructueuse."
    elif result is Result.ABANDONED:
        said = "l'acheteur ne donne pas suite."
    elif is_holder:
        said = "votre structure est retenue."
    else:
        said = "votre structure n'est pas retenue."
    return about + said if about else said[0].upper() + said[1:]
