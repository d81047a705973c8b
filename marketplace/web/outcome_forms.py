"""The forms by which a buyer says what came of its need: one part a lot, one reason a structure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from wtforms import FormField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from marketplace import siret
from marketplace.answers import wording
from marketplace.answers.lifecycle import Decided, Result
from marketplace.forms import (
    NO_AMOUNT,
    Amounts,
    ExactAmountField,
    FrenchForm,
    add_error,
    choices_of,
    cleaned,
    one_line,
)
from marketplace.needs.tables import Lot
from marketplace.structures.tables import Structure

LATER = "later"
ELSEWHERE = "0"
WHOLE = "L'issue du besoin"
OWN = "own_"
LONG_REASON = Length(max=2000, message="Le motif dépasse 2 000 caractères")


class OutcomeForm(FrenchForm):
    """What comes of one lot, or of a need without lots."""

    class Meta(FrenchForm.Meta):
        csrf = False  # a part of a form that is checked

    result = RadioField("Quelle est l'issue\u00a0?", [InputRequired("Choisissez une issue")])
    holder = SelectField("Titulaire", [Optional()])
    holder_name = StringField(
        "Nom de l'entreprise, si elle n'a pas répondu sur Tandem",
        [Optional(), Length(max=200, message="200 caractères au plus")],
        filters=[one_line],
    )
    holder_siret = StringField("Son SIRET", [Optional(), Length(max=60)], filters=[one_line])
    amount = ExactAmountField("Montant hors taxes", [Optional()])
    reason = TextAreaField("Motif", [Optional(), LONG_REASON], filters=[cleaned])

    def validate_holder_siret(self, field: StringField) -> None:
        if field.data:
            try:
                field.data = siret.checked(field.data)
            except siret.WrongSiret as error:
                raise ValidationError(f"{error}"[0].upper() + f"{error}"[1:]) from error

    def check_holder(self) -> bool:
        """Who holds what is awarded has to be said, and once."""
        if self.result.data != Result.AWARDED:
            return True
        is_structure = self.holder.data not in (None, "", ELSEWHERE)
        if is_structure and self.holder_name.data:
            add_error(
                self.holder_name,
                "Choisissez une structure, ou nommez une autre entreprise\u00a0: pas les deux",
            )
        elif not is_structure and not self.holder_name.data:
            add_error(self.holder, "Choisissez le titulaire, ou donnez le nom de l'entreprise")
        return not self.errors

    def decided(self, lot_id: int | None) -> Decided:
        result = Result(self.result.data)
        is_awarded = result is Result.AWARDED
        chosen = self.holder.data or ELSEWHERE
        is_ours = is_awarded and chosen != ELSEWHERE
        amount: Decimal | None = (self.amount.data or NO_AMOUNT).least
        return Decided(
            lot_id=lot_id,
            result=result,
            structure_id=int(chosen) if is_ours else None,
            holder_name=(self.holder_name.data or "") if is_awarded and not is_ours else "",
            holder_siret=(self.holder_siret.data or "") if is_awarded and not is_ours else "",
            amount=amount if is_awarded else None,
            reason=self.reason.data or "",
        )


class OutcomesForm(FrenchForm):
    """Parts, then one reason for each structure alone, asked where who is told is shown."""

    def parts(self) -> "list[FormField[OutcomeForm]]":
        return [field for field in self if isinstance(field, FormField)]

    def reason_for(self, structure_id: int) -> TextAreaField:
        return self[f"{OWN}{structure_id}"]

    def own_reasons(self) -> dict[int, str]:
        return {
            int(field.short_name.removeprefix(OWN)): field.data
            for field in self
            if field.short_name.startswith(OWN) and field.data
        }

    def decided(self) -> list[Decided]:
        return [
            part.form.decided(_lot_id(part.short_name))
            for part in self.parts()
            if part.form.result.data != LATER
        ]

    def check(self) -> bool:
        """What concerns several fields; all that is wrong is told at once."""
        wrong = [part for part in self.parts() if not part.form.check_holder()]
        if not wrong and not self.decided():
            add_error(self.parts()[0].form.result, "Choisissez l'issue d'un lot au moins")
            return False
        return not wrong


class CorrectionForm(OutcomesForm):
    why = TextAreaField(
        "Pourquoi corrigez-vous\u00a0?",
        [
            InputRequired("Dites pourquoi\u00a0: les structures concernées le lisent"),
            LONG_REASON,
        ],
        filters=[cleaned],
    )


class SurveyForm(FrenchForm):
    helped = RadioField(
        "Tandem vous a-t-il été utile pour ce besoin\u00a0?",
        [InputRequired("Choisissez une réponse")],
        choices=choices_of(wording.HELPED),
    )
    comment = TextAreaField(
        "Pourquoi\u00a0?",
        [Optional(), Length(max=1000, message="1 000 caractères au plus")],
        filters=[cleaned],
    )


def outcomes_form(lots: Iterable[Lot], structures: Iterable[Structure]) -> OutcomesForm:
    """One part a lot that waits, or one for a need without lots."""
    waiting = list(lots)
    named = {f"lot_{lot.id}": part_name(lot) for lot in waiting} or {"whole": WHOLE}
    return _form(OutcomesForm, named, list(structures), may_wait=bool(waiting))


def correction_form(
    lot: Lot | None, structures: Iterable[Structure], before: Decided, own: Mapping[int, str]
) -> CorrectionForm:
    """The part of one lot, as it was recorded."""
    name = f"lot_{lot.id}" if lot else "whole"
    holder = ELSEWHERE if before.holder_name else ""
    written = {
        "result": before.result.value,
        "holder": str(before.structure_id) if before.structure_id else holder,
        "holder_name": before.holder_name,
        "holder_siret": before.holder_siret,
        "amount": Amounts(before.amount, before.amount),
        "reason": before.reason,
    }
    data = {name: written} | {f"{OWN}{key}": words for key, words in own.items()}
    named = {name: part_name(lot) if lot else WHOLE}
    form = _form(CorrectionForm, named, list(structures), may_wait=False, data=data)
    assert isinstance(form, CorrectionForm)  # noqa: S101 - for the type checker
    return form


def part_name(lot: Lot) -> str:
    return f"Lot {lot.number}\u00a0: {lot.title}"


def _form(
    kind: type[OutcomesForm],
    named: Mapping[str, str],
    structures: list[Structure],
    *,
    may_wait: bool,
    data: dict[str, Any] | None = None,
) -> OutcomesForm:
    fields: dict[str, Any] = {name: FormField(OutcomeForm, label) for name, label in named.items()}
    for one in structures:
        fields[f"{OWN}{one.id}"] = TextAreaField(
            f"Un motif pour {one.display_name} seule", [Optional(), LONG_REASON], filters=[cleaned]
        )
    form: OutcomesForm = type("FormOfNeed", (kind,), fields)(data=data)
    results: dict[str, str] = {key.value: words for key, words in wording.RESULTS.items()}
    if may_wait:
        results[LATER] = "Pas encore décidé"
    holders = {"": "Choisissez"} | {str(one.id): one.display_name for one in structures}
    holders[ELSEWHERE] = "Une autre entreprise"
    for part in form.parts():
        if may_wait and len(named) > 1:
            about = part.label.text.split("\u00a0:")[0]
            part.form.result.validators = [InputRequired(f"{about}\u00a0: choisissez une issue")]
        part.form.result.choices = choices_of(results)
        part.form.holder.choices = choices_of(holders)
    return form


def _lot_id(name: str) -> int | None:
    return int(name.removeprefix("lot_")) if name.startswith("lot_") else None
