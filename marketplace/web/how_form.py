"""The third step of a need: who may answer, how, and what counts."""

from urllib.parse import urlsplit

from wtforms import (
    BooleanField,
    EmailField,
    RadioField,
    SelectMultipleField,
    TelField,
    TextAreaField,
    URLField,
    ValidationError,
)
from wtforms.validators import Length, Optional

from marketplace.forms import add_error, choices_of, cleaned, one_line
from marketplace.needs import questions, wording
from marketplace.needs.drafting import Answers
from marketplace.needs.tables import Lever, Need, NeedKind, ResponseMode
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors import suggesting
from marketplace.sectors.aims import AIMS
from marketplace.web.account_forms import check_address
from marketplace.web.step_forms import UNSAID, MaySelectField, StepForm

READ_FROM_WORDS = 2
"""Sectors that questions are proposed for, when none is ticked."""


class HowForm(StepForm):
    reserved_for = RadioField(
        "Quelles structures peuvent répondre\u00a0?",
        choices=choices_of({key: label for key, (label, _) in wording.RESERVATIONS.items()}),
    )
    service_types = SelectMultipleField(
        "Types de prestation", [Optional()], choices=choices_of(SERVICE_TYPES)
    )
    include_country = BooleanField(
        "Accepter aussi les structures qui interviennent dans toute la France"
    )
    here = BooleanField("Sur Tandem")
    response_email = EmailField(
        "Par courriel, à cette adresse", [Optional(), check_address], filters=[one_line]
    )
    response_phone = TelField(
        "Par téléphone, à ce numéro",
        [Optional(), Length(max=30, message="Un numéro compte 30 caractères au plus")],
        filters=[one_line],
    )
    response_url = URLField(
        "Adresse de la consultation",
        [Optional(), Length(max=500, message="L'adresse dépasse 500 caractères")],
        filters=[one_line],
    )
    is_anonymous = BooleanField("Ne pas montrer qui demande")
    questions = TextAreaField("Vos questions", [Optional()], filters=[cleaned])
    suggested = SelectMultipleField("Questions proposées", [Optional()], validate_choice=False)
    lever = MaySelectField("Levier social", choices=choices_of(UNSAID | wording.LEVERS))
    lever_reason = TextAreaField(
        "Pourquoi aucun",
        [Optional(), Length(max=1000, message="Dites-le en 1 000 caractères au plus")],
        filters=[cleaned],
    )
    environmental_tags = SelectMultipleField(
        "Objectifs environnementaux",
        [Optional()],
        choices=choices_of({code: aim.label for code, aim in AIMS.items()}),
    )
    valued = SelectMultipleField(
        "Ce qui compte dans le classement", [Optional()], choices=choices_of(wording.VALUED)
    )

    def __init__(self, need: Need) -> None:
        super().__init__(_how_filled(need))
        self.need = need
        proposed = {words: words.replace("\u00a0?", "\u00a0?") for words in self._proposed()}
        self.suggested.choices = choices_of(proposed)

    def validate_response_phone(self, field: TelField) -> None:
        digits = sum(c in "0123456789" for c in field.data)
        if digits < 4 or any(c not in "0123456789 +.-()/" for c in field.data):
            raise ValidationError("Saisissez un numéro de téléphone, par exemple 03 81 00 00 00")

    def validate_response_url(self, field: URLField) -> None:
        if not _is_web(field.data):
            raise ValidationError(
                "Saisissez une adresse entière, qui commence par https:// ou http://"
            )

    def validate_questions(self, field: TextAreaField) -> None:
        if len(self.asked) > questions.MOST:
            raise ValidationError("Posez dix questions au plus")
        if any(len(words) > questions.LONGEST for words in self.asked):
            raise ValidationError("Une question compte 300 caractères au plus")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not self.questions.errors and len(self.asked) > questions.MOST:
            add_error(self.questions, "Posez dix questions au plus")  # those proposed included
        if self.is_tender and not self.response_url.data:
            add_error(
                self.response_url,
                "Donnez l'adresse de la consultation sur votre profil d'acheteur : c'est là que "
                "l'on répond à un appel d'offres",
            )
        if not self.modes():
            add_error(
                self.here,
                "Dites comment répondre\u00a0: sur Tandem, par courriel, par téléphone ou sur une "
                "autre page",
            )
        return bool(is_valid) and not self.errors

    def answers(self) -> Answers:
        said = Answers(include_country=self.include_country.data)
        if not self.reserved_for.errors:
            kinds = wording.RESERVATIONS[self.reserved_for.data][1]
            said["kinds"] = sorted(str(kind) for kind in kinds)
        for name in ("service_types", "environmental_tags", "valued"):
            if not self[name].errors:
                said[name] = sorted(set(self[name].data))
        for way in ("response_email", "response_phone", "response_url", "lever_reason"):
            if not self[way].errors:
                said[way] = self[way].data or ""
        if not self._has_wrong_mode():
            said["response_modes"] = sorted(str(mode) for mode in self.modes())
        if not self.lever.errors:
            said["lever"] = Lever(self.lever.data) if self.lever.data else None
        if not self.questions.errors:
            said["questions"] = self.asked
        if self.is_sourcing:
            said["is_anonymous"] = self.is_anonymous.data
        return said

    @property
    def is_tender(self) -> bool:
        return self.need.kind == NeedKind.TENDER

    @property
    def is_sourcing(self) -> bool:
        return self.need.kind == NeedKind.SOURCING

    @property
    def asked(self) -> list[str]:
        """The questions typed, one a line, then those ticked among the proposed; each once."""
        typed = [one_line(line) for line in (self.questions.data or "").split("\n")]
        ticked = [one_line(words) for words in self.suggested.data or []]
        return [words for words in dict.fromkeys([*typed, *ticked]) if words]

    @property
    def has_details(self) -> bool:
        details = (self.lever, self.environmental_tags, self.valued)
        return any(field.errors or field.data for field in details)

    @property
    def has_other_ways(self) -> bool:
        ways = (self.response_email, self.response_phone, self.response_url)
        return bool(self.here.errors) or any(field.errors or field.data for field in ways)

    @property
    def has_questions(self) -> bool:
        return bool(self.questions.errors or self.asked)

    def modes(self) -> set[ResponseMode]:
        """Each way that is filled is one of answering."""
        ways = {
            ResponseMode.HERE: self.here.data,
            ResponseMode.EMAIL: self.response_email.data,
            ResponseMode.PHONE: self.response_phone.data,
            ResponseMode.LINK: self.response_url.data,
        }
        return {mode for mode, is_used in ways.items() if is_used}

    def _has_wrong_mode(self) -> bool:
        ways = (self.here, self.response_email, self.response_phone, self.response_url)
        return any(field.errors for field in ways)

    def _proposed(self) -> list[str]:
        """Of our own, for what is bought; once sent, those ticked stay to be seen."""
        need = self.need
        slugs = {sector.sector_slug for sector in need.sectors}
        slugs |= {sector.sector_slug for lot in need.lots for sector in lot.sectors}
        if not slugs:
            read = suggesting.suggest(f"{need.title}\n{need.description}", READ_FROM_WORDS)
            slugs = {sector.slug for sector in read}
        typed = (self.questions.data or "").split("\n")
        return questions.proposed(need.kind, slugs, typed)


def _how_filled(need: Need) -> dict[str, object]:
    return {
        "reserved_for": wording.reservation_key(need),
        "service_types": need.service_types,
        "include_country": need.include_country,
        "here": not need.response_modes or ResponseMode.HERE in need.response_modes,
        "response_email": need.response_email,
        "response_phone": need.response_phone,
        "response_url": need.response_url,
        "is_anonymous": need.is_anonymous,
        "questions": "\n".join(question.words for question in need.questions),
        "lever": need.lever or "",
        "lever_reason": need.lever_reason,
        "environmental_tags": need.environmental_tags,
        "valued": need.valued,
    }


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_plain = all(c.isprintable() and not c.isspace() for c in address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain
