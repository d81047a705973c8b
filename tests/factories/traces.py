"""A person who left a trace in every column that can name one."""

from datetime import timedelta

from sqlalchemy import select
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
from marketplace.answers.consortia import (
    ConsortiumStatus,
    Event,
    LegalForm,
    Origin,
    ShareMode,
)
from marketplace.answers.consortium_tables import (
    Consortium,
    ConsortiumEvent,
    ConsortiumMessage,
)
from marketplace.answers.lifecycle import Help, Result, Side
from marketplace.answers.support_tables import NeedProposal, OfferInvitation, ProposalKind
from marketplace.answers.tables import (
    Answer,
    AnswerVersion,
    BuyerNote,
    Enquiry,
    MatchReminder,
    Message,
    Outcome,
    Survey,
    Thread,
)
from marketplace.clauses.post_tables import Opening
from marketplace.clauses.tables import ClauseCalculation
from marketplace.digests.tables import (
    MailSetting,
    Notice,
    NoticeKind,
    PausedAddress,
    PauseReason,
    TopicRhythm,
)
from marketplace.digests.topics import Rhythm, Topic
from marketplace.files.contents import Format
from marketplace.files.tables import Scan, StoredFile
from marketplace.insights.spend_tables import PotentialStudy, SpendFile
from marketplace.lists.export_tables import Export, ExportChoice, SheetFormat
from marketplace.lists.tables import Favourite, FavouriteList, SavedSearch
from marketplace.mail import OutgoingMail, Promise
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, MatchMove
from marketplace.moderation.tables import Decision, DeskMember, DeskNote, QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.needs.plan_tables import PlanFollow, PlannedPurchase
from marketplace.needs.tables import NeedAmendment, PlaceType
from marketplace.offers.lifecycle import Move as OfferStep
from marketplace.offers.lifecycle import OfferStatus
from marketplace.offers.tables import OfferMove
from marketplace.structures.import_tables import StructureImport
from marketplace.structures.network_tables import Network, NetworkPartner
from marketplace.structures.tables import (
    Structure,
    StructureChange,
    StructureClaim,
    StructureMember,
    StructureRole,
)
from tests.factories import market, people
from tests.factories.contracts import contract_traces
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
            OfferMove(
                offer_id=market.offer(session, garden).id,
                move=OfferStep.CONFIRM,
                status=OfferStatus.PUBLISHED,
                user_id=person.id,
                moved_at=MONDAY,
            ),
            StructureChange(
                structure_id=garden.id, user_id=person.id, changed_at=MONDAY, field="brand"
            ),
            SpendFile(
                organisation_id=town.id, author_id=person.id, name="Dépenses", created_at=MONDAY
            ),
            PotentialStudy(
                organisation_id=town.id,
                author_id=person.id,
                name="Programme",
                lines="",
                created_at=MONDAY,
            ),
            Opening(
                desk_id=desk.id,
                commune_code=market.BESANCON,
                trade="Peintre",
                posts=1,
                starts_on=MONDAY.date(),
                apply_until=MONDAY.date(),
                created_at=MONDAY,
                created_by_id=person.id,
            ),
            PlannedPurchase(
                organisation_id=town.id,
                author_id=person.id,
                title="Tonte",
                year=2027,
                quarter=1,
                place_type=PlaceType.COUNTRY,
                created_at=MONDAY,
            ),
            ClauseCalculation(
                token="calcul",
                need_id=need.id,
                created_by_id=person.id,
                created_at=MONDAY,
                assumptions={},
                hours=1.0,
            ),
            *contract_traces(session, person.id, town.id, desk.id),
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
            NeedAmendment(
                need_id=need.id,
                user_id=person.id,
                amended_at=MONDAY,
                changes={"title": ["Tonte", "Tonte et haies"]},
            ),
            _invitation("c", ADDRESS, accepted_by_id=person.id, accepted_at=MONDAY),
            _invitation("d", "quelquun@example.fr", invited_by_id=person.id),
            _file(person.id),
            StructureImport(
                user_id=person.id,
                file_name="esat.csv",
                header=["siret"],
                total=0,
                handed_in_at=MONDAY,
                moved_at=MONDAY,
            ),
            NetworkPartner(network=Network(code="unea"), user_id=person.id),
            ExportChoice(
                user_id=person.id, sheet="structures", columns=["name"], format=SheetFormat.CSV
            ),
            Export(
                user_id=person.id,
                sheet="structures",
                asked=[["q", "tonte"]],
                columns=["name"],
                format=SheetFormat.CSV,
                total=3_000,
                asked_at=MONDAY,
            ),
            *_notices(person.id),
            _mail("to-the-person", user_id=person.id),
            _mail("to-the-address", user_id=None),
        ]
    )
    session.flush()
    plan_id = session.scalars(select(PlannedPurchase.id).filter_by(author_id=person.id)).one()
    session.add(PlanFollow(plan_id=plan_id, user_id=person.id, followed_at=MONDAY))
    _lists(session, person, town.id, garden.id)
    came = {"desk_id": desk.id, "received_at": MONDAY, "due_at": MONDAY}
    session.add_all(
        [
            QueueEntry(claim_id=claim.id, **came),
            QueueEntry(need_id=need.id, assignee_id=person.id, **came),
            DeskNote(
                need_id=need.id,
                desk_id=desk.id,
                user_id=person.id,
                words="Vu avec la mairie",
                written_at=MONDAY,
            ),
        ]
    )
    audit.note(session, audit.Action.SIGNED_IN, actor_id=person.id, about=("user", person.id))
    _answers(session, person.id, need.id, garden.id)
    session.commit()
    return person


def _answers(session: Session, user_id: int, need_id: int, structure_id: int) -> None:
    """What a person leaves on both sides of a need: it speaks for whoever sends it."""
    offered = market.offer(session, session.get_one(Structure, structure_id))
    match = Match(
        need_id=need_id,
        structure_id=structure_id,
        offer_id=offered.id,
        rank=1,
        score=0.5,
        parts={},
        reasons=[],
        status=MatchStatus.OPENED,
        first_matched_at=MONDAY,
    )
    of_both: dict[str, int] = {"need_id": need_id, "structure_id": structure_id}
    answer = Answer(author_id=user_id, saved_at=MONDAY, **of_both)
    thread = Thread(last_message_at=MONDAY, **of_both)
    session.add_all([match, answer, thread])
    session.flush()
    session.add_all(
        [
            MatchMove(
                match_id=match.id, status=MatchStatus.OPENED, user_id=user_id, moved_at=MONDAY
            ),
            MatchReminder(match_id=match.id, user_id=user_id, reminded_at=MONDAY),
            AnswerVersion(
                answer_id=answer.id, number=1, content={}, sent_at=MONDAY, user_id=user_id
            ),
            BuyerNote(user_id=user_id, words="À rappeler", written_at=MONDAY, **of_both),
            Enquiry(
                user_id=user_id,
                words="Quel accès ?",
                asked_at=MONDAY,
                answer="Par la cour",
                answered_at=MONDAY,
                answered_by_id=user_id,
                **of_both,
            ),
            Message(
                thread_id=thread.id,
                side=Side.BUYER,
                user_id=user_id,
                words="Bonjour",
                sent_at=MONDAY,
            ),
            Outcome(result=Result.AWARDED, decided_at=MONDAY, decided_by_id=user_id, **of_both),
            Survey(user_id=user_id, helped=Help.YES, said_at=MONDAY, **of_both),
        ]
    )
    _groups(session, user_id, need_id, structure_id)


def _groups(session: Session, user_id: int, need_id: int, structure_id: int) -> None:
    """What a person does in a group that answers, and as a facilitator for a need."""
    group = Consortium(
        need_id=need_id,
        lead_id=structure_id,
        status=ConsortiumStatus.FORMING,
        origin=Origin.STRUCTURE,
        form=LegalForm.SEVERAL,
        share_mode=ShareMode.PERCENT,
        created_at=MONDAY,
    )
    session.add(group)
    session.flush()
    session.add_all(
        [
            ConsortiumEvent(
                consortium_id=group.id, event=Event.STARTED, user_id=user_id, happened_at=MONDAY
            ),
            ConsortiumMessage(
                consortium_id=group.id, user_id=user_id, words="Bonjour", sent_at=MONDAY
            ),
            NeedProposal(
                need_id=need_id,
                kind=ProposalKind.WIDEN,
                words="Plus loin",
                proposed_by_id=user_id,
                proposed_at=MONDAY,
                decided_by_id=user_id,
                decided_at=MONDAY,
            ),
            OfferInvitation(
                need_id=need_id, structure_id=structure_id, user_id=user_id, invited_at=MONDAY
            ),
        ]
    )


def _file(user_id: int) -> StoredFile:
    return StoredFile(
        key="e" * 40,
        name="cahier.pdf",
        format=Format.PDF,
        size=1,
        sha256="f" * 64,
        user_id=user_id,
        stored_at=MONDAY,
        scan=Scan.NOT_SCANNED,
    )


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


def _notices(user_id: int) -> list[object]:
    return [
        Notice(
            user_id=user_id,
            topic=Topic.QUEUE,
            kind=NoticeKind.QUEUED,
            subject_id=1,
            title="Une offre à relire",
            link="/guichet/",
            ready_at=MONDAY,
        ),
        TopicRhythm(user_id=user_id, topic=Topic.QUEUE, rhythm=Rhythm.NEVER),
        MailSetting(user_id=user_id, weekday=0),
        PausedAddress(address=ADDRESS, reason=PauseReason.BOUNCE, paused_at=MONDAY),
    ]


def _lists(session: Session, person: User, town_id: int, structure_id: int) -> None:
    """A list of its own, one shared with the town; a structure noted in both; a search."""
    for organisation_id in (None, town_id):
        kept = FavouriteList(
            name="À appeler",
            owner_id=person.id,
            organisation_id=organisation_id,
            created_at=MONDAY,
            changed_at=MONDAY,
        )
        session.add(kept)
        session.flush()
        session.add(
            Favourite(
                list_id=kept.id,
                structure_id=structure_id,
                note=WORDS,
                added_by_id=person.id,
                added_at=MONDAY,
            )
        )
    asked = {"q": ["tonte"]}
    session.add(SavedSearch(user_id=person.id, name="Tonte", asked=asked, created_at=MONDAY))


def _mail(key: str, user_id: int | None) -> OutgoingMail:
    return OutgoingMail(
        key=key,
        kind="accounts/magic_link",
        promise=Promise.AT_LEAST_ONCE,
        address=ADDRESS,
        user_id=user_id,
        context={"name": NAME, "link": "/lien/secret"},
    )
