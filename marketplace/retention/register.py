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
    "offer_moves.user_id": Entry("offers", "etapes_des_offres", Fate.KEPT),
    "structure_changes.user_id": Entry("structures", "modifications_des_structures", Fate.KEPT),
    "structure_claims.decided_by_id": Entry(
        "structures", "demandes_aux_structures_decidees", Fate.KEPT
    ),
    "structure_claims.user_id": Entry("structures", "demandes_aux_structures", Fate.KEPT),
    "network_partners.user_id": Entry("structures", "reseaux", Fate.DELETED),
    "structure_imports.user_id": Entry("structures", "registres_importes", Fate.KEPT),
    "structure_members.user_id": Entry("structures", "structures", Fate.DELETED),
    "need_amendments.user_id": Entry("needs", "modifications_des_besoins", Fate.KEPT),
    "need_moves.user_id": Entry("needs", "etapes_des_besoins", Fate.KEPT),
    "planned_purchases.author_id": Entry("needs", "achats_prevus", Fate.KEPT),
    "plan_follows.user_id": Entry("needs", "achats_suivis", Fate.DELETED),
    "needs.author_id": Entry("needs", "besoins_deposes", Fate.KEPT),
    "decisions.moderator_id": Entry("moderation", "decisions", Fate.KEPT),
    "desk_members.user_id": Entry("moderation", "guichets", Fate.DELETED),
    "desk_notes.user_id": Entry("moderation", "notes_de_guichet", Fate.KEPT),
    "queue_entries.assignee_id": Entry("moderation", "dossiers_suivis", Fate.DELETED),
    "export_choices.user_id": Entry("lists", "colonnes_exportees", Fate.DELETED),
    "exports.user_id": Entry("lists", "exports", Fate.DELETED),
    "favourite_lists.owner_id": Entry("lists", "listes", Fate.DELETED),
    "favourites.added_by_id": Entry("lists", "structures_gardees", Fate.DELETED),
    "saved_searches.user_id": Entry("lists", "recherches_enregistrees", Fate.DELETED),
    "match_moves.user_id": Entry("matching", "etapes_des_correspondances", Fate.KEPT),
    "answer_notes.user_id": Entry("answers", "notes_sur_les_reponses", Fate.KEPT),
    "answer_versions.user_id": Entry("answers", "versions_de_reponses", Fate.KEPT),
    "answers.author_id": Entry("answers", "reponses", Fate.KEPT),
    "consortium_events.user_id": Entry("answers", "etapes_des_groupements", Fate.KEPT),
    "consortium_messages.user_id": Entry("answers", "messages_des_groupements", Fate.KEPT),
    "enquiries.answered_by_id": Entry("answers", "reponses_aux_questions", Fate.KEPT),
    "enquiries.user_id": Entry("answers", "questions_posees", Fate.KEPT),
    "match_reminders.user_id": Entry("answers", "relances", Fate.KEPT),
    "messages.user_id": Entry("answers", "messages", Fate.KEPT),
    "need_proposals.decided_by_id": Entry("answers", "propositions_decidees", Fate.KEPT),
    "need_proposals.proposed_by_id": Entry("answers", "propositions_de_changement", Fate.KEPT),
    "offer_invitations.user_id": Entry("answers", "structures_invitees_a_publier", Fate.KEPT),
    "outcomes.decided_by_id": Entry("answers", "issues_de_besoins", Fate.KEPT),
    "surveys.user_id": Entry("answers", "avis", Fate.KEPT),
    "contract_changes.user_id": Entry("clauses", "modifications_des_contrats", Fate.KEPT),
    "contracts.created_by_id": Entry("clauses", "contrats_ouverts", Fate.KEPT),
    "desk_year_people.user_id": Entry("clauses", "personnes_declarees", Fate.KEPT),
    "hour_report_versions.user_id": Entry("clauses", "versions_de_releves", Fate.KEPT),
    "hour_reports.decided_by_id": Entry("clauses", "releves_d_heures_decides", Fate.KEPT),
    "hour_reports.sent_by_id": Entry("clauses", "releves_d_heures_envoyes", Fate.KEPT),
    "openings.created_by_id": Entry("clauses", "postes_ouverts", Fate.KEPT),
    "potential_studies.author_id": Entry("insights", "etudes_de_potentiel", Fate.KEPT),
    "spend_files.author_id": Entry("insights", "depenses_importees", Fate.KEPT),
    "clause_calculations.created_by_id": Entry("clauses", "calculs_d_heures", Fate.KEPT),
    "stored_files.user_id": Entry("files", "fichiers_joints", Fate.KEPT),
    "notices.user_id": Entry("digests", "notifications", Fate.DELETED),
    "topic_rhythms.user_id": Entry("digests", "rythmes_des_courriels", Fate.DELETED),
    "mail_settings.user_id": Entry("digests", "reglages_des_courriels", Fate.DELETED),
    "outgoing_mails.user_id": Entry("mail", "courriels", Fate.DELETED),
    "audit_entries.actor_id": Entry("audit", "journal", Fate.KEPT),
}
