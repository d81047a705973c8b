"""The forms of groups that answer together: whom to ask, who takes what, who goes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import (
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import TextInput

from marketplace.answers.consortia import FORMS, FORMS_MEAN, HUNDRED, LegalForm, ShareMode
from marketplace.answers.consortium_queries import living_members
from marketplace.answers.consortium_tables import Consortium
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.needs.tables import GroupRule
from marketplace.structures.tables import Structure

FORM_CHOICES = {form: f"{FORMS[form]}\u00a0: {FORMS_MEAN[form]}" for form in LegalForm}
MODES = {
    ShareMode.LOTS: "Par lot\u00a0: chacun revient à une structure, ou se partage",
    ShareMode.PERCENT: "En pourcentage du tout",
}
SHARED = "shared"
"""Said of a lot that several take, instead of a structure."""
RULES = {
    GroupRule.ALLOWED: "Oui, sans remarque",
    GroupRule.WARNED: "Oui, mais je veux le savoir",
    GroupRule.REFUSED: "Non",
}


class StartForm(FrenchForm):
    lead = RadioField("Qui mène le groupement\u00a0?", [InputRequired("Choisissez le mandataire")])
    partners = SelectMultipleField("Avec quelles structures\u00a0?", [Optional()], default=[])
    siret = StringField(
        "Une autre structure, par son SIRET",
        [Optional(), Length(max=20, message="Un SIRET a 14 chiffres")],
        filters=[one_line],
    )
    form = RadioField(
        "Forme du groupement",
        [InputRequired("Choisissez une forme")],
        choices=choices_of(FORM_CHOICES),
        default=LegalForm.SEVERAL.value,
    )

    def legal_form(self) -> LegalForm:
        return LegalForm(self.form.data)


def start_form(
    leads: Mapping[str, str], partners: Mapping[str, str], chosen: Mapping[str, object]
) -> StartForm:
    """`leads` and `partners`: what each is called, by the slug of the structure."""
    form = StartForm(data=chosen)
    form.lead.choices = choices_of(leads)
    form.partners.choices = choices_of(partners)
    if len(leads) == 1 and not form.lead.data:
        form.lead.data = next(iter(leads))
    return form


class PercentField(Field):
    """« 33,34 », « 33.34 % »: a hundredth of a per cent at the finest."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist else ""
        words = "".join(typed.replace("%", "").split()).replace(",", ".")
        self.data = None
        if not words:
            return
        try:
            said = Decimal(words) if len(words) <= 20 else Decimal("NaN")
        except InvalidOperation:
            said = Decimal("NaN")
        exponent = said.as_tuple().exponent
        if not said.is_finite() or not isinstance(exponent, int) or not 0 <= said <= 100:
            raise ValidationError("Donnez un nombre de 0 à 100, comme 33,34")
        if exponent < -2:
            raise ValidationError("Deux chiffres après la virgule au plus")
        self.data = said

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data.normalize():f}".replace(".", ",")


class TermsForm(FrenchForm):
    form = RadioField(
        "Forme du groupement",
        [InputRequired("Choisissez une forme")],
        choices=choices_of(FORM_CHOICES),
    )
    mode = RadioField(
        "Comment partagez-vous le travail\u00a0?",
        [InputRequired("Choisissez")],
        choices=choices_of(MODES),
    )

    def legal_form(self) -> LegalForm:
        return LegalForm(self.form.data)

    def lot_fields(self) -> list[tuple[SelectField, list[PercentField]]]:
        """Of each lot, who takes it; and the share of each structure, when several do."""
        return [
            (one, [part for part in self if part.short_name.startswith(f"part_{one.short_name}_")])
            for one in self
            if one.short_name.startswith("lot_")
        ]

    def percent_fields(self) -> list[PercentField]:
        return [one for one in self if one.short_name.startswith("percent_")]

    def lots(self) -> dict[int, dict[int, Decimal]]:
        return {
            int(one.short_name.removeprefix("lot_")): _parts(parts)
            if one.data == SHARED
            else {int(one.data): HUNDRED}
            for one, parts in self.lot_fields()
            if one.data
        }

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        is_valid = super().validate(extra_validators)
        for one, parts in self.lot_fields():
            total = sum(_parts(parts).values(), Decimal(0))
            is_shared = self.mode.data == ShareMode.LOTS and one.data == SHARED
            if is_shared and total != HUNDRED and not any(part.errors for part in parts):
                said = f"{total.normalize():f}".replace(".", ",")
                add_error(
                    one, f"Ses parts font {said}\u00a0%\u00a0: il en faut 100\u00a0% exactement"
                )
                is_valid = False
        return is_valid

    def percents(self) -> dict[int, Decimal]:
        return {
            int(one.short_name.removeprefix("percent_")): one.data
            for one in self.percent_fields()
            if one.data
        }


def _parts(parts: Sequence[PercentField]) -> dict[int, Decimal]:
    return {int(one.short_name.rpartition("_")[2]): one.data for one in parts if one.data}


def terms_form(group: Consortium) -> TermsForm:
    """A field for each lot and for each member, filled with what is settled."""
    members = [member.structure for member in living_members(group)]
    fields: dict[str, Any] = {}
    written: dict[str, Any] = {"form": group.form.value, "mode": group.share_mode.value}
    taken = {(row.lot_id, row.structure_id): row.percent for row in group.shares if row.lot_id}
    percents = {row.structure_id: row.percent for row in group.shares if row.lot_id is None}
    takers = {"": "Personne\u00a0: nous n'y répondons pas"}
    takers |= {str(one.id): one.display_name for one in members}
    takers |= {SHARED: "Plusieurs structures se le partagent"}
    for lot in group.need.open_lots:
        label = f"Lot {lot.number}\u00a0: {lot.title}"
        fields[f"lot_{lot.id}"] = SelectField(label, [Optional()], choices=choices_of(takers))
        own = [(of, percent) for (of_lot, of), percent in taken.items() if of_lot == lot.id]
        written[f"lot_{lot.id}"] = SHARED if len(own) > 1 else str(own[0][0]) if own else ""
        for one in members:
            name = f"part_lot_{lot.id}_{one.id}"
            fields[name] = PercentField(one.display_name, [Optional()])
            written[name] = taken.get((lot.id, one.id)) if len(own) > 1 else None
    for one in members:
        fields[f"percent_{one.id}"] = PercentField(one.display_name, [Optional()])
        written[f"percent_{one.id}"] = percents.get(one.id)
    if not group.need.lots:
        written["mode"] = ShareMode.PERCENT.value
    form: TermsForm = type("TermsOfGroup", (TermsForm,), fields)(data=written)
    if not group.need.lots:
        form.mode.choices = choices_of({ShareMode.PERCENT: MODES[ShareMode.PERCENT]})
    return form


class SayForm(FrenchForm):
    words = TextAreaField(
        "Votre message",
        [
            InputRequired("Écrivez votre message"),
            Length(max=10_000, message="Le message dépasse 10 000 caractères"),
        ],
        filters=[cleaned],
    )


class ReleaseForm(FrenchForm):
    gone = SelectField("Quelle structure part\u00a0?", [InputRequired("Choisissez une structure")])
    taker = SelectField("Qui prend sa part\u00a0?", [InputRequired("Choisissez une structure")])
    reason = TextAreaField(
        "Motif, lu par le groupement",
        [
            InputRequired("Dites pourquoi\u00a0: liquidation, défaillance…"),
            Length(max=1000, message="1 000 caractères au plus"),
        ],
        filters=[cleaned],
    )

    def validate_taker(self, field: SelectField) -> None:
        if field.data == self.gone.data:
            raise ValidationError("Une autre structure doit prendre la part")


def release_form(structures: Sequence[Structure]) -> ReleaseForm:
    form = ReleaseForm()
    choices = choices_of({one.slug: one.display_name for one in structures})
    form.gone.choices = form.taker.choices = choices
    return form


class RuleForm(FrenchForm):
    rule = RadioField(
        "Une structure peut-elle être dans deux groupements, ou répondre aussi seule\u00a0?",
        [InputRequired("Choisissez")],
        choices=choices_of(RULES),
    )

    def chosen(self) -> GroupRule:
        return GroupRule(self.rule.data)
