"""Who asks to speak for a structure is answered by its domain, its managers or its desk."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts import teams
from marketplace.accounts.joining import AlreadyAsked
from marketplace.accounts.tables import User
from marketplace.accounts.teams import AlreadyMember, NotVerified
from marketplace.mail import OutgoingMail
from marketplace.structures import claiming
from marketplace.structures.claiming import TEAM, AlreadyListed, Decider
from marketplace.structures.register import OPTIONAL, REQUIRED, Entry, entry_of
from marketplace.structures.tables import Structure, StructureClaim, StructureRole
from tests.factories import people
from tests.factories.market import MONDAY, structure

IP = "192.0.2.1"
SIRET = "73282932000074"


def claim(session: Session, of: Structure, user_id: int) -> Decider:
    return claiming.claim(session, of.id, user_id, "Directrice", MONDAY, IP)[1]


def roles(session: Session, of: Structure) -> dict[int, str]:
    return {m.user_id: m.role.value for m in teams.members_of(session, TEAM, of.id)}


def entry(**cells: str) -> Entry:
    said = {"siret": SIRET, "kind": "ESAT", "name": "Les Ateliers neufs", "city": "Besançon"}
    said |= {"postcode": "25000"}
    return entry_of(dict.fromkeys((*REQUIRED, *OPTIONAL), "") | said | cells)


@pytest.fixture
def garden(session: Session) -> Structure:
    row = structure(session)
    row.email, row.website = "contact@jardins-essai.fr", "https://www.jardins-essai.org/"
    return row


@pytest.mark.parametrize("domain", ["jardins-essai.fr", "jardins-essai.org"])
def test_an_unheld_structure_goes_at_once_to_who_writes_from_its_domain(
    session: Session, garden: Structure, domain: str
) -> None:
    person = people.user(session, email=f"lea@{domain}")
    assert claim(session, garden, person.id) is Decider.NOBODY
    assert roles(session, garden) == {person.id: "manager"}
    kinds = [mail.kind for mail in session.scalars(select(OutgoingMail))]
    assert kinds == ["structures/claim_accepted"]


def test_an_unconfirmed_address_of_that_domain_gives_nothing(
    session: Session, garden: Structure
) -> None:
    person = people.user(session, email="lea@jardins-essai.fr", email_verified_at=None)
    with pytest.raises(NotVerified):
        claim(session, garden, person.id)


def test_once_it_has_a_manager_even_its_own_domain_asks_the_manager(
    session: Session, garden: Structure
) -> None:
    manager = people.structure_manager(session, garden)
    person = people.user(session, email="lea@jardins-essai.fr")
    assert claim(session, garden, person.id) is Decider.MANAGERS
    assert person.id not in roles(session, garden)
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.address) == ("structures/claim_to_decide", manager.email)
    with pytest.raises(AlreadyAsked):
        claim(session, garden, person.id)
    with pytest.raises(AlreadyMember):
        claim(session, garden, manager.id)


def test_another_domain_or_members_without_a_manager_are_for_the_desk(
    session: Session, garden: Structure
) -> None:
    assert claim(session, garden, people.user(session).id) is Decider.DESK
    people.structure_member(session, garden)
    person = people.user(session, email="lea@jardins-essai.fr")
    assert claim(session, garden, person.id) is Decider.DESK
    assert person.id not in roles(session, garden)


def test_a_person_may_hold_several_structures(session: Session, garden: Structure) -> None:
    person = people.user(session, email="lea@jardins-essai.fr")
    other = structure(session, "La Boutique", seat="39198")
    other.email = "boutique@jardins-essai.fr"
    assert claim(session, garden, person.id) is claim(session, other, person.id) is Decider.NOBODY


def test_a_proposed_structure_is_unseen_and_placed_and_always_for_the_desk(
    session: Session,
) -> None:
    person = people.user(session, email="lea@ateliers-neufs.fr")
    added = claiming.add_unlisted(session, entry(email="lea@ateliers-neufs.fr"), person.id, IP)
    assert (added.is_active, added.commune_code, added.siret) == (False, "25056", SIRET)
    assert claim(session, added, person.id) is Decider.DESK


def test_what_is_listed_is_not_proposed_and_what_was_refused_may_be_again(
    session: Session,
) -> None:
    person = people.user(session)
    added = claiming.add_unlisted(session, entry(), person.id, IP)
    assert claiming.add_unlisted(session, entry(), person.id, IP) is added
    added.is_active = True
    session.flush()
    with pytest.raises(AlreadyListed):
        claiming.add_unlisted(session, entry(), person.id, IP)
    other_kind = claiming.add_unlisted(session, entry(kind="EA"), person.id, IP)
    assert other_kind.id != added.id
    assert StructureRole.MANAGER not in roles(session, other_kind).values()


def accept(session: Session, asked: StructureClaim, by: User) -> Structure:
    claiming.decide_for_desk(session, asked, by.id, True, "", MONDAY, IP)
    return asked.structure


def test_what_each_claimant_says_is_its_own_and_the_accepted_ones_is_published(
    session: Session,
) -> None:
    """A stranger's first proposal, refused, would else be what the desk publishes."""
    desk = people.user(session)
    said = {"email": "moi@ailleurs.fr", "website": "https://ailleurs.fr", "brand": "Ailleurs"}
    stranger, _ = claiming.propose(
        session, entry(**said), people.user(session).id, "Directeur", MONDAY, IP
    )
    claiming.decide_for_desk(session, stranger, desk.id, False, "Non", MONDAY, IP)
    right = {"email": "contact@ateliers-neufs.fr", "address": "3 rue des Granges"}
    mine, decider = claiming.propose(
        session, entry(**right), people.user(session).id, "Directrice", MONDAY, IP
    )
    assert decider is Decider.DESK
    assert claiming.seen_by_desk(mine)["email"] == "contact@ateliers-neufs.fr"

    published = accept(session, mine, desk)
    assert published.is_active
    assert (published.email, published.website, published.address) == (
        "contact@ateliers-neufs.fr",
        "",
        "3 rue des Granges",
    )
    assert published.display_name == "Les Ateliers neufs"


def test_who_proposes_again_while_waiting_corrects_its_own_claim(session: Session) -> None:
    person = people.user(session)
    first, _ = claiming.propose(session, entry(), person.id, "Directrice", MONDAY, IP)
    again, decider = claiming.propose(
        session, entry(email="contact@ateliers-neufs.fr"), person.id, "Présidente", MONDAY, IP
    )
    assert (again, decider, again.message) == (first, None, "Présidente")
    assert accept(session, again, people.user(session)).email == "contact@ateliers-neufs.fr"


def test_a_structure_already_listed_takes_nothing_from_a_later_claim(session: Session) -> None:
    desk = people.user(session)
    first, _ = claiming.propose(
        session, entry(email="a@ateliers.fr"), people.user(session).id, "", MONDAY, IP
    )
    second, _ = claiming.propose(
        session, entry(email="b@ateliers.fr"), people.user(session).id, "", MONDAY, IP
    )
    accept(session, first, desk)
    assert claiming.seen_by_desk(second)["email"] == "a@ateliers.fr"
    assert accept(session, second, desk).email == "a@ateliers.fr"
