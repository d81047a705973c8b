"""Telling who works on a contract, and the desk that follows it, what they are to know of it."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.clauses.contract_queries import Reader, readers_of
from marketplace.clauses.contract_tables import Contract, ContractEmployer
from marketplace.clauses.post_tables import OpeningShare
from marketplace.clauses.reported import EmployerRole, month_in_words
from marketplace.clock import PARIS
from marketplace.mail import Promise
from marketplace.moderation.tables import DeskMember

SEE_CONTRACT, SEE_POSTS, SEE_HOURS = "Voir le contrat", "Voir les postes", "Déclarer des heures"


def tell_opened(session: Session, contract: Contract, secret_key: str) -> None:
    """A contract is followed from now on: to its employers, and to its desk."""
    for employer in contract.employers:
        tell_employed(session, employer, secret_key)
    news = f"Un contrat de plus à suivre\u00a0: «\u00a0{contract.title}\u00a0»"
    for reader in _desk(session, contract.desk_id, f"/contrats/{contract.id}"):
        if reader.user_id != contract.created_by_id:
            _tell(session, f"opened:{contract.id}", reader, "queue", news, SEE_CONTRACT)


def tell_employed(session: Session, employer: ContractEmployer, secret_key: str) -> None:
    """A firm or a structure has hours to tell on a contract."""
    contract = employer.contract
    news = f"{employer.name} aura des heures à déclarer pour «\u00a0{contract.title}\u00a0»"
    for reader in readers_of(session, employer, secret_key):
        _tell(session, f"employed:{employer.id}", reader, "hours", news, SEE_CONTRACT)


def send_link(session: Session, employer: ContractEmployer, secret_key: str, now: datetime) -> bool:
    """Send an employer, once more, where it tells its hours: once a minute at most. Whether
    somebody can read it: it has an account, or an address."""
    readers = readers_of(session, employer, secret_key)
    contract = employer.contract
    news = f"Où déclarer les heures de {employer.name} pour «\u00a0{contract.title}\u00a0»"
    for reader in readers:
        key = f"link:{employer.id}:{now:%Y%m%d%H%M}"
        _tell(session, key, reader, "hours", news, SEE_HOURS)
    return bool(readers)


def tell_closed(session: Session, contract: Contract, month: date, secret_key: str) -> None:
    """Nobody tells hours any more up to a month: to the employers."""
    said = f"jusqu'à {month_in_words(month)} compris"
    news = f"«\u00a0{contract.title}\u00a0»\u00a0: plus d'heures à déclarer {said}"
    for employer in contract.employers:
        if employer.role is not EmployerRole.FORMER:
            for reader in readers_of(session, employer, secret_key):
                key = f"closed:{contract.id}:{month:%Y-%m}"
                _tell(session, key, reader, "hours", news, SEE_CONTRACT)


def tell_counted(session: Session, share: OpeningShare, now: datetime) -> None:
    """A prescriber counted candidates for posts: to their desk, once a day at most; nothing
    of none."""
    opening = share.opening
    people = sum(one.people for one in share.counts)
    if not people:
        return
    found = f"{people} candidats" if people > 1 else f"{people} candidat"
    news = f"{share.prescriber.name} a repéré {found} pour «\u00a0{opening.trade}\u00a0»"
    key = f"counted:{opening.id}:{share.prescriber_id}:{now.astimezone(PARIS):%Y%m%d}"
    for reader in _desk(session, opening.desk_id, f"/postes/{opening.id}"):
        _tell(session, key, reader, "queue", news, SEE_POSTS)


def _desk(session: Session, desk_id: int, link: str) -> Iterable[Reader]:
    people = (
        select(User)
        .join(DeskMember, DeskMember.user_id == User.id)
        .where(DeskMember.desk_id == desk_id, User.is_active)
        .where(User.email_verified_at.is_not(None))
        .order_by(User.id)
    )
    for person in session.scalars(people):
        yield Reader(person.email, person.full_name, link, person.id)


def _tell(session: Session, key: str, reader: Reader, topic: str, news: str, button: str) -> None:
    mail.post(
        session,
        key=f"contract_news:{key}:{reader.key}"[:200],
        kind="clauses/contract_news",
        address=reader.email,
        promise=Promise.AT_MOST_ONCE,
        user_id=reader.user_id,
        topic=topic,
        link=reader.link,
        name=reader.name,
        news=news,
        button=button,
    )
