"""Figures of the clause's forms: what is shown is what comes back."""

from decimal import Decimal

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form

from marketplace.web.clause_forms import MOST_HOURS, CalculatorForm, FigureField
from marketplace.web.contract_forms import decimal_of


class OneForm(Form):
    hours = FigureField("Heures", most=MOST_HOURS)


def shown(value: float) -> str:
    return str(OneForm(data={"hours": value}).hours._value())


@settings(max_examples=300)
@given(st.decimals(min_value=0, max_value=MOST_HOURS, places=2))
def test_a_decimal_that_is_shown_and_sent_back_untouched_is_the_same(hours: Decimal) -> None:
    form = OneForm(MultiDict({"hours": shown(float(hours))}))
    assert form.validate()
    assert decimal_of(form.hours.data) == hours


def test_hours_are_shown_as_in_french_whatever_their_size(app: Flask) -> None:
    assert shown(35_000.75) == "35\u202f000,75"
    assert shown(1_052_072.25) == "1\u202f052\u202f072,25"
    form = OneForm(MultiDict({"hours": "10000001"}))
    assert not form.validate()
    assert form.hours.errors == ["Donnez un nombre entre 0 et 10\u202f000\u202f000"]


def test_what_a_calculator_refuses_is_said_in_our_french(app: Flask) -> None:
    with app.test_request_context():
        said = MultiDict({"lines-0-trade": "🙂", "people": "100001", "months": "121", "cost": "38"})
        form = CalculatorForm(said)
        assert not form.validate()
        assert form.lines[0].form.trade.errors == ["Choisissez une des réponses proposées"]
        assert form.people.errors == ["Donnez un nombre entre 1 et 100\u202f000"]
        assert form.months.errors == ["La durée est un nombre de mois, de 1 à 120"]
