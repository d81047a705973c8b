"""Telling who works on a contract, and the desk that follows it, what they are to know of it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import CompoundSelect, Select, select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import OrganisationMember, User
from marketplace.clauses.contract_queries import Reader, readers_of
from marketplace.clauses.contract_tables import Contract, ContractEmployer, HourReport
from marketplace.clauses.following import Followed
from marketplace.clauses.post_tables import OpeningShare
from marketplace.clauses.reported import EmployerRole, month_in_words
from marketplace.clock import PARIS
from marketplace.mail import Promise
from marketplace.moderation.tables import DeskMember

SEE_CONTRACT, SEE_POSTS, SEE_HOURS = "Voir le contrat", "Voir les postes", "Déclarer des heures"
SEE_HOURS_TOLD = "Relire ces heures"


def tell_opened(session: Session, contract: Contract, secret_key: str) -> None:
    """A contract is followed from now on: to its employers, its buyers and its desk."""
    for employer in contract.employers:
        tell_employed(session, employer, secret_key)
    news = f"Un contrat de plus à suivre\u00a0: «\u00a0{contract.title}\u00a0»"
    for topic, reader in _who_follows(session, contract):
        if reader.user_id != contract.created_by_id:
            _tell(session, f"opened:{contract.id}", reader, topic, news, SEE_CONTRACT)


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


def tell_behind(
    session: Session, contract: Contract, followed: Followed, month: date, secret_key: str
) -> None:
    """A contract owes more than it brings, once a month: to its holder, its buyers, its desk."""
    hours = f"{round(followed.told)} heures déclarées sur {round(followed.expected)} attendues"
    news = f"«\u00a0{contract.title}\u00a0» est en retard\u00a0: {hours} à ce jour"
    holder = [("hours", one) for one in readers_of(session, contract.holder, secret_key)]
    for topic, reader in [*holder, *_who_follows(session, contract)]:
        key = f"behind:{contract.id}:{month:%Y-%m}"
        _tell(session, key, reader, topic, news, SEE_CONTRACT)


def tell_closed(session: Session, contract: Contract, month: date, secret_key: str) -> None:
    """Nobody tells hours any more up to a month: to the employers."""
    said = f"jusqu'à {month_in_words(month)} compris"
    news = f"«\u00a0{contract.title}\u00a0»\u00a0: plus d'heures à déclarer {said}"
    for employer in contract.employers:
        if employer.role is not EmployerRole.FORMER:
            for reader in readers_of(session, employer, secret_key):
                key = f"closed:{contract.id}:{month:%Y-%m}"
                _tell(session, key, reader, "hours", news, SEE_CONTRACT)


def tell_replaced(session: Session, report: HourReport, user_id: int | None) -> None:
    """Hours that were validated are told otherwise: to the desk that reads them again, but who
    did it."""
    contract, month = report.lot.contract, month_in_words(report.month)
    hours = f"les heures validées de {report.employer.name} en {month} sont corrigées"
    news = (
        f"«\u00a0{contract.title}\u00a0»\u00a0: {hours}, et ne comptent plus avant votre relecture"
    )
    desk = select(DeskMember.user_id).where(DeskMember.desk_id == contract.desk_id)
    for reader in _people(session, desk, f"/guichet/heures/{report.id}"):
        if reader.user_id != user_id:
            key = f"replaced:{report.id}:{report.version}"
            _tell(session, key, reader, "queue", news, SEE_HOURS_TOLD)


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
    desk = select(DeskMember.user_id).where(DeskMember.desk_id == opening.desk_id)
    for reader in _people(session, desk, f"/postes/{opening.id}"):
        _tell(session, key, reader, "queue", news, SEE_POSTS)


def _who_follows(session: Session, contract: Contract) -> Iterator[tuple[str, Reader]]:
    """Its desk and its buyers, each once, with the topic under which it is told."""
    desk = select(DeskMember.user_id).where(DeskMember.desk_id == contract.desk_id)
    buyers = select(OrganisationMember.user_id).where(
        OrganisationMember.organisation_id == contract.organisation_id
    )
    for topic, people in (("queue", desk), ("hours", buyers.except_(desk))):
        for reader in _people(session, people, f"/contrats/{contract.id}"):
            yield topic, reader


def _people(
    session: Session, ids: Select[int] | CompoundSelect[int], link: str
) -> Iterable[Reader]:
    people = (
        select(User)
        .where(User.id.in_(ids), User.is_active, User.email_verified_at.is_not(None))
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
