"""The forms by which a structure answers: one part a lot, one field a question of the buyer."""

from collections.abc import Sequence
from typing import Any

from wtforms import (
    DateField,
    Field,
    FormField,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace.answers import wording
from marketplace.answers.answering import PartSaid, Said
from marketplace.answers.lifecycle import DeclineReason, Refusal
from marketplace.answers.tables import Answer, AnswerPart
from marketplace.forms import (
    NO_AMOUNT,
    AmountField,
    Amounts,
    FrenchForm,
    choices_of,
    cleaned,
    one_line,
)
from marketplace.needs.tables import Lot, Need

LONGEST_MESSAGE = 10_000
LONGEST_REPLY = 3_000
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]
WHOLE = "whole"
"""The part of a need without lots."""


class PartForm(FrenchForm):
    class Meta(FrenchForm.Meta):
        csrf = False  # a part of a form that is checked

    price = AmountField("Prix hors taxes", [Optional()])
    capacity = StringField(
        "Ce que vous pouvez faire",
        [Optional(), Length(max=300, message="300 caractères au plus")],
        filters=[one_line],
    )
    starts_on = DateField("Vous pouvez commencer le", [Optional()], format=DATE_FORMATS)


class AnswerForm(FrenchForm):
    """`seen` is the version of the answer that the page showed."""

    seen = HiddenField(filters=[one_line])
    message = TextAreaField(
        "Votre message",
        [Optional(), Length(max=LONGEST_MESSAGE, message="Le message dépasse 10 000 caractères")],
        filters=[cleaned],
    )

    def parts(self) -> "list[FormField[PartForm]]":
        return [field for field in self if isinstance(field, FormField)]

    def questions(self) -> list[TextAreaField]:
        return [field for field in self if field.short_name.startswith("question_")]

    def field_of(self, why: Refusal) -> Field | None:
        """Where to put right what is refused; None when no field can."""
        parts = self.parts()
        if why is Refusal.EMPTY and parts:
            return parts[0].form.price
        return self.message if why is Refusal.SAYS_NOTHING else None

    def seen_version(self) -> int:
        return int(self.seen.data) if (self.seen.data or "").isdecimal() else 0

    def said(self) -> Said:
        return Said(
            message=self.message.data or "",
            parts=[_part_said(field) for field in self.parts()],
            replies={
                int(field.short_name.removeprefix("question_")): field.data or ""
                for field in self.questions()
            },
        )


def _part_said(field: "FormField[PartForm]") -> PartSaid:
    amounts = field.form.price.data or NO_AMOUNT
    name = field.short_name
    return PartSaid(
        lot_id=None if name == WHOLE else int(name.removeprefix("lot_")),
        price_min=amounts.least,
        price_max=amounts.most,
        capacity=field.form.capacity.data or "",
        starts_on=field.form.starts_on.data,
    )


def answer_form(
    need: Need, answer: Answer | None, open_lots: Sequence[Lot] | None = None
) -> AnswerForm:
    """The form of this need, filled with what the structure wrote so far; `open_lots` are those
    that it may answer, when these are not all."""
    fields: dict[str, Any] = {}
    if need.lots:
        for lot in need.open_lots if open_lots is None else open_lots:
            fields[f"lot_{lot.id}"] = FormField(PartForm, f"Lot {lot.number}\u00a0: {lot.title}")
    else:
        fields[WHOLE] = FormField(PartForm, "Votre proposition")
    for question in need.questions:
        fields[f"question_{question.id}"] = TextAreaField(
            question.words,
            [Optional(), Length(max=LONGEST_REPLY, message="La réponse dépasse 3 000 caractères")],
            filters=[cleaned],
        )
    form: AnswerForm = type("FormOfNeed", (AnswerForm,), fields)(data=_written(answer))
    return form


def _written(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"seen": "0"}
    written: dict[str, Any] = {"seen": str(answer.version), "message": answer.message}
    for part in answer.parts:
        written[WHOLE if part.lot_id is None else f"lot_{part.lot_id}"] = _part_written(part)
    for reply in answer.replies:
        written[f"question_{reply.question_id}"] = reply.words
    return written


def _part_written(part: AnswerPart) -> dict[str, Any]:
    return {
        "price": Amounts(part.price_min, part.price_max),
        "capacity": part.capacity,
        "starts_on": part.starts_on,
    }


class DeclineForm(FrenchForm):
    reason = RadioField(
        "Pour quelle raison\u00a0?",
        [InputRequired("Choisissez une raison\u00a0: elle aide l'acheteur à revoir son besoin")],
        choices=choices_of(wording.DECLINES),
    )
    words = TextAreaField(
        "Précisions",
        [Optional(), Length(max=1000, message="Les précisions dépassent 1 000 caractères")],
        filters=[cleaned],
    )

    def code(self) -> DeclineReason:
        return DeclineReason(self.reason.data)
