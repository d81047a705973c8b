"""The forms of posts to fill. Words are few, and none may tell who somebody is."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from wtforms import (
    DateField,
    Form,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from marketplace.accounts.addresses import is_address
from marketplace.clauses.filling_posts import Counted, Posts
from marketplace.clauses.post_tables import CandidateCount, Opening
from marketplace.clauses.prescribers import LABELS, PrescriberKind, capacity
from marketplace.clauses.reported import PUBLICS, WORK_CONTRACTS, Public, WorkContract
from marketplace.forms import FrenchForm, add_error, choices_of, one_line
from marketplace.moderation.tables import Desk
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer, Kind

MOST_POSTS = 500
DATES = ["%d/%m/%Y", "%Y-%m-%d"]
_TELLS_WHO = re.compile(r"@|(?:[0-9][ .-]?){9}|\b(?:M\.|Mme|Mlle|Monsieur|Madame) ", re.IGNORECASE)


def says_nobody(form: Form, field: StringField) -> None:
    if _TELLS_WHO.search(field.data or ""):
        raise ValidationError(
            "N'écrivez ni nom, ni adresse, ni numéro\u00a0: plusieurs services lisent ces postes"
        )


class PostsForm(FrenchForm):
    """`commune_code` is what was understood, once validated."""

    desk = SelectField("Guichet", coerce=int)
    trade = StringField(
        "Métier",
        [
            InputRequired("Donnez le métier, par exemple peintre en bâtiment"),
            Length(max=120),
            Regexp(r".*[^\W\d_]{2}", message="Donnez le métier, par exemple peintre en bâtiment"),
            says_nobody,
        ],
        filters=[one_line],
    )
    commune = StringField(
        "Commune",
        [InputRequired("Donnez la commune, par exemple Besançon (25)"), Length(max=120)],
        filters=[one_line],
    )
    posts = IntegerField(
        "Nombre de postes",
        [
            InputRequired("Donnez le nombre de postes"),
            NumberRange(1, MOST_POSTS, f"Un nombre de postes va de 1 à {MOST_POSTS}"),
        ],
    )
    in_qpv = IntegerField(
        "Dont pour des habitants de quartiers prioritaires",
        [Optional(), NumberRange(0, MOST_POSTS, f"Un nombre de postes va de 0 à {MOST_POSTS}")],
    )
    publics = SelectMultipleField("Publics", choices=choices_of(PUBLICS))
    work_contract = SelectField(
        "Contrat de travail",
        choices=choices_of({"": "Non précisé"} | {k.value: v for k, v in WORK_CONTRACTS.items()}),
        default="",
    )
    conditions = StringField(
        "Conditions", [Optional(), Length(max=300), says_nobody], filters=[one_line]
    )
    starts_on = DateField(
        "Début du travail", [InputRequired("Donnez le jour, par exemple 15/01/2027")], format=DATES
    )
    apply_until = DateField(
        "Réponses jusqu'au", [InputRequired("Donnez le jour, par exemple 31/12/2026")], format=DATES
    )

    commune_code = ""

    def __init__(
        self, desks: Sequence[Desk], places: Gazetteer, today: date, **filled: object
    ) -> None:
        super().__init__(data=filled)
        self.desk.choices = choices_of({one.id: one.name for one in desks})
        self.places, self.today = places, today

    def validate_commune(self, field: StringField) -> None:
        code = naming.zone_named(self.places, field.data or "")
        if code is None or self.places.zone_kind(code) is not Kind.COMMUNE:
            raise ValidationError(f"Commune introuvable\u00a0: «\u00a0{field.data}\u00a0»")
        self.commune_code = code

    def validate_in_qpv(self, field: IntegerField) -> None:
        if (field.data or 0) > (self.posts.data or 0):
            raise ValidationError("Il y en a plus que de postes")

    def validate_starts_on(self, field: DateField) -> None:
        if field.data and field.data < self.today:
            raise ValidationError("Ce jour est passé")
        if field.data and field.data.year > self.today.year + 5:
            raise ValidationError("Ce jour est trop lointain")

    def validate_apply_until(self, field: DateField) -> None:
        if field.data and field.data < self.today:
            raise ValidationError("Ce jour est passé")
        if field.data and self.starts_on.data and field.data > self.starts_on.data:
            raise ValidationError("Ce jour vient après le début du travail")

    @property
    def said(self) -> Posts:
        return Posts(
            commune_code=self.commune_code,
            trade=self.trade.data or "",
            posts=self.posts.data or 0,
            in_qpv=self.in_qpv.data or 0,
            publics=tuple(Public(code) for code in dict.fromkeys(self.publics.data or ())),
            work_contract=(
                WorkContract(self.work_contract.data) if self.work_contract.data else None
            ),
            conditions=self.conditions.data or "",
            starts_on=self.starts_on.data,
            apply_until=self.apply_until.data,
        )


def posts_shown(opening: Opening, commune: str) -> dict[str, object]:
    """What a form shows of posts; `commune` is the name of theirs."""
    return {
        "desk": opening.desk_id,
        "trade": opening.trade,
        "commune": commune,
        "posts": opening.posts,
        "in_qpv": opening.in_qpv or None,
        "publics": opening.publics,
        "work_contract": opening.work_contract or "",
        "conditions": opening.conditions,
        "starts_on": opening.starts_on,
        "apply_until": opening.apply_until,
    }


class PrescriberForm(FrenchForm):
    desk = SelectField("Guichet", coerce=int)
    name = StringField(
        "Nom du service",
        [InputRequired("Donnez le nom du service, jamais celui d'une personne"), Length(max=200)],
        filters=[one_line],
    )
    kind = SelectField(
        "Qui est-ce\u00a0?",
        choices=choices_of(
            {kind.value: f"{LABELS[kind]} · {capacity(kind).lower()}" for kind in PrescriberKind}
        ),
    )
    email = StringField(
        "Adresse du service",
        [
            InputRequired("Donnez l'adresse du service"),
        ],
        filters=[one_line, str.lower],
    )

    def __init__(self, desks: Sequence[Desk]) -> None:
        super().__init__()
        self.desk.choices = choices_of({one.id: one.name for one in desks})

    def validate_email(self, field: StringField) -> None:
        if not is_address(field.data or ""):
            raise ValidationError("Donnez une adresse entière, par exemple emploi@mission.fr")


class ShareForm(FrenchForm):
    prescribers = SelectMultipleField(
        "À qui les envoyer\u00a0?", [InputRequired("Choisissez au moins un service")], coerce=int
    )


def _count(label: str) -> IntegerField:
    return IntegerField(
        label, [Optional(), NumberRange(0, MOST_POSTS, f"Un nombre va de 0 à {MOST_POSTS}")]
    )


class CountForm(Form):
    """Candidates of one public."""

    people = _count("Candidats")
    women = _count("Dont femmes")
    in_qpv = _count("Dont habitants de quartiers prioritaires")

    class Meta:
        locales = ("fr",)

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate()
        for field in (self.women, self.in_qpv):
            if not field.errors and (field.data or 0) > (self.people.data or 0):
                add_error(field, "Il y en a plus que de candidats")
                is_valid = False
        return is_valid

    @property
    def counted(self) -> Counted:
        return Counted(self.people.data or 0, self.in_qpv.data or 0, self.women.data or 0)


class CandidatesForm(FrenchForm):
    """Counts by public, and nothing else: `of_publics` adds a line for each."""

    def counts(self) -> Mapping[Public, Counted]:
        return {Public(entry.short_name): entry.form.counted for entry in self.lines}

    @property
    def lines(self) -> list[FormField]:
        return [field for field in self if isinstance(field, FormField)]


def candidates_form(publics: Sequence[Public], known: Sequence[CandidateCount]) -> CandidatesForm:
    """A line for each public of the posts, filled with what was counted before."""
    lines = {public.value: FormField(CountForm, PUBLICS[public]) for public in publics}
    filled = {
        one.public.value: {"people": one.people, "women": one.women, "in_qpv": one.in_qpv}
        for one in known
    }
    return type("CandidatesOfPublics", (CandidatesForm,), lines)(data=filled)
