"""What may happen to a group that answers together, its forms and its shares, as data. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

HUNDRED = Decimal(100)


class LegalForm(StrEnum):
    SEVERAL = "several"
    SEVERAL_WITH_LIABLE_LEAD = "several_with_liable_lead"
    JOINT_AND_SEVERAL = "joint_and_several"


FORMS = {
    LegalForm.SEVERAL: "Conjoint",
    LegalForm.SEVERAL_WITH_LIABLE_LEAD: "Conjoint avec mandataire solidaire",
    LegalForm.JOINT_AND_SEVERAL: "Solidaire",
}
FORMS_MEAN = {
    LegalForm.SEVERAL: "chacun est engagé pour sa part seulement (R2142-20)",
    LegalForm.SEVERAL_WITH_LIABLE_LEAD: "chacun pour sa part, et le mandataire pour toutes"
    " (R2142-24)",
    LegalForm.JOINT_AND_SEVERAL: "chacun est engagé pour la totalité du marché (R2142-20)",
}


class ShareMode(StrEnum):
    LOTS = "lots"
    PERCENT = "percent"


class Origin(StrEnum):
    """Who had the idea of a group."""

    STRUCTURE = "structure"
    BUYER = "buyer"
    FACILITATOR = "facilitator"


ORIGINS = {
    Origin.STRUCTURE: "Formé par une structure",
    Origin.BUYER: "Suggéré par l'acheteur",
    Origin.FACILITATOR: "Suggéré par le facilitateur",
}


class ConsortiumStatus(StrEnum):
    """A suggested group has no lead yet: the structure that is meant to be has to accept."""

    SUGGESTED = "suggested"
    FORMING = "forming"
    SENT = "sent"
    DISSOLVED = "dissolved"


STATUSES = {
    ConsortiumStatus.SUGGESTED: "Suggéré",
    ConsortiumStatus.FORMING: "En formation",
    ConsortiumStatus.SENT: "Réponse envoyée",
    ConsortiumStatus.DISSOLVED: "Dissous",
}


class MemberStatus(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LEFT = "left"


MEMBERS = {
    MemberStatus.INVITED: "Invitée, n'a pas encore répondu",
    MemberStatus.ACCEPTED: "Membre",
    MemberStatus.REFUSED: "A refusé",
    MemberStatus.LEFT: "N'en fait plus partie",
}
LIVING = frozenset({MemberStatus.INVITED, MemberStatus.ACCEPTED})


class Event(StrEnum):
    STARTED = "started"
    INVITED = "invited"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LEFT = "left"
    REMOVED = "removed"
    RELEASED = "released"
    LEAD = "lead"
    TERMS = "terms"
    WRITTEN = "written"
    AGREED = "agreed"
    SENT = "sent"
    UNSENT = "unsent"
    RULE = "rule"
    DISSOLVED = "dissolved"


EVENTS = {
    Event.STARTED: "Groupement ouvert",
    Event.INVITED: "Invitation",
    Event.ACCEPTED: "Invitation acceptée",
    Event.REFUSED: "Invitation refusée",
    Event.LEFT: "Départ",
    Event.REMOVED: "Retrait par le mandataire",
    Event.RELEASED: "Retrait décidé par l'acheteur",
    Event.LEAD: "Nouveau mandataire",
    Event.TERMS: "Forme et parts fixées",
    Event.WRITTEN: "Réponse commune modifiée",
    Event.AGREED: "Accord sur la réponse commune",
    Event.SENT: "Réponse commune envoyée",
    Event.UNSENT: "Réponse commune retirée",
    Event.RULE: "Règle changée par l'acheteur",
    Event.DISSOLVED: "Groupement dissous",
}


TOLD_TO_BUYERS = frozenset(
    {
        Event.STARTED,
        Event.ACCEPTED,
        Event.LEFT,
        Event.RELEASED,
        Event.LEAD,
        Event.SENT,
        Event.UNSENT,
        Event.RULE,
        Event.DISSOLVED,
    }
)
"""What a group prepares is its own."""


class Why(StrEnum):
    """Why a group does not do something."""

    FROZEN = "frozen"
    NOT_YOURS = "not_yours"
    NOT_LEAD = "not_lead"
    OVER = "over"
    SECOND_LEAD = "second_lead"
    TWO_GROUPS = "two_groups"
    KIND = "kind"
    INACTIVE = "inactive"
    NO_OFFER = "no_offer"
    ALONE = "alone"
    SUM = "sum"
    EACH = "each"
    LOT_KIND = "lot_kind"
    NOT_A_MEMBER = "not_a_member"
    PENDING = "pending"
    MEMBER_CLOSED = "member_closed"
    NO_SHARES = "no_shares"
    LOT_UNTAKEN = "lot_untaken"
    EMPTY = "empty"
    CHANGED = "changed"
    NOT_AGREED = "not_agreed"
    LEAD_STAYS = "lead_stays"
    NOT_FROZEN = "not_frozen"
    DECIDED = "decided"
    HAS_OWN_ANSWER = "has_own_answer"
    FILES_SENT = "files_sent"
    RULE_FROZEN = "rule_frozen"
    TO_CONFIRM = "to_confirm"


SENTENCES = {
    Why.FROZEN: "La date limite est passée ou le besoin est retiré\u00a0: le groupement est figé"
    " (R2142-26). Seul l'acheteur peut encore décider d'un retrait.",
    Why.NOT_YOURS: "Votre structure ne fait pas partie de ce groupement.",
    Why.NOT_LEAD: "Seul le mandataire du groupement peut le faire.",
    Why.OVER: "Ce groupement est dissous.",
    Why.SECOND_LEAD: "Cette structure est déjà mandataire d'un groupement pour ce besoin\u00a0: on"
    " n'en mène qu'un par marché (R2142-23).",
    Why.TWO_GROUPS: "L'acheteur n'admet pas qu'une structure soit dans deux groupements, ou"
    " réponde aussi seule. Quittez l'autre groupement ou retirez votre réponse d'abord.",
    Why.KIND: "Ce besoin est réservé à d'autres types de structures\u00a0: toutes celles du"
    " groupement"
    " doivent en être.",
    Why.INACTIVE: "Cette structure n'est plus active sur Tandem.",
    Why.NO_OFFER: "Cette structure n'a pas encore publié d'offre\u00a0: elle ne peut pas"
    " rejoindre un"
    " groupement.",
    Why.ALONE: "Un groupement a au moins deux structures\u00a0: invitez-en une.",
    Why.SUM: "Les parts doivent faire 100\u00a0% exactement.",
    Why.EACH: "Chaque structure du groupement doit avoir une part.",
    Why.LOT_KIND: "Un lot réservé ne peut revenir qu'à une structure des types pour lesquels il"
    " l'est.",
    Why.NOT_A_MEMBER: "Cette structure n'est plus dans le groupement\u00a0: vérifiez, puis"
    " recommencez.",
    Why.PENDING: "Des invitations attendent une réponse\u00a0: attendez-la, ou retirez-les.",
    Why.MEMBER_CLOSED: "Une structure du groupement n'est plus active sur Tandem\u00a0:"
    " retirez-la et"
    " revoyez les parts.",
    Why.NO_SHARES: "Fixez d'abord la part de chaque structure.",
    Why.LOT_UNTAKEN: "La réponse commune parle d'un lot que personne ne prend\u00a0: revoyez les"
    " parts.",
    Why.EMPTY: "Rédigez d'abord la réponse commune, avec un prix pour au moins un lot.",
    Why.CHANGED: "La réponse ou le groupement a changé entre-temps\u00a0: relisez avant de"
    " donner votre"
    " accord.",
    Why.NOT_AGREED: "Il manque l'accord d'au moins une structure sur la réponse telle qu'elle est.",
    Why.LEAD_STAYS: "Le mandataire ne peut pas partir ainsi\u00a0: confiez d'abord le mandat"
    " à une autre"
    " structure, ou dissolvez le groupement.",
    Why.NOT_FROZEN: "Le besoin accepte encore des réponses\u00a0: le groupement s'arrange"
    " lui-même.",
    Why.DECIDED: "L'issue est déjà décidée\u00a0: cela ne peut plus changer.",
    Why.FILES_SENT: "La réponse commune est envoyée avec ces fichiers\u00a0: le mandataire doit la"
    " retirer avant qu'ils changent.",
    Why.RULE_FROZEN: "Le besoin n'accepte plus de réponses\u00a0: la règle ne change plus.",
    Why.TO_CONFIRM: "La réponse commune est envoyée, et ce changement la retire\u00a0: il faut le"
    " confirmer.",
    Why.HAS_OWN_ANSWER: "Cette structure a aussi répondu seule\u00a0: elle ne peut pas devenir"
    " mandataire.",
}


class GroupRefused(Exception):
    """Not done, and nothing is written."""

    def __init__(self, why: Why, sentence: str = "") -> None:
        super().__init__(why.value)
        self.why = why
        self.sentence = sentence or SENTENCES[why]


def check_percents(percents: Mapping[int, Decimal], members: Iterable[int]) -> None:
    """Each member has a share, and they make exactly 100. Raises GroupRefused."""
    if set(percents) != set(members) or any(share <= 0 for share in percents.values()):
        raise GroupRefused(Why.EACH)
    total = sum(percents.values(), Decimal(0))
    if total != HUNDRED:
        said = f"{total.normalize():f}".replace(".", ",")
        raise GroupRefused(
            Why.SUM,
            f"Les parts font {said}\u00a0%\u00a0: elles doivent faire 100\u00a0% exactement.",
        )


def check_lots(lots: Mapping[int, Mapping[int, Decimal]], members: Iterable[int]) -> None:
    """`lots` maps each lot answered to its takers, each with its percentage of the lot: each lot
    makes exactly 100, and each member takes something. Raises GroupRefused."""
    takers, known = {one for shares in lots.values() for one in shares}, set(members)
    if not takers <= known:
        raise GroupRefused(Why.NOT_A_MEMBER)
    if takers != known or any(share <= 0 for of_lot in lots.values() for share in of_lot.values()):
        raise GroupRefused(Why.EACH)
    for shares in lots.values():
        check_percents(shares, shares)
