"""A person who left a trace in every column that can name one."""

from datetime import timedelta

from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.tables import (
    AccountLink,
    ExternalIdentity,
    Invitation,
    InvitationKind,
    LinkPurpose,
    OrganisationMember,
    OrganisationRequest,
    OrganisationRole,
    User,
    UserSession,
)
from marketplace.mail import OutgoingMail, Promise
from marketplace.moderation.tables import Decision, DeskMember, QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.structures.tables import StructureClaim, StructureMember, StructureRole
from tests.factories import market, people
from tests.factories.market import MONDAY

NAME = "Zéphyrine Quincampoix"
ADDRESS = "zephyrine.quincampoix@mairie.example.fr"
WORDS = "Je suis la comptable de la maison"
BROWSER = "Lynx/2.9 de Zéphyrine"
SUBJECT = "sujet-4b1c"
IP = "203.0.113.77"

TELLTALES = (NAME, ADDRESS, WORDS, BROWSER, SUBJECT, IP)
"""What would tell who it was, wherever it stands."""


def person_everywhere(session: Session) -> User:
    person = people.user(session, NAME, email=ADDRESS)
    other = people.user(session)
    town = people.organisation(session)
    garden, laundry = market.structure(session), market.structure(session, "La Blanchisserie")
    need = market.submitted_need(session, person.id, town.id)
    desk = people.desk(session)
    asked = {"message": WORDS, "asked_at": MONDAY}
    decided = {"asked_at": MONDAY, "decided_at": MONDAY, "decided_by_id": person.id}
    claim = StructureClaim(structure_id=laundry.id, user_id=person.id, **asked)
    session.add_all(
        [
            OrganisationMember(
                organisation_id=town.id, user_id=person.id, role=OrganisationRole.MANAGER
            ),
            OrganisationRequest(organisation_id=town.id, user_id=person.id, **asked),
            OrganisationRequest(organisation_id=town.id, user_id=other.id, **decided),
            StructureMember(structure_id=garden.id, user_id=person.id, role=StructureRole.MANAGER),
            claim,
            StructureClaim(structure_id=garden.id, user_id=other.id, **decided),
            DeskMember(desk_id=desk.id, user_id=person.id),
            Decision(
                desk_id=desk.id,
                need_id=need.id,
                moderator_id=person.id,
                move=Move.APPROVE,
                decided_at=MONDAY,
            ),
            UserSession(
                token_hash="a" * 64,
                user_id=person.id,
                created_at=MONDAY,
                last_seen_at=MONDAY,
                ip=IP,
                browser=BROWSER,
            ),
            AccountLink(
                token_hash="b" * 64,
                purpose=LinkPurpose.SIGN_IN,
                user_id=person.id,
                address=ADDRESS,
                created_at=MONDAY,
                expires_at=MONDAY,
            ),
            ExternalIdentity(
                issuer="https://idp.example.fr",
                subject=SUBJECT,
                user_id=person.id,
                linked_at=MONDAY,
            ),
            _invitation("c", ADDRESS, accepted_by_id=person.id, accepted_at=MONDAY),
            _invitation("d", "quelquun@example.fr", invited_by_id=person.id),
            _mail("to-the-person", user_id=person.id),
            _mail("to-the-address", user_id=None),
        ]
    )
    session.flush()
    session.add(QueueEntry(desk_id=desk.id, claim_id=claim.id, received_at=MONDAY, due_at=MONDAY))
    audit.note(session, audit.Action.SIGNED_IN, actor_id=person.id, about=("user", person.id))
    session.commit()
    return person


def _invitation(letter: str, address: str, **more: object) -> Invitation:
    return Invitation(
        token_hash=letter * 64,
        kind=InvitationKind.ADMINISTRATOR,
        role="administrator",
        address=address,
        created_at=MONDAY,
        expires_at=MONDAY + timedelta(days=7),
        **more,
    )


def _mail(key: str, user_id: int | None) -> OutgoingMail:
    return OutgoingMail(
        key=key,
        kind="accounts/magic_link",
        promise=Promise.AT_LEAST_ONCE,
        address=ADDRESS,
        user_id=user_id,
        context={"name": NAME, "link": "/lien/secret"},
    )
