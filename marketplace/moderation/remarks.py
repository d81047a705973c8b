"""What a desk asks to change in a need, field by field, and why it would publish none. Pure."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Step = Literal["what", "lots", "where", "how"]


class Field(NamedTuple):
    """`step`: the step of the form where it is changed."""

    label: str
    step: Step


FIELDS: Mapping[str, Field] = {
    "title": Field("Titre", "what"),
    "description": Field("Description", "what"),
    "sectors": Field("Secteurs", "what"),
    "amount": Field("Montant", "what"),
    "files": Field("Fichiers joints", "what"),
    "lots": Field("Lots", "lots"),
    "place": Field("Lieu", "where"),
    "deadline_on": Field("Date limite des réponses", "where"),
    "schedule": Field("Début et durée du travail", "where"),
    "kinds": Field("Structures admises", "how"),
    "response": Field("Façon de répondre", "how"),
    "questions": Field("Questions aux structures", "how"),
    "lever": Field("Levier social", "how"),
}
"""In the order of the form. A key, once written in a row, stays."""

REJECTIONS: Mapping[str, str] = {
    "no_supplier": "Aucune structure inclusive ne peut y répondre",
    "too_vague": "Le besoin reste trop imprécis",
    "too_late": "Le délai de réponse est trop court",
    "duplicate": "Ce besoin est déjà sur Tandem",
    "out_of_scope": "Ce n'est pas un achat public",
    "elsewhere": "Un autre service s'en occupe",
    "other": "Autre motif",
}
"""Why a need is not published on Tandem. A code, once written in a row, stays."""


def in_order(remarks: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The field, its label and the words of each remark, in the order of the form."""
    return [(name, FIELDS[name].label, remarks[name]) for name in FIELDS if name in remarks]


def in_words(reason: str, remarks: Mapping[str, str]) -> str:
    """The whole request as one text, for a history."""
    lines = [f"{label}\u00a0: {words}" for _, label, words in in_order(remarks)]
    return "\n".join(filter(None, [reason, *lines]))


def rejection_in_words(code: str, reason: str) -> str:
    """« Ce besoin est déjà sur Tandem. Voyez celui du 3 mars. »"""
    known = REJECTIONS.get(code, "") if code != "other" else ""
    return f"{known}. {reason}" if known and reason else known or reason
