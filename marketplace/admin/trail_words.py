"""What a row of the audit trail says beside its action, in French sentences."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Organisation, User
from marketplace.answers.wording import RESULTS
from marketplace.audit import AuditEntry
from marketplace.clauses.contract_tables import Contract
from marketplace.digests.opting_out import EVERYTHING
from marketplace.digests.topics import LABELS as TOPICS
from marketplace.exports.offered import SHEETS
from marketplace.formats import NBSP, number
from marketplace.moderation.tables import Desk
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

OBJECTS = {
    "user": "Personne",
    "organisation": "Organisme",
    "structure": "Structure",
    "desk": "Guichet",
    "need": "Besoin",
    "offer": "Offre",
    "contract": "Contrat",
    "invitation": "Invitation",
    "mail": "Courriel",
    "session": "Session",
    "import": "Import",
    "trail": "Journal",
}

_HEADINGS: Mapping[str, tuple[Any, Any]] = {
    "user": (User.full_name, literal("")),
    "organisation": (Organisation.name, literal("")),
    "structure": (Structure.name, Structure.slug),
    "desk": (Desk.name, literal("")),
    "need": (Need.title, Need.slug),
    "offer": (Offer.title, literal("")),
    "contract": (Contract.title, literal("")),
}
"""What names an object, and where its page is when that is not by its number."""

_PAGES: Mapping[str, Callable[[int, str], str]] = {
    "user": lambda id_, _: url_for("users.show", user_id=id_),
    "organisation": lambda id_, _: url_for("buyers.show", organisation_id=id_),
    "structure": lambda _, slug: url_for("structures.show", slug=slug),
    "desk": lambda id_, _: url_for("desks.show", desk_id=id_),
    "need": lambda _, slug: url_for("needs.show", slug=slug),
    "import": lambda id_, _: url_for("imports.show", import_id=id_),
    "mail": lambda id_, _: url_for("mails.show", mail_id=id_),
}


@dataclass(frozen=True)
class Named:
    """An object of the trail, and its page, where it has one and is still there."""

    words: str
    href: str | None


Names = Mapping[tuple[str, int | None], Named]


def names_of(session: Session, entries: Collection[AuditEntry]) -> Names:
    """The objects that these rows speak of, by kind and number; those that are gone by number."""
    told = {(e.object_kind, e.object_id) for e in entries if e.object_id is not None}
    told |= {of for e in entries for of in _spoken_of(e.details)}
    asked = [
        select(literal(kind).label("kind"), name.class_.id, name, slug.label("slug")).where(
            name.class_.id.in_([id_ for one, id_ in told if one == kind])
        )
        for kind, (name, slug) in _HEADINGS.items()
        if any(one == kind for one, _ in told)
    ]
    rows = session.execute(union_all(*asked)).all() if asked else []
    found = {(kind, id_): (name, slug) for kind, id_, name, slug in rows}
    named: dict[tuple[str, int | None], Named] = {}
    for kind, id_ in told:
        name, slug = found.get((kind, id_), ("", ""))
        object_ = OBJECTS.get(kind, kind)
        is_there = bool(name) or kind not in _HEADINGS
        page = _PAGES.get(kind) if is_there else None
        words = f"{object_} «{NBSP}{name}{NBSP}»" if name else f"{object_} n°{NBSP}{id_}"
        named[kind, id_] = Named(words, page(id_, slug) if page else None)
    return named


_OF_KIND = {
    "user_id": "user",
    "mandate_given": "organisation",
    "mandate_ended": "organisation",
}
"""Details that are the number of something."""


def _spoken_of(details: Mapping[str, Any]) -> list[tuple[str, int]]:
    found = [(kind, details[name]) for name, kind in _OF_KIND.items() if name in details]
    if "kind" in details and "subject_id" in details:
        found.append((details["kind"], details["subject_id"]))
    sides = (details.get("before"), details.get("after"))
    found += [("structure", side[1]) for side in sides if isinstance(side, list) and side[1:]]
    return [(kind, id_) for kind, id_ in found if isinstance(id_, int)]


def said(details: Mapping[str, Any], names: Names, places: Gazetteer) -> str:
    """The details of a row, a sentence each; what nobody foresaw is shown as it is."""
    if not details:
        return ""
    told = [
        _SENTENCES[name](value, details, names) if name in _SENTENCES else _as_is(name, value)
        for name, value in details.items()
        if name not in _WITH_ANOTHER and name != "territories"
    ]
    if codes := details.get("territories"):
        told.append(
            f"Territoires{NBSP}: " + ", ".join(naming.label(places, code) for code in codes)
        )
    return ". ".join(sentence for sentence in told if sentence)


_WITH_ANOTHER = frozenset({"subject_id", "after", "request_id"})
"""What another detail says, or numbers that nobody looks up."""

_Sentence = Callable[[Any, Mapping[str, Any], Names], str]

WHAT = {
    "opened": "Ouvert",
    "reopened": "Rouvert",
    "changed": "Modifié",
    "closed": "Fermé",
    "proposed": "Structure proposée",
    "partner_added": "Partenaire ajouté",
    "partner_changed": "Partenaire modifié",
    "partner_dropped": "Partenaire retiré",
    "structures imported": "Structures importées",
    "paused": "Adresses mises en pause",
    "resumed": "Adresse reprise",
    "trail": "Journal",
}
FIELDS = {
    "name": "nom",
    "kind": "type",
    "mail": "préférences de courriel",
    "paused address": "adresse en pause",
    "closed_until": "date de fin",
    "dropped": "contrat supprimé",
    "title": "titre",
    "description": "description",
    "sectors": "secteurs",
    "place_type": "lieu",
    "commune_code": "commune",
    "radius_km": "rayon",
    "zones": "territoires",
    "kinds": "structures admises",
    "service_types": "prestations",
    "include_country": "structures de toute la France",
    "action": "action",
    "acteur": "personne",
    "objet": "objet",
    "numero": "numéro",
    "du": "depuis le",
    "au": "jusqu'au",
}
ROLES = {
    "manager": "responsable",
    "member": "membre",
    "lead": "responsable du guichet",
    "facilitator": "facilitateur",
}
WHY = {
    "asked": "la personne l'a demandé",
    "asked in writing": "la personne l'a demandé par écrit",
    "unused": "le compte ne servait plus",
}
_CHANGES = re.compile(r"<[^>]*>")
MEANS = {
    "password": "par mot de passe",
    "link": "par un lien reçu par courriel",
    "proconnect": "par ProConnect",
}
REFUSED = {
    "403": "D'un autre rôle ou d'une autre personne",
    "404": "Introuvable pour qui demande",
    "410": "Lien mort ou inventé",
}
SENT = {"again": "Courriel renvoyé", "cancelled": "Envoi annulé"}


_TOPICS = {str(topic): words for topic, words in TOPICS.items()} | {
    EVERYTHING: "tous les courriels"
}
_MOVES = {str(move): words for move, words in wording.MOVES.items()}
_RESULTS = {str(result): words for result, words in RESULTS.items()}


def _known(labels: Mapping[str, str], value: object) -> str:
    return labels.get(str(value), str(value))


def _as_is(name: str, value: object) -> str:
    listed = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{name.replace('_', ' ').capitalize()}{NBSP}: {listed}"


def _count(of: int, one: str, many: str) -> str:
    return f"{number(of)} {many if of > 1 else one}"


def _named(kind: str, id_: Any, names: Names) -> str:
    found = names.get((kind, id_))
    return found.words if found else f"{OBJECTS.get(kind, kind)} n°{NBSP}{id_}"


def _field(name: str) -> str:
    """« lots.2.title » is the title of the second lot."""
    lot, _, rest = name.removeprefix("lots.").partition(".")
    if name.startswith("lots.") and rest:
        return f"{_known(FIELDS, rest)} du lot {lot}"
    return _known(FIELDS, name)


def _fields(names: Any) -> str:
    return ", ".join(dict.fromkeys(_field(str(name)) for name in names))


def _result(side: Any, names: Names) -> str:
    what, holder = side
    label = _known(_RESULTS, what)
    return f"{label}, {_named('structure', holder, names)}" if holder else label


def _page(endpoint: Any) -> str:
    """The address of a page, as it is written in the browser but for what changes in it."""
    rules = [rule.rule for rule in current_app.url_map.iter_rules() if rule.endpoint == endpoint]
    return f"Page {_CHANGES.sub('…', rules[0])}" if rules else _as_is("page", endpoint)


_SENTENCES: Mapping[str, _Sentence] = {
    "what": lambda said, of, _: SHEETS[said].title if said in SHEETS else _known(WHAT, said),
    "administrator": lambda is_now, *_: (
        "Devient administrateur" if is_now else "N'est plus administrateur"
    ),
    "sessions": lambda n, *_: _count(n, "session fermée", "sessions fermées"),
    "rows": lambda n, *_: _count(n, "ligne", "lignes"),
    "addresses": lambda n, *_: _count(n, "adresse", "adresses"),
    "structures": lambda n, *_: _count(n, "structure", "structures"),
    "handed_on": lambda n, *_: _count(n, "dossier transmis", "dossiers transmis"),
    "kind": lambda kind, of, names: _named(kind, of.get("subject_id"), names),
    "user_id": lambda id_, _, names: _named("user", id_, names),
    "network_id": lambda id_, *_: f"Réseau n°{NBSP}{id_}",
    "network": lambda code, *_: f"Réseau {code}",
    "role": lambda role, *_: f"Rôle{NBSP}: {_known(ROLES, role)}",
    "mandate_given": lambda id_, _, names: (
        f"Mandat reçu{NBSP}: {_named('organisation', id_, names)}"
    ),
    "mandate_ended": lambda id_, _, names: (
        f"Mandat fini{NBSP}: {_named('organisation', id_, names)}"
    ),
    "is_accepted": lambda is_so, *_: "Accepté" if is_so else "Refusé",
    "means": lambda means, *_: _known(MEANS, means).capitalize(),
    "by": lambda by, *_: "À l'inscription" if by == "sign_up" else str(by),
    "fields": lambda names, *_: f"Changé{NBSP}: {_fields(names)}" if names else "",
    "field": lambda name, *_: f"Changé{NBSP}: {_field(str(name))}",
    "filters": lambda names, *_: f"Filtré par{NBSP}: {_fields(names)}" if names else "Sans filtre",
    "move": lambda move, *_: _known(_MOVES, move),
    "outcome": lambda ends, *_: f"{NBSP}; ".join(_known(_RESULTS, end) for end in ends),
    "before": lambda side, of, names: (
        f"{_result(side, names)} devient {_result(of['after'], names)}"
        if isinstance(side, list)
        else f"Auparavant{NBSP}: {_known(ROLES, side)}"
    ),
    "why": lambda why, *_: f"Raison{NBSP}: {_known(WHY, why)}",
    "page": lambda endpoint, *_: _page(endpoint),
    "status": lambda status, *_: _known(REFUSED, status),
    "asked": lambda parts, *_: f"Demandé{NBSP}: {', '.join(parts)}" if parts else "",
    "format": lambda name, *_: f"Format {str(name).upper()}",
    "unsubscribed": lambda topic, *_: f"Désabonnement{NBSP}: {_known(_TOPICS, topic)}",
    "sent": lambda sent, *_: _known(SENT, sent),
    "title": lambda title, *_: f"Titre{NBSP}: {title}",
    "holder": lambda name, *_: f"Titulaire{NBSP}: {name}",
}
