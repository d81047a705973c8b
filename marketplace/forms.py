"""What the forms of all faces share: French messages, and cleaned words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from flask import abort, request
from flask_wtf import FlaskForm
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from wtforms import Field, StringField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, Length
from wtforms.widgets import TextInput

from marketplace import formats, siret

E = TypeVar("E", bound=Enum)
Row = TypeVarTuple("Row")

FARTHEST_PAGE = 10_000
MOST_EUROS = 10_000_000_000


CHOOSE = "Choisissez une des réponses proposées"
SENTENCES = {
    "Not a valid choice.": CHOOSE,
    "Invalid Choice: could not coerce.": CHOOSE,
    "Invalid Choice(s): one or more data inputs could not be coerced.": CHOOSE,
    "'%(value)s' is not a valid choice for this field.": CHOOSE,
    "Not a valid date value.": "Donnez une date comme 24/12/2026",
    "Not a valid integer value.": "Donnez un nombre entier, par exemple 12",
    "Not a valid decimal value.": "Donnez un nombre, par exemple 12,5",
    "This field is required.": "Répondez à cette question",
}
"""What people are told to do, for what a field says by itself when it is not overruled."""


class _Sentences:
    """These, then WTForms' own French."""

    def __init__(self) -> None:
        self._others = get_translations(["fr"])

    def gettext(self, string: str) -> str:
        return SENTENCES.get(string) or str(self._others.gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return SENTENCES.get(singular) or str(self._others.ngettext(singular, plural, n))


_sentences = _Sentences()


class FrenchForm(FlaskForm):
    """WTForms' own messages in French; texts lose what no one can see."""

    class Meta(FlaskForm.Meta):
        locales = ("fr",)

        def get_translations(self, form: Any) -> _Sentences:
            return _sentences


def cleaned(words: str | None) -> str:
    """Without null bytes, marks that turn the direction of writing, nor outer spaces."""
    lines = (words or "").replace("\r\n", "\n")
    spaced = "".join(" " if c.isspace() and c not in "\n\t" else c for c in lines)
    return "".join(c for c in spaced if c.isprintable() or c in "\n\t").strip()


def one_line(words: str | None) -> str:
    return " ".join(cleaned(words).split())


def add_error(field: Field, message: str) -> None:
    """Say what is wrong beside a field, after validation."""
    errors: Sequence[Any] = field.errors
    field.errors = [*errors, message]


def choices_of(labels: Mapping[Any, str]) -> list[SelectChoice]:
    """The choices of a field, from the label of each value."""
    return [SelectChoice(value, label) for value, label in labels.items()]


def pressed(name: str, *offered: str) -> str:
    """Which of its buttons a form was sent by, empty for none; a 400 for one that it lacks."""
    said = request.form.get(name, "")
    if said and said not in offered:
        abort(400)
    return said


def page_asked() -> int:
    """The page of a list that the address asks for, from 1, never farther than a database can
    count."""
    return min(max(1, request.args.get("page", 1, type=int)), FARTHEST_PAGE)


def one_of(kind: type[E], name: str) -> E | None:
    """What a filter of the address chooses; None for all, and for nonsense."""
    try:
        return kind(request.args.get(name, ""))
    except ValueError:
        return None


@dataclass(frozen=True)
class Paging:
    """Which rows of a list are on the page asked for: the last one, when it lies farther."""

    total: int
    page: int
    per_page: int

    def of(self, wanted: Select[*Row]) -> Select[*Row]:
        return wanted.limit(self.per_page).offset((self.page - 1) * self.per_page)


def paging(
    session: Session, wanted: Select[*Row], per_page: int, total: int | None = None
) -> Paging:
    """`total`: how many rows there are, where that is known already."""
    if total is None:
        counted = select(func.count()).select_from(wanted.order_by(None).subquery())
        total = session.scalar(counted) or 0
    return Paging(total, min(page_asked(), max(1, -(-total // per_page))), per_page)


class Amounts(NamedTuple):
    """Euros, the least and the most; equal when the amount is exact, None where it is open."""

    least: Decimal | None
    most: Decimal | None


NO_AMOUNT = Amounts(None, None)


class AmountField(Field):
    """Euros as people type them: « 12 000,50 € », « 12k », « de 40 000 à 60 000 »."""

    widget = TextInput()
    illegible = (
        "Montant illisible\u00a0: donnez un nombre d'euros ou une fourchette, par exemple "
        "12 000,50 ou 40 000 à 60 000"
    )

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = NO_AMOUNT
        words = one_line(valuelist[0]) if valuelist else ""
        if not words:
            return
        try:
            self.data = Amounts(*formats.euros_read(words))
        except ValueError:
            raise ValueError(self.illegible) from None

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            return
        for amount in self.data or NO_AMOUNT:
            if amount is not None and amount <= 0:
                raise ValidationError("Le montant est plus grand que zéro")
            if amount is not None and amount > MOST_EUROS:
                raise ValidationError("Le montant dépasse dix milliards d'euros")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return formats.euros_range(*(self.data or NO_AMOUNT))


class ExactAmountField(AmountField):
    """The same for what is signed: no range."""

    illegible = "Montant illisible\u00a0: donnez un nombre d'euros, par exemple 12 000,50"

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        amounts = self.data or NO_AMOUNT
        if amounts.least != amounts.most:
            raise ValidationError("Donnez un montant exact, par exemple 12 000,50")

    def _value(self) -> str:
        """The figure alone: the field says beside it that these are euros."""
        said = super()._value()
        return said if self.raw_data else said.removesuffix("€").rstrip()


class SiretForm(FrenchForm):
    """Looks an establishment up; `number` is its SIRET once validated."""

    siret = StringField(
        "SIRET",
        [InputRequired("Saisissez le SIRET, par exemple 212 500 565 00016"), Length(max=60)],
        filters=[one_line],
    )

    class Meta(FrenchForm.Meta):
        csrf = False

    number = ""

    def validate_siret(self, field: StringField) -> None:
        try:
            self.number = siret.checked(field.data)
        except siret.WrongSiret as error:
            raise ValidationError(f"{error}"[0].upper() + f"{error}"[1:]) from error
