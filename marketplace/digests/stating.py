"""What a digest says of the notices that it tells, and what it reads to say so."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import formats
from marketplace.clock import PARIS
from marketplace.digests import sections
from marketplace.digests.gathering import week_links
from marketplace.digests.rechecking import OF_MATCHES, OF_OPEN_NEEDS
from marketplace.digests.sections import Item
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.insights.weeks import Week, counts
from marketplace.matching import explaining
from marketplace.matching.tables import Match
from marketplace.moderation.tables import DeskMember
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer


@dataclass(frozen=True)
class Facts:
    """What the notices of many people speak of, each read once."""

    needs: Mapping[int, Need]
    matches: Mapping[int, Match]
    missing: Mapping[int, dict[str, str]]
    weeks: Mapping[int, Sequence[tuple[str, str]]]
    """What the territories of a facilitator lived, by the notice that tells it."""
    places: Gazetteer
    day: date


def facts_of(session: Session, notices: Collection[Notice], now: datetime) -> Facts:
    need_ids = {notice.need_id for notice in notices if notice.need_id is not None}
    match_ids = {notice.subject_id for notice in notices if notice.kind in OF_MATCHES}
    needs = select(Need).options(joinedload(Need.organisation), selectinload(Need.zones))
    matches = select(Match).options(joinedload(Match.structure))
    return Facts(
        needs={need.id: need for need in session.scalars(needs.where(Need.id.in_(need_ids)))},
        matches={
            match.id: match for match in session.scalars(matches.where(Match.id.in_(match_ids)))
        },
        missing=_missing(session, match_ids),
        weeks=_weeks(session, notices, now),
        places=gazetteer(session),
        day=now.astimezone(PARIS).date(),
    )


def context_of(name: str, notices: Collection[Notice], facts: Facts) -> dict[str, Any]:
    """What fills the templates of a digest that tells these notices, one at least."""
    told = sections.sections_of(_items(notices, facts))
    missing = [
        facts.missing[notice.subject_id]
        for notice in notices
        if notice.kind in OF_MATCHES and notice.subject_id in facts.missing
    ]
    return {
        "name": name,
        "link": sections.NOTIFICATIONS,
        "subject": sections.subject_of(told),
        "sections": told,
        "missing": missing[0] if missing else None,
    }


def _items(notices: Collection[Notice], facts: Facts) -> Iterator[Item]:
    found: dict[tuple[int, NoticeKind], list[Notice]] = defaultdict(list)
    for notice in notices:
        if notice.kind in _SEVERAL and notice.need_id is not None:
            found[notice.need_id, notice.kind].append(notice)
        else:
            yield _item(notice, facts)
    for (need_id, kind), of_need in found.items():
        yield _found(facts.needs[need_id], of_need, _SEVERAL[kind])


def _item(notice: Notice, facts: Facts) -> Item:
    need = facts.needs.get(notice.need_id) if notice.need_id is not None else None
    lines: list[str] = []
    if need is not None and notice.kind in OF_MATCHES:
        lines = [f"{wording.shown_buyer(need)}, {wording.place(need, facts.places)}"]
        lines += _reasons(facts.matches.get(notice.subject_id))
    if need is not None and need.deadline_on is not None and notice.kind in OF_OPEN_NEEDS:
        left = formats.days_left(need.deadline_on, facts.day)
        lines.insert(0, f"Réponses jusqu'au {formats.long_date(need.deadline_on)}, {left}")
    return Item(
        topic=notice.topic,
        notices=(notice.id,),
        title=sections.WEEK if notice.id in facts.weeks else notice.title,
        link=notice.link,
        lines=tuple(lines),
        links=tuple(facts.weeks.get(notice.id, ())),
        until=need.deadline_on if need is not None and notice.kind in OF_OPEN_NEEDS else None,
        is_reminder=notice.kind in (NoticeKind.NEED_CLOSING, NoticeKind.OVERDUE),
    )


def _reasons(match: Match | None) -> list[str]:
    said = explaining.sentences(match.reasons, "structure") if match else []
    return said[: sections.MOST_REASONS]


_SEVERAL = {
    NoticeKind.NEW_MATCH: "structures de plus peuvent répondre à",
    NoticeKind.ENQUIRY_ANSWERED: "questions ont reçu une réponse sur",
}
"""What is told in one line of a need, however often it happened."""


def _found(need: Need, notices: Sequence[Notice], several: str) -> Item:
    """The structures found for a need since it was published, or the questions answered."""
    if len(notices) == 1:
        title = notices[0].title
    else:
        title = f"{len(notices)} {several} «\u00a0{need.title}\u00a0»"
    return Item(
        topic=notices[0].topic,
        notices=tuple(notice.id for notice in notices),
        title=title,
        link=notices[0].link,
        until=need.deadline_on,
    )


def _weeks(
    session: Session, notices: Collection[Notice], now: datetime
) -> dict[int, list[tuple[str, str]]]:
    of_weeks = [notice for notice in notices if notice.kind is NoticeKind.DESK_WEEK]
    staffed = select(DeskMember.user_id, func.array_agg(DeskMember.desk_id))
    desks = dict(
        session.execute(
            staffed.where(DeskMember.user_id.in_([notice.user_id for notice in of_weeks])).group_by(
                DeskMember.user_id
            )
        ).all()
        if of_weeks
        else ()
    )
    found = {}
    for notice in of_weeks:
        monday = date.fromordinal(notice.subject_id)
        week = Week(desks.get(notice.user_id, []), monday, now)
        found[notice.id] = week_links(counts(session, week), monday)
    return found


def _missing(session: Session, match_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """What keeps structures from more needs, by match: where nobody declared an offer."""
    declared = select(Offer.id).where(
        Offer.structure_id == Structure.id,
        Offer.status == OfferStatus.PUBLISHED,
        ~Offer.is_implied,
    )
    silent = (
        select(Match.id, Structure)
        .join(Structure, Structure.id == Match.structure_id)
        .where(Match.id.in_(match_ids), ~declared.exists())
    )
    return {
        match_id: {
            "words": f"{structure.display_name} n'a pas encore décrit ses prestations\u00a0: "
            "vous ne recevez que les besoins que son nom et son activité laissent deviner.",
            "link": f"/structures/{structure.slug}/offres/nouvelle",
        }
        for match_id, structure in session.execute(silent)
    }
