"""What people are written about, how often they may ask for it, and what they get unasked. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Topic(StrEnum):
    NEEDS = "needs"
    AMENDMENTS = "amendments"
    OUTCOMES = "outcomes"
    ANSWERS = "answers"
    POSTED = "needs_posted"
    QUEUE = "queue"
    MESSAGES = "messages"
    SEARCHES = "searches"
    HOURS = "hours"
    OFFERS = "offers"
    PLANS = "plans"


class Rhythm(StrEnum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


LABELS: Mapping[Topic, str] = {
    Topic.NEEDS: "Les besoins qui correspondent à vos offres",
    Topic.AMENDMENTS: "Les changements des besoins qui vous ont été proposés",
    Topic.OUTCOMES: "L'issue des besoins auxquels vous avez répondu",
    Topic.ANSWERS: "Les réponses à vos besoins, et ceux qui vont clore",
    Topic.POSTED: "Ce que le guichet décide de vos besoins",
    Topic.QUEUE: "Ce qui attend à votre guichet, et la semaine de votre territoire",
    Topic.MESSAGES: "Les messages et les questions",
    Topic.SEARCHES: "Vos recherches enregistrées",
    Topic.HOURS: "Les heures d'insertion de vos contrats",
    Topic.OFFERS: "Vos offres, quand il est temps de les confirmer",
    Topic.PLANS: "Les achats prévus près de chez vous, et ceux que vous suivez",
}

RHYTHMS: Mapping[Rhythm, str] = {
    Rhythm.IMMEDIATE: "Tout de suite",
    Rhythm.DAILY: "Chaque jour ouvré",
    Rhythm.WEEKLY: "Une fois par semaine",
    Rhythm.NEVER: "Jamais",
}

WEEKDAYS: Mapping[int, str] = {
    0: "Le lundi",
    1: "Le mardi",
    2: "Le mercredi",
    3: "Le jeudi",
    4: "Le vendredi",
}

UNASKED: Mapping[Topic, Rhythm] = {
    Topic.NEEDS: Rhythm.DAILY,
    Topic.AMENDMENTS: Rhythm.IMMEDIATE,
    Topic.OUTCOMES: Rhythm.IMMEDIATE,
    Topic.ANSWERS: Rhythm.DAILY,
    Topic.POSTED: Rhythm.IMMEDIATE,
    Topic.QUEUE: Rhythm.DAILY,
    Topic.MESSAGES: Rhythm.IMMEDIATE,
    Topic.SEARCHES: Rhythm.WEEKLY,
    Topic.HOURS: Rhythm.IMMEDIATE,
    Topic.OFFERS: Rhythm.DAILY,
    Topic.PLANS: Rhythm.DAILY,
}
"""The rhythm of who chose none."""

MONDAY = 0
"""The day of the weekly digest of who chose none."""


def topics_for(*, buys: bool, supplies: bool, facilitates: bool) -> list[Topic]:
    """What may be told to a person, by what it belongs to, in the order of LABELS."""
    told = {Topic.SEARCHES, Topic.PLANS}
    if supplies:
        told |= {Topic.NEEDS, Topic.AMENDMENTS, Topic.OUTCOMES, Topic.MESSAGES, Topic.HOURS}
        told |= {Topic.OFFERS}
    if buys:
        told |= {Topic.ANSWERS, Topic.POSTED, Topic.MESSAGES, Topic.HOURS}
    if facilitates:
        told |= {Topic.QUEUE}
    return [topic for topic in LABELS if topic in told]
