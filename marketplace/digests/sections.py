"""What stands in a digest, in which order, and under which subject. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.digests.topics import Topic

MOST_ITEMS = 10
"""Of a section; the others are counted, and are in the pages."""
MOST_REASONS = 3

HEADINGS: Mapping[Topic, str] = {
    Topic.NEEDS: "Des besoins pour vous",
    Topic.AMENDMENTS: "Ce qui change dans les besoins que vous suivez",
    Topic.OUTCOMES: "L'issue de vos réponses",
    Topic.ANSWERS: "Vos besoins",
    Topic.POSTED: "Ce que le guichet a décidé",
    Topic.QUEUE: "Votre guichet",
    Topic.MESSAGES: "Messages et questions",
    Topic.SEARCHES: "Vos recherches enregistrées",
    Topic.HOURS: "Vos heures d'insertion",
    Topic.OFFERS: "Vos offres à confirmer",
    Topic.PLANS: "Achats prévus",
}

ORDER = (
    Topic.QUEUE,
    Topic.NEEDS,
    Topic.POSTED,
    Topic.ANSWERS,
    Topic.MESSAGES,
    Topic.AMENDMENTS,
    Topic.OUTCOMES,
    Topic.HOURS,
    Topic.PLANS,
    Topic.OFFERS,
    Topic.SEARCHES,
)

PAGES: Mapping[Topic, str] = {
    Topic.NEEDS: "/besoins-pour-vous",
    Topic.QUEUE: "/guichet/",
    Topic.ANSWERS: "/tableau-de-bord",
    Topic.POSTED: "/mes-besoins",
    Topic.HOURS: "/contrats",
    Topic.PLANS: "/programmation",
}
"""Where the rest of a section is; in the notifications for the others."""

NOTIFICATIONS = "/notifications"
WEEK = "La semaine de votre territoire"
NEWS_NAMED = 3
"""In the name of an item that has links; all of them stand below it."""


@dataclass(frozen=True)
class Item:
    """One thing to tell. `notices`: the ids of the notices that it tells, all of one topic.

    `links`: words and a page for each, below it. `until`: the day after which it is too late,
    which puts the most urgent first.
    """

    topic: Topic
    notices: tuple[int, ...]
    title: str
    link: str
    lines: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    until: date | None = None
    is_reminder: bool = False


def sections_of(items: Iterable[Item]) -> list[dict[str, Any]]:
    """The sections of a digest, as its template and the outbox take them."""
    by_topic: dict[Topic, list[Item]] = {}
    for item in items:
        by_topic.setdefault(item.topic, []).append(item)
    return [_section(topic, by_topic[topic]) for topic in ORDER if topic in by_topic]


def _section(topic: Topic, items: list[Item]) -> dict[str, Any]:
    urgent_first = sorted(items, key=lambda one: (one.until or date.max, min(one.notices)))
    shown = urgent_first[:MOST_ITEMS]
    return {
        "topic": topic.value,
        "heading": HEADINGS[topic],
        "items": [
            {
                "notices": list(item.notices),
                "title": item.title,
                "link": item.link,
                "lines": list(item.lines),
                "links": [list(link) for link in item.links],
                "is_reminder": item.is_reminder,
            }
            for item in shown
        ],
        "more": len(items) - len(shown),
        "page": PAGES.get(topic, NOTIFICATIONS),
    }


def kept(sections: Sequence[Mapping[str, Any]], notices: Collection[int]) -> list[dict[str, Any]]:
    """The same sections with the items that still hold: one of their notices does."""
    left = []
    for section in sections:
        items = [item for item in section["items"] if not notices_of(item).isdisjoint(notices)]
        if items:
            left.append({**section, "items": items})
    return left


def notices_of(item: Mapping[str, Any]) -> set[int]:
    return set(item["notices"])


def told_in(sections: Sequence[Mapping[str, Any]]) -> set[int]:
    """The ids of all the notices that these sections show."""
    return {
        notice for section in sections for item in section["items"] for notice in item["notices"]
    }


def subject_of(sections: Sequence[Mapping[str, Any]]) -> str:
    """What a digest is called in its reader's list of mails."""
    first = sections[0]
    topic, count = Topic(first["topic"]), len(first["items"]) + first["more"]
    if count == 1:
        [item] = first["items"]
        return with_news(item["title"], item["links"])
    return {
        Topic.NEEDS: f"{count} besoins correspondent à vos offres",
        Topic.ANSWERS: f"{count} nouvelles de vos besoins",
        Topic.POSTED: f"{count} décisions sur vos besoins",
        Topic.QUEUE: f"{count} choses à voir à votre guichet",
        Topic.MESSAGES: f"{count} messages vous attendent",
        Topic.AMENDMENTS: f"{count} changements dans les besoins que vous suivez",
        Topic.OUTCOMES: f"L'issue de {count} de vos réponses",
        Topic.HOURS: f"{count} nouvelles de vos heures d'insertion",
        Topic.OFFERS: f"{count} de vos offres sont à confirmer",
        Topic.PLANS: f"{count} nouvelles d'achats prévus",
        Topic.SEARCHES: f"{count} nouveautés dans vos recherches",
    }[topic]


def with_news(title: str, links: Sequence[Sequence[str]]) -> str:
    """« La semaine de votre territoire : 3 besoins publiés, 1 besoin attribué… »."""
    if not links:
        return title
    more = "…" if len(links) > NEWS_NAMED else ""
    return f"{title}\u00a0: {', '.join(words for words, _ in links[:NEWS_NAMED])}{more}"
