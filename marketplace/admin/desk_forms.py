"""What a facilitator says of a need under review: a decision, another targeting, a note."""

from functools import cache
from typing import NamedTuple

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.moderation.remarks import FIELDS, REJECTIONS
from marketplace.needs.lifecycle import Move
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS, Sector

LONGEST_REASON = 2_000

CHOICES = {
    Move.APPROVE: "Valider et publier",
    Move.REQUEST_CHANGES: "Demander une modification",
    Move.REJECT: "Ne pas publier sur Tandem",
}


class DecisionForm(FrenchForm):
    """For each of remarks.FIELDS, `ask_<field>` ticks it and `say_<field>` says what to change."""

    corrected = HiddenField(filters=[one_line])
    """The latest correction of its buyer that the page showed: a later one is to be read first."""
    move = RadioField(
        "Votre décision", [InputRequired("Choisissez une décision")], choices=choices_of(CHOICES)
    )
    code = SelectField(
        "Pourquoi ne pas le publier",
        choices=choices_of({"": "Choisissez un motif"} | dict(REJECTIONS)),
        validate_choice=False,
    )
    reason = TextAreaField(
        "Votre message, lu par l'acheteur",
        [Length(max=LONGEST_REASON, message="Le message dépasse 2 000 caractères")],
        filters=[cleaned],
    )

    @property
    def remarks(self) -> dict[str, str]:
        """What to change, by field: those that are ticked, or about which something is said."""
        said = {name: self[f"say_{name}"].data or "" for name in FIELDS}
        return {name: said[name] for name in FIELDS if said[name] or self[f"ask_{name}"].data}

    @property
    def pairs(self) -> list[tuple[BooleanField, TextAreaField]]:
        return [(self[f"ask_{name}"], self[f"say_{name}"]) for name in FIELDS]

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        asked = self.remarks
        if asked and self.move.data and self.move.data != Move.REQUEST_CHANGES:
            add_error(
                self.move,
                "Vous demandez des modifications champ par champ : choisissez «\u00a0Demander une "
                "modification\u00a0», ou décochez ces champs",
            )
        if self.move.data == Move.REQUEST_CHANGES:
            self._say_what(asked)
        is_rejected = self.move.data == Move.REJECT
        if (is_rejected or self.code.data) and self.code.data not in REJECTIONS:
            add_error(self.code, "Choisissez un motif dans la liste")
        if is_rejected and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que l'acheteur comprenne")
        return bool(is_valid) and not self.errors

    def _say_what(self, asked: dict[str, str]) -> None:
        for name, words in asked.items():
            if not words:
                add_error(
                    self[f"say_{name}"], f"Dites ce qui est à changer\u00a0: {FIELDS[name].label}"
                )
        if not asked and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, ou cochez les champs à changer")


for _name, _field in FIELDS.items():
    setattr(DecisionForm, f"ask_{_name}", BooleanField(_field.label))
    setattr(
        DecisionForm,
        f"say_{_name}",
        TextAreaField(
            f"{_field.label}\u00a0: ce qui est à changer",
            [Length(max=500, message="500 caractères au plus par champ")],
            filters=[cleaned],
        ),
    )


class NoteForm(FrenchForm):
    words = TextAreaField(
        "Votre note",
        [
            InputRequired("Écrivez votre note"),
            Length(max=2_000, message="2 000 caractères au plus"),
        ],
        filters=[cleaned],
    )

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if is_valid and not self.words.data:
            add_error(self.words, "Écrivez votre note")
        return bool(is_valid) and not self.errors


class SectorsOfGroup(NamedTuple):
    name: str
    sectors: tuple[Sector, ...]


@cache
def sector_groups() -> tuple[SectorsOfGroup, ...]:
    """The nomenclature, as the field of sectors shows it."""
    of_all = BY_SLUG.values()
    return tuple(
        SectorsOfGroup(group.name, tuple(one for one in of_all if one.group == group))
        for group in GROUPS
    )
