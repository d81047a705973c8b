"""The forms of the hours calculator and of the lever advisor. Both only ask: they are GET."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import (
    DateField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import TextInput

from marketplace import clock
from marketplace.accounts.wording import ORGANISATION_KINDS
from marketplace.clauses.calculating import Calculation
from marketplace.clauses.contract_words import NATURES
from marketplace.clauses.hours import Line
from marketplace.clauses.texts import PROGRAMMES, programme_label
from marketplace.clauses.trades import trade_of, trades
from marketplace.formats import exact_number, number
from marketplace.forms import (
    NO_AMOUNT,
    AmountField,
    FrenchForm,
    add_error,
    choices_of,
    one_line,
)
from marketplace.needs.tables import Lot, Need
from marketplace.needs.thresholds import SERVICES
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer

MOST_LINES = 12
MOST_HOURS = 10_000_000
PERCENT = 100
DATE_FORMATS = ["%d/%m/%Y", "%Y-%m-%d"]
COST_KINDS = {
    "wage": "un salaire chargé (salaire et cotisations)",
    "price": "un prix de vente (frais de l'entreprise compris)",
}


class FigureField(Field):
    """A positive number as people type it: « 5 », « 5,5 % », « 1 250 »."""

    widget = TextInput()

    def __init__(self, label: str, validators: Any = None, most: float = PERCENT, **more: Any):
        super().__init__(label, validators, **more)
        self.most = most

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        words = one_line(valuelist[0]) if valuelist else ""
        bare = words.replace(" ", "").rstrip("%€h").replace(",", ".")
        if not bare:
            return
        try:
            value = Decimal(bare) if len(bare) < 20 else None
        except InvalidOperation:
            value = None
        if value is None or not value.is_finite():
            raise ValueError("Donnez un nombre, par exemple 5 ou 5,5")
        self.data = float(value)

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not 0 <= self.data <= self.most:
            raise ValidationError(f"Donnez un nombre entre 0 et {number(self.most)}")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else exact_number(self.data)


class LineForm(FrenchForm):
    """A contract, or one of its lots."""

    class Meta(FrenchForm.Meta):
        csrf = False

    title = StringField(
        "Intitulé",
        [Optional(), Length(max=200, message="200 caractères au plus")],
        filters=[one_line],
    )
    trade = SelectField("Métier", default="")
    amount = AmountField("Montant hors taxes")
    share = FigureField("Part de main-d'œuvre dans le prix")
    taken_over = FigureField("Heures du personnel repris", most=MOST_HOURS)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        known = {code: trade.label for code, trade in trades().items()}
        self.trade.choices = choices_of({"": "Choisir, pour une part proposée"} | known)

    def validate_amount(self, field: AmountField) -> None:
        if field.data in (None, NO_AMOUNT):
            raise ValidationError("Donnez le montant de ce marché ou de ce lot")

    def validate_share(self, field: FigureField) -> None:
        if field.data is None and self.trade.data not in trades():
            raise ValidationError("Donnez la part de main-d'œuvre, ou choisissez un métier")

    @property
    def labour_share(self) -> float:
        if self.share.data is not None:
            return float(self.share.data) / PERCENT
        return trades()[self.trade.data].proposed


class CalculatorForm(FrenchForm):
    """`calculation` once validated."""

    class Meta(FrenchForm.Meta):
        csrf = False

    lines = FieldList(FormField(LineForm), min_entries=1, max_entries=MOST_LINES)
    programme = RadioField(
        "Programme",
        choices=choices_of(
            {"other": "Autre marché"} | {code: programme_label(code) for code in PROGRAMMES}
        ),
        default="other",
    )
    rate = FigureField("Taux d'insertion, en part des heures travaillées")
    cost = FigureField("Coût d'une heure", [InputRequired("Donnez le coût d'une heure")], most=1000)
    cost_kind = RadioField("Ce coût est", choices=choices_of(COST_KINDS), default="price")
    cost_on = DateField("Valeur au", [Optional()], format=DATE_FORMATS)
    months = IntegerField(
        "Durée du marché",
        [Optional(), NumberRange(1, 120, "La durée est un nombre de mois, de 1 à 120")],
    )
    people = IntegerField(
        "Personnes en insertion prévues",
        [Optional(), NumberRange(1, 100_000, f"Donnez un nombre entre 1 et {number(100_000)}")],
    )

    def validate_rate(self, field: FigureField) -> None:
        if field.data is None and self.programme.data not in PROGRAMMES:
            raise ValidationError("Donnez le taux, par exemple 5")

    def validate_cost_on(self, field: DateField) -> None:
        if field.data is not None and field.data > clock.today():
            raise ValidationError("Donnez une date passée\u00a0: celle où ce coût était connu")

    def validate_cost(self, field: FigureField) -> None:
        if field.data == 0:
            raise ValidationError("Le coût d'une heure est plus grand que zéro")

    @property
    def asked_rate(self) -> float:
        if self.rate.data is not None:
            return float(self.rate.data) / PERCENT
        return PROGRAMMES[self.programme.data][0]

    @property
    def calculation(self) -> Calculation:
        return Calculation(
            lines=tuple(self._line(entry.form) for entry in self.lines),
            trades=tuple(entry.form.trade.data or "" for entry in self.lines),
            cost_kind=self.cost_kind.data,
            cost_on=self.cost_on.data,
            months=self.months.data,
            people=self.people.data,
        )

    def _line(self, line: LineForm) -> Line:
        return Line(
            amount=float(line.amount.data.most or line.amount.data.least or 0),
            labour_share=line.labour_share,
            rate=self.asked_rate,
            hourly_cost=float(self.cost.data or 0),
            taken_over=float(line.taken_over.data or 0),
            title=line.title.data or "",
        )

    def more_lines(self) -> None:
        """One more lot, as long as there may be."""
        if len(self.lines) < MOST_LINES:
            self.lines.append_entry()
        else:
            add_error(self.lines[-1].form.amount, f"Un calcul a {MOST_LINES} lots au plus")


def prefilled(calculation: Calculation) -> dict[str, Any]:
    """What a form shows of a calculation already made."""
    first = calculation.lines[0]
    return {
        "lines": [
            {
                "title": line.title,
                "trade": trade,
                "amount": _exact(line.amount),
                "share": line.labour_share * PERCENT,
                "taken_over": line.taken_over or None,
            }
            for line, trade in zip(calculation.lines, calculation.trades, strict=True)
        ],
        "rate": first.rate * PERCENT,
        "cost": first.hourly_cost,
        "cost_kind": calculation.cost_kind,
        "cost_on": calculation.cost_on,
        "months": calculation.months,
        "people": calculation.people,
    }


def proposed(need: Need) -> dict[str, Any]:
    """What a form shows first for a need: its lots and amounts, the trade of their sectors. What
    an hour costs is an order of magnitude, of no date."""
    parts: Sequence[Need | Lot] = need.kept_lots or [need]
    lines = []
    for part in parts:
        trade = trade_of([sector.sector_slug for sector in part.sectors])
        most = part.amount_max if part.amount_max is not None else part.amount_min
        lines.append(
            {
                "title": part.title,
                "trade": trade.code if trade else "",
                "amount": _exact(most) if most is not None else None,
                "share": trade.proposed * PERCENT if trade else None,
            }
        )
    return {"lines": lines, "rate": 5, "cost": 38, "months": need.duration_months}


def _exact(amount: float | Decimal) -> tuple[Decimal, Decimal]:
    exact = round(Decimal(str(amount)), 2)
    return exact, exact


class LeverForm(FrenchForm):
    """What the advisor is told of a purchase. Asked for without anything, it says nothing yet.

    `place`: the code of what `where` names, once validated; the country for nothing.
    """

    class Meta(FrenchForm.Meta):
        csrf = False

    nature = RadioField("Vous achetez", choices=choices_of(NATURES), default="services")
    buyer = SelectField("Vous êtes", choices=choices_of(ORGANISATION_KINDS), default="commune")
    amount = AmountField("Montant estimé, hors taxes")
    what = StringField("Ce que vous cherchez", [Optional(), Length(max=200)], filters=[one_line])
    where = StringField("Où", [Optional(), Length(max=200)], filters=[one_line])
    lots = IntegerField(
        "Nombre de lots", [Optional(), NumberRange(0, 200, "Donnez un nombre entre 0 et 200")]
    )
    is_social = RadioField(
        "Est-ce un service social, de santé, de culture ou d'éducation\u00a0?",
        choices=choices_of({"no": "Non", "yes": "Oui"}),
        default="no",
    )

    def __init__(self, said: Any, places: Gazetteer) -> None:
        super().__init__(said)
        self._places = places
        self.place = COUNTRY

    def validate_where(self, field: StringField) -> None:
        if not field.data:
            return
        code = naming.zone_named(self._places, field.data)
        if code is None:
            raise ValidationError(
                "Lieu inconnu\u00a0: donnez une commune, un département ou une région"
            )
        self.place = code

    @property
    def is_social_service(self) -> bool:
        return self.nature.data == SERVICES and self.is_social.data == "yes"
