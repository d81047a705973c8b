"""Every column that says who somebody is: whose it is, where it is handed over, what becomes
of it when the person's account is erased. A house test holds it against the tables. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    DELETED = "deleted"
    """The row goes."""
    KEPT = "kept"
    """The row stays, and the account that it names has no name any more."""


@dataclass(frozen=True)
class Entry:
    """`section`: the part of the export that holds the rows of this column."""

    room: str
    section: str
    fate: Fate


REGISTER: Mapping[str, Entry] = {
    "account_links.user_id": Entry("accounts", "liens_recus", Fate.DELETED),
    "external_identities.user_id": Entry("accounts", "identites_externes", Fate.DELETED),
    "invitations.accepted_by_id": Entry("accounts", "invitations_recues", Fate.DELETED),
    "invitations.invited_by_id": Entry("accounts", "invitations_envoyees", Fate.KEPT),
    "organisation_members.user_id": Entry("accounts", "organismes", Fate.DELETED),
    "organisation_requests.decided_by_id": Entry(
        "accounts", "demandes_aux_organismes_decidees", Fate.KEPT
    ),
    "organisation_requests.user_id": Entry("accounts", "demandes_aux_organismes", Fate.KEPT),
    "user_sessions.user_id": Entry("accounts", "appareils_connectes", Fate.DELETED),
    "users.id": Entry("accounts", "compte", Fate.KEPT),
    "structure_claims.decided_by_id": Entry(
        "structures", "demandes_aux_structures_decidees", Fate.KEPT
    ),
    "structure_claims.user_id": Entry("structures", "demandes_aux_structures", Fate.KEPT),
    "structure_members.user_id": Entry("structures", "structures", Fate.DELETED),
    "need_moves.user_id": Entry("needs", "etapes_des_besoins", Fate.KEPT),
    "needs.author_id": Entry("needs", "besoins_deposes", Fate.KEPT),
    "decisions.moderator_id": Entry("moderation", "decisions", Fate.KEPT),
    "desk_members.user_id": Entry("moderation", "guichets", Fate.DELETED),
    "outgoing_mails.user_id": Entry("mail", "courriels", Fate.DELETED),
    "audit_entries.actor_id": Entry("audit", "journal", Fate.KEPT),
}
