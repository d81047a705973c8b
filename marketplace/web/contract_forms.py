"""The forms of contracts with a social clause, of their employers and of the hours of a month."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from wtforms import (
    DateField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace import siret
from marketplace.accounts.addresses import is_address
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    Programme,
)
from marketplace.clauses.contract_words import LEVERS, NATURES
from marketplace.clauses.contracting import EmployerTold, LotTold
from marketplace.clauses.reported import (
    EMPLOYER_KINDS,
    MOST_PEOPLE,
    ORDINARY,
    PROGRAMMES,
    ROLES,
    EmployerRole,
)
from marketplace.forms import (
    ExactAmountField,
    FrenchForm,
    choices_of,
    cleaned,
    one_line,
)
from marketplace.needs.tables import Lever, Nature
from marketplace.web.clause_forms import DATE_FORMATS, MOST_HOURS, FigureField

QPV = {"": "Je ne sais pas", "yes": "Oui", "no": "Non"}
HELPING = (EmployerRole.MEMBER, EmployerRole.SUBCONTRACTOR)
FIRST_YEAR, LAST_YEAR = 2000, 2100
NO_SIRET = "Donnez le SIRET, par exemple 212 500 565 00016"
NO_KIND = "Choisissez un type d'employeur"


class _SiretField(StringField):
    """A SIRET whose keys are right; `data` is its 14 digits."""

    data: str | None

    def pre_validate(self, form: Any) -> None:
        try:
            self.data = siret.checked(self.data or "")
        except siret.WrongSiret as error:
            raise ValidationError(f"{error}"[0].upper() + f"{error}"[1:]) from error


class _AddressField(EmailField):
    """An address, or none."""

    def pre_validate(self, form: Any) -> None:
        if self.data and not is_address(self.data):
            raise ValidationError("Donnez une adresse, par exemple paie@exemple.fr")


def _reason() -> StringField:
    return StringField(
        "Pourquoi ce changement\u00a0?",
        [
            InputRequired("Dites pourquoi\u00a0: cela reste dans l'historique du contrat"),
            Length(max=500, message="500 caractères au plus"),
        ],
        filters=[one_line],
    )


class _FirmForm(FrenchForm):
    siret = _SiretField("SIRET", [InputRequired(NO_SIRET)], filters=[one_line])
    name = StringField(
        "Nom",
        [InputRequired("Donnez le nom de l'entreprise"), Length(max=255)],
        filters=[one_line],
    )
    kind = SelectField(
        "Type d'employeur",
        [InputRequired(NO_KIND)],
        choices=choices_of(EMPLOYER_KINDS),
        default=ORDINARY,
    )
    email = _AddressField(
        "Adresse pour déclarer les heures", [Optional(), Length(max=254)], filters=[one_line]
    )
    is_in_qpv = RadioField(
        "Est-il établi dans un quartier prioritaire\u00a0?", choices=choices_of(QPV), default=""
    )

    def told(self, role: EmployerRole) -> EmployerTold:
        return EmployerTold(
            siret=self.siret.data or "",
            name=self.name.data or "",
            kind=self.kind.data,
            email=self.email.data or "",
            is_in_qpv=_said(self.is_in_qpv.data),
            role=role,
        )


class EmployerForm(_FirmForm):
    role = RadioField(
        "Sa place dans le contrat",
        choices=choices_of({key: ROLES[key] for key in HELPING}),
        default=EmployerRole.SUBCONTRACTOR.value,
    )


class EmployerChangeForm(_FirmForm):
    reason = _reason()


def employer_shown(employer: ContractEmployer) -> dict[str, object]:
    shown = {None: "", True: "yes", False: "no"}[employer.is_in_qpv]
    return {
        "siret": employer.siret,
        "name": employer.name,
        "kind": employer.kind,
        "email": employer.email,
        "is_in_qpv": shown,
    }


def _said(choice: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(choice or "")


class PeriodFields(FrenchForm):
    """When a contract runs, and the programme that it belongs to."""

    starts_on = DateField("Début", [InputRequired("Donnez le jour du début")], format=DATE_FORMATS)
    ends_on = DateField("Fin", [InputRequired("Donnez le jour de la fin")], format=DATE_FORMATS)
    programme = SelectField("Programme", [Optional()], default="")
    new_programme = StringField(
        "Nom d'un programme qui n'est pas dans la liste",
        [Optional(), Length(max=200)],
        filters=[one_line],
    )
    new_programme_kind = RadioField(
        "De quel programme s'agit-il\u00a0?", choices=choices_of(PROGRAMMES), default="npnru"
    )

    def offer(self, programmes: Iterable[Programme]) -> None:
        known = {str(one.id): f"{PROGRAMMES[one.kind]}\u00a0: {one.name}" for one in programmes}
        self.programme.choices = choices_of({"": "Aucun"} | known)

    @property
    def period(self) -> tuple[date, date]:
        """Once validated."""
        return cast(date, self.starts_on.data), cast(date, self.ends_on.data)

    def validate_starts_on(self, field: DateField) -> None:
        if field.data and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
            raise ValidationError("Donnez une année entre 2000 et 2100")

    def validate_ends_on(self, field: DateField) -> None:
        self.validate_starts_on(field)
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError("Le contrat finit avant de commencer")


class LotFields(FrenchForm):
    title = StringField(
        "Intitulé", [InputRequired("Donnez un intitulé"), Length(max=200)], filters=[one_line]
    )
    planned = FigureField("Heures prévues", [Optional()], most=MOST_HOURS)
    committed = FigureField("Heures engagées par le titulaire", [Optional()], most=MOST_HOURS)
    support_hires = IntegerField(
        "Embauches liées à l'ingénierie, au fonctionnement ou à l'accompagnement",
        [Optional(), NumberRange(0, MOST_PEOPLE, "Donnez un nombre entre 0 et 10\u00a0000")],
    )
    targets = TextAreaField(
        "Objectifs qualitatifs",
        [Optional(), Length(max=3000, message="3 000 caractères au plus")],
        filters=[cleaned],
    )

    def lot(self, title: str, lot_id: int | None = None) -> LotTold:
        return LotTold(
            title=title,
            planned_hours=decimal_of(self.planned.data),
            committed_hours=decimal_of(self.committed.data),
            targets=self.targets.data or "",
            support_hires=self.support_hires.data,
            lot_id=lot_id,
        )


def lot_shown(lot: ContractLot) -> dict[str, object]:
    return {
        "title": lot.title,
        "planned": None if lot.planned_hours is None else float(lot.planned_hours),
        "committed": None if lot.committed_hours is None else float(lot.committed_hours),
        "targets": lot.targets,
        "support_hires": lot.support_hires,
    }


class LotChangeForm(LotFields):
    reason = _reason()


class EndLotForm(FrenchForm):
    reason = _reason()


class TerritoryFields(FrenchForm):
    """Where the hours count; `territory_code` is found by the page."""

    territory = StringField(
        "Territoire où comptent les heures",
        [
            InputRequired("Donnez une commune, un EPCI, un département ou une région"),
            Length(max=120),
        ],
        filters=[one_line],
    )

    territory_code = ""


class TermsFields(FrenchForm):
    """How a contract serves inclusion, and for how much."""

    lever = SelectField("Levier", choices=choices_of({"": "Non précisé"} | {**LEVERS}), default="")
    nature = SelectField(
        "Nature", choices=choices_of({"": "Non précisée"} | {**NATURES}), default=""
    )
    amount = ExactAmountField("Montant hors taxes", [Optional()])

    @property
    def chosen_lever(self) -> Lever | None:
        return Lever(self.lever.data) if self.lever.data else None

    @property
    def chosen_nature(self) -> Nature | None:
        return Nature(self.nature.data) if self.nature.data else None


class ChangeForm(TerritoryFields, TermsFields, PeriodFields):
    """What may change of a contract that is followed."""

    title = StringField(
        "Intitulé", [InputRequired("Donnez un intitulé"), Length(max=200)], filters=[one_line]
    )
    reason = _reason()


def contract_shown(contract: Contract) -> dict[str, object]:
    return {
        "title": contract.title,
        "lever": contract.lever or "",
        "nature": contract.nature or "",
        "amount": None if contract.amount is None else (contract.amount, contract.amount),
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "programme": str(contract.programme_id or ""),
        "new_programme_kind": "npnru",
    }


class ContractForm(LotFields, TerritoryFields, TermsFields, PeriodFields):
    """A contract that no need led to, with one lot; its other lots come afterwards."""

    organisation = SelectField("Acheteur", [InputRequired("Choisissez l'acheteur")])
    holder_siret = _SiretField("SIRET du titulaire", [InputRequired(NO_SIRET)], filters=[one_line])
    holder_name = StringField(
        "Nom du titulaire",
        [InputRequired("Donnez le nom du titulaire"), Length(max=255)],
        filters=[one_line],
    )
    holder_kind = SelectField(
        "Type d'employeur",
        [InputRequired(NO_KIND)],
        choices=choices_of(EMPLOYER_KINDS),
        default=ORDINARY,
    )
    holder_email = _AddressField(
        "Adresse du titulaire pour déclarer les heures",
        [Optional(), Length(max=254)],
        filters=[one_line],
    )

    @property
    def holder(self) -> EmployerTold:
        return EmployerTold(
            siret=self.holder_siret.data or "",
            name=self.holder_name.data or "",
            kind=self.holder_kind.data,
            email=self.holder_email.data or "",
        )


def decimal_of(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 2)))
