"""The forms of a structure's profile, one a page. Each says what it changes."""

from typing import ClassVar

from wtforms import (
    DateField,
    EmailField,
    RadioField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    URLField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock
from marketplace.accounts.addresses import is_address
from marketplace.db import db
from marketplace.forms import FrenchForm, choices_of, cleaned, one_line
from marketplace.sectors.aims import AIMS
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.structures.profile import Said
from marketplace.structures.register import is_phone, is_website, website_typed
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.offer_forms import whole

LONGEST_ABSENCE_DAYS = 400
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]
YES_NO = {"yes": "Oui", "no": "Non", "": "Je ne sais pas"}
ANSWERS = {"yes": True, "no": False}
PEOPLE = "Donnez un nombre de personnes, de 0 à 100 000"


class IdentityForm(FrenchForm):
    brand = StringField(
        "Nom d'usage",
        [Optional(), Length(max=255, message="Le nom dépasse 255 caractères")],
        filters=[one_line],
    )
    description = TextAreaField(
        "Présentation",
        [Optional(), Length(max=10_000, message="La présentation dépasse 10 000 caractères")],
        filters=[cleaned],
    )
    website = URLField(
        "Site internet", [Optional(), Length(max=255)], filters=[one_line, website_typed]
    )
    contact_name = StringField(
        "Personne à contacter",
        [Optional(), Length(max=120, message="Le nom dépasse 120 caractères")],
        filters=[one_line],
    )
    email = EmailField("Adresse électronique", [Optional(), Length(max=254)], filters=[one_line])
    phone = TelField("Téléphone", [Optional()], filters=[one_line])

    fields: ClassVar = ("brand", "description", "website", "contact_name", "email", "phone")

    def validate_website(self, field: URLField) -> None:
        if not is_website(field.data):
            raise ValidationError("Donnez une adresse de site, par exemple https://www.exemple.fr")

    def validate_email(self, field: EmailField) -> None:
        if not is_address(field.data):
            raise ValidationError("Saisissez une adresse complète, par exemple contact@esat.fr")

    def validate_phone(self, field: TelField) -> None:
        if not is_phone(field.data):
            raise ValidationError("Donnez un numéro de téléphone, par exemple 03 81 00 00 00")

    def said(self) -> Said:
        return Said(
            brand=self.brand.data or "",
            description=self.description.data or "",
            website=self.website.data or "",
            contact_name=self.contact_name.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
        )


class SeatForm(FrenchForm):
    address = StringField(
        "Adresse",
        [Optional(), Length(max=255, message="L'adresse dépasse 255 caractères")],
        filters=[one_line],
    )
    postcode = StringField("Code postal", [Optional(), Length(max=10)], filters=[one_line])
    commune = StringField(
        "Commune",
        [InputRequired("Donnez la commune de votre siège, par exemple Besançon (25)")],
        filters=[one_line],
    )
    qpv = RadioField(
        "Votre siège est-il dans un quartier prioritaire (QPV)\u00a0?",
        [Optional()],
        choices=choices_of(YES_NO),
    )
    frr = RadioField(
        "Votre siège est-il dans une commune classée France ruralités revitalisation (FRR)\u00a0?",
        [Optional()],
        choices=choices_of(YES_NO),
    )

    def __init__(self, structure: Structure, places: Gazetteer) -> None:
        seat = structure.commune_code
        filled = {
            "address": structure.address,
            "postcode": structure.postcode,
            "commune": naming.label(places, seat) if seat else structure.city,
            "qpv": _answer_of(structure.is_in_qpv),
            "frr": _answer_of(structure.is_in_frr),
        }
        super().__init__(data=filled)
        self.places = places
        self.found: Commune | None = None

    def validate_commune(self, field: StringField) -> None:
        self.found = _commune(self.places, field.data)

    def validate_postcode(self, field: StringField) -> None:
        digits = field.data.replace(" ", "")
        if not (digits.isdecimal() and digits.isascii() and len(digits) == 5):
            raise ValidationError("Le code postal compte cinq chiffres, par exemple 25000")
        field.data = digits

    def said(self) -> Said:
        return Said(
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            is_in_qpv=ANSWERS.get(self.qpv.data or ""),
            is_in_frr=ANSWERS.get(self.frr.data or ""),
        )


class SiteForm(FrenchForm):
    label = StringField(
        "Nom du lieu",
        [
            InputRequired("Donnez un nom, par exemple «\u00a0Atelier de Dole\u00a0»"),
            Length(1, 120, message="Donnez un nom de 120 caractères au plus"),
        ],
        filters=[one_line],
    )
    address = StringField(
        "Adresse",
        [Optional(), Length(max=255, message="L'adresse dépasse 255 caractères")],
        filters=[one_line],
    )
    commune = StringField(
        "Commune",
        [InputRequired("Donnez la commune, par exemple Dole (39)"), Length(max=120)],
        filters=[one_line],
    )
    found: Commune | None = None

    def validate_commune(self, field: StringField) -> None:
        self.found = _commune(gazetteer(db.session()), field.data)


class FiguresForm(FrenchForm):
    team_insertion = whole("Personnes en parcours ou en situation de handicap", 0, 100_000, PEOPLE)
    team_permanent = whole("Permanents", 0, 100_000, PEOPLE)
    turnover = whole(
        "Chiffre d'affaires",
        0,
        10_000_000_000,
        "Donnez un montant en euros, sans les centimes, de dix milliards au plus",
    )
    turnover_year = whole(
        "De quelle année\u00a0?", 1950, 2100, "Donnez une année, par exemple 2025"
    )

    fields: ClassVar = ("team_insertion", "team_permanent", "turnover", "turnover_year")

    def validate_turnover_year(self, field: StringField) -> None:
        if field.data and field.data > clock.today().year:
            raise ValidationError("Cette année n'est pas encore passée")

    def said(self) -> Said:
        return Said(
            team_insertion=self.team_insertion.data,
            team_permanent=self.team_permanent.data,
            turnover=self.turnover.data,
            turnover_year=self.turnover_year.data,
        )


class ProofsForm(FrenchForm):
    labels = SelectMultipleField("Labels et certifications", choices=choices_of(LABELS))
    networks = SelectMultipleField("Réseaux dont vous êtes membre", choices=choices_of(NETWORKS))
    environmental_tags = SelectMultipleField(
        "Engagements pour l'environnement",
        choices=choices_of({code: aim.label for code, aim in AIMS.items()}),
    )

    fields: ClassVar = ("labels", "networks", "environmental_tags")

    def said(self) -> Said:
        return Said(
            labels=[code for code in LABELS if code in self.labels.data],
            networks=[code for code in NETWORKS if code in self.networks.data],
            environmental_tags=[code for code in AIMS if code in self.environmental_tags.data],
        )


class ReferenceForm(FrenchForm):
    customer = StringField(
        "Client",
        [
            InputRequired("Donnez le nom du client, par exemple «\u00a0Ville de Dole\u00a0»"),
            Length(1, 200, message="Donnez le nom du client, en 200 caractères au plus"),
        ],
        filters=[one_line],
    )
    work = StringField(
        "Ce que vous avez fait",
        [Optional(), Length(max=300, message="Ce texte dépasse 300 caractères")],
        filters=[one_line],
    )
    year = whole("Année", 1950, 2100, "Donnez une année, par exemple 2025")


class AbsenceForm(FrenchForm):
    absent_until = DateField("Complet jusqu'au", [Optional()], DATE_FORMATS)

    fields: ClassVar = ("absent_until",)

    def validate_absent_until(self, field: DateField) -> None:
        if field.data is None:
            return
        days = (field.data - clock.today()).days
        if days < 0:
            raise ValidationError(
                "Cette date est passée\u00a0: laissez le champ vide si vous êtes là"
            )
        if days > LONGEST_ABSENCE_DAYS:
            raise ValidationError("Au-delà d'un an, mettez plutôt vos offres en pause")

    def said(self) -> Said:
        return Said(absent_until=self.absent_until.data)


def _commune(places: Gazetteer, words: str) -> Commune:
    code = naming.zone_named(places, words[:120])
    commune = places.commune(code) if code else None
    if commune is None:
        raise ValidationError(
            f"Commune introuvable : «\u00a0{words[:60]}\u00a0». Donnez son nom et son département, "
            "par exemple Besançon (25)"
        )
    return commune


def _answer_of(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"
