"""Opening posts to publics of the clause, telling prescribers, counting who they found."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from marketplace import mail
from marketplace.clauses.post_links import DeadLink, path_of
from marketplace.clauses.post_tables import CandidateCount, Opening, OpeningShare, Prescriber
from marketplace.clauses.prescribers import PrescriberKind
from marketplace.clauses.reported import Public, WorkContract
from marketplace.clock import PARIS
from marketplace.formats import long_date
from marketplace.mail import Promise
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer


class OpeningClosed(Exception):
    """These posts take no more candidates."""


@dataclass(frozen=True, slots=True)
class Posts:
    """What a facilitator says of posts: see post_tables.Opening."""

    commune_code: str
    trade: str
    posts: int
    in_qpv: int
    publics: tuple[Public, ...]
    work_contract: WorkContract | None
    conditions: str
    starts_on: date
    apply_until: date


@dataclass(frozen=True, slots=True)
class Counted:
    """Candidates of one public."""

    people: int
    in_qpv: int
    women: int


def open_posts(
    session: Session,
    desk_id: int,
    said: Posts,
    contract_id: int | None,
    user_id: int,
    now: datetime,
) -> Opening:
    opening = Opening(
        desk_id=desk_id,
        contract_id=contract_id,
        created_at=now,
        created_by_id=user_id,
    )
    _say(opening, said)
    session.add(opening)
    session.flush()
    return opening


def change_posts(session: Session, opening_id: int, said: Posts) -> None:
    """Put posts right; who was told of them reads it by the same link. What was counted stays.
    Raises OpeningClosed."""
    opening = session.get_one(Opening, opening_id, with_for_update=True)
    if opening.closed_at is not None:
        raise OpeningClosed
    _say(opening, said)


def _say(opening: Opening, said: Posts) -> None:
    opening.commune_code, opening.trade = said.commune_code, said.trade
    opening.posts, opening.in_qpv = said.posts, said.in_qpv
    opening.publics = [public.value for public in said.publics]
    opening.work_contract, opening.conditions = said.work_contract, said.conditions
    opening.starts_on, opening.apply_until = said.starts_on, said.apply_until


def close_posts(session: Session, opening_id: int, now: datetime) -> None:
    """Their links die at once; what was counted stays. Closing twice changes nothing."""
    opening = session.get_one(Opening, opening_id, with_for_update=True)
    opening.closed_at = opening.closed_at or now


def share_posts(
    session: Session,
    opening_id: int,
    prescriber_ids: Collection[int],
    secret_key: str,
    now: datetime,
) -> int:
    """Mail these prescribers of the same desk their links, each once; how many are new.

    Raises OpeningClosed.
    """
    opening = session.get_one(Opening, opening_id, with_for_update=True)
    if not opening.is_open_on(_day(now)):
        raise OpeningClosed
    told = select(OpeningShare.prescriber_id).where(OpeningShare.opening_id == opening_id)
    asked = select(Prescriber).where(
        Prescriber.id.in_(prescriber_ids),
        Prescriber.desk_id == opening.desk_id,
        Prescriber.is_active,
        Prescriber.id.not_in(told),
    )
    new = session.scalars(asked.order_by(Prescriber.id)).all()
    for prescriber in new:
        session.add(OpeningShare(opening_id=opening_id, prescriber_id=prescriber.id, shared_at=now))
        mail.post(
            session,
            key=f"posts_shared:{opening_id}:{prescriber.id}",
            kind="clauses/posts_shared",
            address=prescriber.email,
            promise=Promise.AT_LEAST_ONCE,
            link=path_of(secret_key, opening_id, prescriber.id),
            desk=opening.desk.name,
            prescriber=prescriber.name,
            posts=opening.posts,
            trade=opening.trade,
            place=naming.label(gazetteer(session), opening.commune_code),
            starts=long_date(opening.starts_on),
            day=long_date(opening.apply_until),
        )
    return len(new)


def add_prescriber(
    session: Session, desk_id: int, name: str, kind: PrescriberKind, email: str
) -> None:
    """One that was taken out comes back, under the name given now."""
    said = {"name": name, "kind": kind, "is_active": True}
    row = insert(Prescriber).values(desk_id=desk_id, email=email, **said)
    session.execute(row.on_conflict_do_update(index_elements=["desk_id", "email"], set_=said))


def take_out_prescriber(session: Session, prescriber_id: int) -> None:
    """It is told of nothing any more, and its links die."""
    session.get_one(Prescriber, prescriber_id, with_for_update=True).is_active = False


def share_for(session: Session, opening_id: int, prescriber_id: int, today: date) -> OpeningShare:
    """What a link leads to, while it lives. Raises DeadLink."""
    named = select(OpeningShare).filter_by(opening_id=opening_id, prescriber_id=prescriber_id)
    share = session.scalars(
        named.options(joinedload(OpeningShare.opening), joinedload(OpeningShare.prescriber))
    ).first()
    if share is None or not share.prescriber.is_active or not share.opening.is_open_on(today):
        raise DeadLink
    return share


def count_candidates(
    session: Session,
    opening_id: int,
    prescriber_id: int,
    counts: Mapping[Public, Counted],
    now: datetime,
) -> OpeningShare:
    """How many a prescriber found, instead of what it said before. Raises DeadLink."""
    session.execute(
        select(OpeningShare.opening_id)
        .filter_by(opening_id=opening_id, prescriber_id=prescriber_id)
        .with_for_update()
    )
    share = share_for(session, opening_id, prescriber_id, _day(now))
    session.execute(
        delete(CandidateCount).where(
            CandidateCount.opening_id == opening_id, CandidateCount.prescriber_id == prescriber_id
        )
    )
    session.add_all(
        CandidateCount(
            opening_id=opening_id,
            prescriber_id=prescriber_id,
            public=public,
            people=one.people,
            in_qpv=one.in_qpv,
            women=one.women,
        )
        for public, one in counts.items()
        if one.people
    )
    share.reported_at = now
    session.flush()
    session.expire(share, ["counts"])
    return share


def _day(now: datetime) -> date:
    return now.astimezone(PARIS).date()
