"""The forms by which employers report the hours of a month, or hand in a sheet of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_wtf.file import FileField
from wtforms import FieldList, Form, FormField, HiddenField, IntegerField, SelectField
from wtforms.validators import Optional

from marketplace.clauses.contract_tables import HourReport
from marketplace.clauses.reported import (
    AGES,
    DISTRICTS,
    PUBLICS,
    SEXES,
    WAYS,
    WORK_CONTRACTS,
    Age,
    District,
    Line,
    Public,
    Sex,
    Way,
    WorkContract,
    faults,
)
from marketplace.forms import FrenchForm, add_error, choices_of
from marketplace.web.clause_forms import MOST_HOURS, FigureField
from marketplace.web.contract_forms import decimal_of

BLANK_LINES = 3
MOST_LINES = 40
LARGEST_SHEET = 1_000_000


def version_in(said: str | None) -> int:
    """The version that a form was filled from; 0 for nonsense."""
    words = said or ""
    return int(words) if words.isascii() and words.isdigit() and len(words) < 8 else 0


class LineFields(Form):
    """People of one sort, in a report; left empty, it says nothing."""

    way = SelectField("Modalité", choices=choices_of(WAYS))
    work_contract = SelectField("Contrat de travail", choices=choices_of(WORK_CONTRACTS))
    public = SelectField("Public, critère principal", choices=choices_of(PUBLICS))
    sex = SelectField("Sexe", choices=choices_of(SEXES))
    age = SelectField("Âge", choices=choices_of(AGES), default=Age.MIDDLE.value)
    district = SelectField("Quartier d'habitation", choices=choices_of(DISTRICTS))
    hours = FigureField("Heures", [Optional()], most=MOST_HOURS)
    people = IntegerField("Personnes", [Optional()])
    new_people = IntegerField("Dont nouvelles", [Optional()])

    month: date
    """Of the report; told before it is validated."""

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate()
        if not is_valid or self.is_empty:
            return is_valid
        for name, reason in faults(self.line(), self.month):
            add_error(self[name], reason[0].upper() + reason[1:])
            is_valid = False
        return is_valid

    @property
    def is_empty(self) -> bool:
        given = (self.hours, self.people, self.new_people)
        return all(field.data is None and not field.errors for field in given)

    def line(self) -> Line:
        return Line(
            way=Way(self.way.data),
            work_contract=WorkContract(self.work_contract.data),
            public=Public(self.public.data),
            sex=Sex(self.sex.data),
            age=Age(self.age.data),
            district=District(self.district.data),
            hours=decimal_of(self.hours.data) or Decimal(0),
            people=self.people.data or 0,
            new_people=self.new_people.data or 0,
        )


class ReportForm(FrenchForm):
    """The hours of an employer in a month; `lines_told` once validated."""

    lines = FieldList(FormField(LineFields), max_entries=MOST_LINES)
    version = HiddenField()

    month: date

    def validate(self, extra_validators: object = None) -> bool:
        for entry in self.lines:
            entry.form.month = self.month
        return bool(super().validate(extra_validators))

    @property
    def seen(self) -> int:
        said = self.version.raw_data  # a form that does not say it has seen nothing
        return version_in(said[0] if said else None)

    @property
    def lines_told(self) -> list[Line]:
        return [entry.form.line() for entry in self.lines if not entry.form.is_empty]

    def more_lines(self) -> None:
        for _ in range(min(BLANK_LINES, MOST_LINES - len(self.lines))):
            self.lines.append_entry()


def report_shown(report: HourReport | None) -> dict[str, object]:
    """What a form shows of a report, lines of what may follow below."""
    told: Sequence[Any] = report.lines if report else ()
    names = ("way", "work_contract", "public", "sex", "age", "district")
    lines = [
        {name: getattr(line, name).value for name in names}
        | {"hours": float(line.hours), "people": line.people, "new_people": line.new_people}
        for line in told
    ]
    return {"lines": lines, "version": str(report.version if report else 0)}


class ImportForm(FrenchForm):
    """A sheet, as a file or as the page before it carried it on."""

    sheet = FileField("Fichier CSV ou XLSX des heures")
    content = HiddenField()
    seen = HiddenField()
    """The versions of what it takes the place of, in order of lot, employer and month."""
