"""The forms of a need's steps. Each hands over what is right of it, so that the rest can wait."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional, Regexp

from marketplace import clock, formats
from marketplace.accounts.queries import buyable_by, platform_for
from marketplace.accounts.tables import Organisation
from marketplace.db import db
from marketplace.forms import (
    NO_AMOUNT,
    AmountField,
    Amounts,
    FrenchForm,
    choices_of,
    cleaned,
    one_line,
)
from marketplace.guards.roles import Viewer
from marketplace.needs import thresholds, wording
from marketplace.needs.drafting import Answers, new_key
from marketplace.needs.lifecycle import Status
from marketplace.needs.specific_services import are_specific
from marketplace.needs.tables import Nature, Need, NeedKind
from marketplace.sectors import cpv, suggesting
from marketplace.sectors.queries import all_groups
from marketplace.sectors.tables import SectorGroup

PROPOSED = 5
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]
NONE_OBVIOUS = "-"
MOST_CODES = 20
CODES_FOUND = 8
UNSAID = {"": "Pas encore décidé"}


class StepForm(FrenchForm):
    """`seen` is the fingerprint of the step's answers when its page was shown."""

    seen = HiddenField(filters=[one_line])

    def __init__(self, stored: dict[str, object], prefix: str = "") -> None:
        super().__init__(data=stored, prefix=prefix)
        self.stored = stored

    @abstractmethod
    def answers(self) -> Answers:
        """What is said without a fault; the rest is left as it was."""

    def unsaved(self) -> list[str]:
        """The labels of what was typed, or emptied, and cannot be kept."""
        return [
            field.label.text
            for field in self
            if field.errors and (_is_filled(field) or self.stored.get(field.name))
        ]

    def differing(self) -> list[tuple[str, str]]:
        """What is stored and this form says otherwise: labels, and the stored answers in words."""
        fields = [(self[name], value) for name, value in self.stored.items()]
        return [
            (field.label.text, _shown(field, value))
            for field, value in fields
            if _shown(field, value) != _shown(field, field.data)
        ]


class MaySelectField(SelectField):
    """A choice that nobody has to make: nothing sent is nothing chosen."""

    def pre_validate(self, form: Any) -> None:
        if self.data:
            super().pre_validate(form)


class SectorFields(FrenchForm):
    """A title and a description, and the sectors that they speak of."""

    title = StringField(
        "Titre",
        [
            InputRequired(
                "Donnez un titre, par exemple «\u00a0Entretien des locaux de la mairie\u00a0»"
            ),
            Length(min=5, max=200, message="Le titre compte de 5 à 200 caractères"),
        ],
        filters=[one_line],
    )
    description = TextAreaField(
        "Description",
        [Optional(), Length(max=20_000, message="La description dépasse 20 000 caractères")],
        filters=[cleaned],
    )
    sectors = SelectMultipleField("Secteurs", [Optional()])

    @property
    def groups(self) -> Sequence[SectorGroup]:
        """Read anew: what was read before a commit is stale after it, row by row."""
        return all_groups(db.session())

    def offer_sectors(self) -> None:
        self.sectors.choices = choices_of(
            {sector.slug: sector.name for group in self.groups for sector in group.sectors}
        )

    def proposed(self) -> list[suggesting.Suggestion]:
        """The sectors that the title and the description speak of, likeliest first."""
        return suggesting.suggest(self._words(), PROPOSED, self._code())

    def proposed_key(self, proposed: Sequence[suggesting.Suggestion]) -> str:
        """What the page notes of its proposals; empty while there are no words to read."""
        if not self._words().strip():
            return ""
        return " ".join(sector.slug for sector in proposed) or NONE_OBVIOUS

    def _words(self) -> str:
        return f"{self.title.data or ''}\n{self.description.data or ''}"

    def _code(self) -> str | None:
        return None


class WhatForm(SectorFields, StepForm):
    key = HiddenField(validators=[Optional(), Regexp(r"^[0-9a-f]{12}\Z")], filters=[one_line])
    commune = HiddenField(filters=[one_line])
    """Where the need begins, for who comes from a structure's page: the next step shows it."""
    organisation = SelectField("Pour quel organisme achetez-vous\u00a0?", coerce=int)
    kind = RadioField(
        "Que cherchez-vous\u00a0?",
        [InputRequired("Choisissez ce que vous cherchez")],
        choices=choices_of(wording.KINDS),
    )
    in_lots = BooleanField("Découper ce besoin en lots")
    nature = MaySelectField("Type d'achat", choices=choices_of(UNSAID | wording.NATURES))
    amount = AmountField("Montant estimé")
    is_amount_shared = BooleanField("Montrer ce montant aux structures")
    cpv_sought = StringField(
        "Chercher un code CPV", [Optional(), Length(max=200)], filters=[one_line]
    )
    cpv_ticked = SelectMultipleField("Codes trouvés", [Optional()], validate_choice=False)
    cpv = StringField(
        "Codes CPV",
        [Optional(), Length(max=400, message="Donnez vingt codes au plus")],
        filters=[one_line],
    )

    def __init__(self, who: Viewer, need: Need | None) -> None:
        super().__init__(
            _what_filled(need) if need else {"key": new_key(), "is_amount_shared": True}
        )
        self.who = who
        self.need = need
        self.offer_sectors()
        self._offer_codes()
        is_settled = need is not None and need.status != Status.DRAFT
        bought_for = [need.organisation] if need and is_settled else _bought_for(who)
        self.organisation.choices = choices_of({o.id: o.name for o in bought_for})
        if not self.is_submitted() and self.organisation.data is None:
            self.organisation.data = bought_for[0].id
        self._kinds_of_buyer = {o.id: o.kind for o in bought_for}

    def validate_cpv(self, field: StringField) -> None:
        listed = _codes(field.data)
        if len(listed) > MOST_CODES or len(self._chosen_codes()) > MOST_CODES:
            raise ValidationError("Donnez vingt codes au plus")
        for code in listed:
            if (key := cpv.right_key(code)) is not None:
                raise ValidationError(f"«\u00a0{code}\u00a0»\u00a0: la clé de ce code est {key}")
            if not cpv.is_known(code):
                raise ValidationError(
                    f"« {code[:40]} » n'est pas un code CPV\u00a0: huit chiffres, puis la clé si "
                    "vous la connaissez, par exemple 90910000-9"
                )

    @property
    def cpv_shown(self) -> str:
        """Which search the codes that are proposed answer."""
        return (self.cpv_sought.data or "").strip()

    @property
    def cpv_labels(self) -> list[str]:
        """The codes that are typed, each with what it is for."""
        return [str(cpv.labelled(code)) for code in _codes(self.cpv.data) if cpv.is_known(code)]

    def keep_codes(self) -> None:
        """What was ticked joins what was typed, for a page that is shown anew."""
        if self.cpv.errors:
            return
        self.cpv.data = ", ".join(self._chosen_codes())
        self.cpv_ticked.data = []
        self._offer_codes()

    def _offer_codes(self) -> None:
        """Those that were ticked, then those that the search finds."""
        sought = self.cpv_shown
        ticked = {cpv.whole(code) for code in self.cpv_ticked.data or () if cpv.is_known(code)}
        if (taken := cpv.chosen_in(sought)) is not None:
            ticked.add(taken)
        self.cpv_ticked.data = sorted(ticked)
        typed = {cpv.whole(code) for code in _codes(self.cpv.data) if cpv.is_known(code)}
        found = [] if taken or not sought else cpv.search(sought, CODES_FOUND)
        offered = {code: str(cpv.labelled(code)) for code in sorted(ticked)}
        offered |= {one.code: str(one) for one in found if one.code not in typed}
        self.cpv_ticked.choices = choices_of(offered)

    def _chosen_codes(self) -> list[str]:
        """All that is said, each once; what is stored without its key stays so."""
        stored = {cpv.whole(code): code for code in (self.need.cpv_codes if self.need else ())}
        typed = {cpv.whole(code) for code in _codes(self.cpv.data) if cpv.is_known(code)}
        said = typed | set(self.cpv_ticked.data)
        return sorted(stored.get(code, code) for code in said)

    def answers(self) -> Answers:
        said = Answers()
        if not self.organisation.errors:
            said["organisation_id"] = self.organisation.data
            said["platform_id"] = self._platform_id(self.organisation.data)
        if not self.kind.errors:
            said["kind"] = NeedKind(self.kind.data)
            if self.kind.data != NeedKind.SOURCING:
                said["is_anonymous"] = False
        if not self.title.errors:
            said["title"] = self.title.data
        if not self.description.errors:
            said["description"] = self.description.data
        if not self.sectors.errors and not self.has_lots:
            said["sectors"] = sorted(set(self.sectors.data))
        return said | self._budget()

    def _budget(self) -> Answers:
        said = Answers(is_amount_shared=self.is_amount_shared.data)
        if not self.nature.errors:
            said["nature"] = Nature(self.nature.data) if self.nature.data else None
        if not self.amount.errors:
            said["amount_min"], said["amount_max"] = self.amount.data or NO_AMOUNT
        if not self.cpv.errors:
            said["cpv_codes"] = self._chosen_codes()
        return said

    @property
    def has_lots(self) -> bool:
        """Sectors are then said lot by lot."""
        return self.need is not None and bool(self.need.lots)

    @property
    def has_details(self) -> bool:
        """Something of the optional part was said, or is wrong."""
        details = (self.nature, self.amount, self.cpv, self.cpv_sought)
        return any(field.errors or field.data not in (None, "", NO_AMOUNT) for field in details)

    @property
    def band(self) -> thresholds.Band | None:
        """What the amount means for the procedure, once it is known with the nature."""
        known = [amount for amount in self.amount.data or () if amount is not None]
        kind = self._kinds_of_buyer.get(self.organisation.data)
        if self.nature.data not in wording.NATURES or not known or kind is None:
            return None
        specific = self._is_specific
        return thresholds.band(self.nature.data, kind, max(known), clock.today(), specific)

    @property
    def ranges(self) -> list[str]:
        """The amounts between thresholds, to choose one from."""
        kind = self._kinds_of_buyer.get(self.organisation.data)
        if kind is None:
            return []
        nature = self.nature.data if self.nature.data in wording.NATURES else Nature.SERVICES
        possible = thresholds.bands(nature, kind, clock.today(), self._is_specific)
        return [formats.euros_range(one.least or None, one.most) for one in possible]

    @property
    def _is_specific(self) -> bool:
        return are_specific(self._chosen_codes(), self.sectors.data or ())

    def _platform_id(self, organisation_id: int) -> int | None:
        """Who first chose the organisation says through which platform it is bought."""
        if self.need and self.need.organisation_id == organisation_id:
            return self.need.platform_id
        return platform_for(db.session(), self.who.organisation_ids, organisation_id)

    def _code(self) -> str | None:
        return next((code for code in _codes(self.cpv.data) if cpv.is_known(code)), None)


class CheckForm(FrenchForm):
    """Nothing but a button: what it sends is what was seen."""

    seen = HiddenField(filters=[one_line])


def _what_filled(need: Need) -> dict[str, object]:
    return {
        "organisation": need.organisation_id,
        "kind": need.kind,
        "title": need.title,
        "description": need.description,
        "sectors": [sector.sector_slug for sector in need.sectors],
        "nature": need.nature or "",
        "amount": Amounts(need.amount_min, need.amount_max),
        "is_amount_shared": need.is_amount_shared,
        "cpv": ", ".join(need.cpv_codes),
    }


def _codes(typed: str | None) -> list[str]:
    return [code for code in (typed or "").replace(",", " ").replace(";", " ").split() if code]


def _bought_for(who: Viewer) -> Sequence[Organisation]:
    return buyable_by(db.session(), who.organisation_ids)


def _is_filled(field: Field) -> bool:
    return bool(getattr(field, "raw_data", None) and field.raw_data[0])


def _shown(field: Field, value: object) -> str:
    """An answer in words."""
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, Amounts):
        return formats.euros_range(*value) or "–"
    if getattr(field, "choices", None):
        chosen = {str(one) for one in value} if isinstance(value, list) else {str(value)}
        labels = [choice.label for choice in field.choices if str(choice.value) in chosen]
        return ", ".join(labels) or "–"
    if isinstance(value, date):
        return formats.short_date(value)
    return str(value) if value not in (None, "") else "–"
