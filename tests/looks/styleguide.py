"""A page that only tests have: every part in every state, from styleguide.html beside this file."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask, flash, render_template_string
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

SOURCE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Sector:
    slug: str
    name: str
    group: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    sectors: tuple[Sector, ...]


GROUPS = (
    Group("Espaces verts", (Sector("espaces-verts", "Entretien des espaces verts"),)),
    Group(
        "Hygiène et propreté",
        (
            Sector("nettoyage-de-locaux", "Nettoyage de locaux"),
            Sector("nettoyage-urbain", "Nettoyage urbain"),
        ),
    ),
)
SUGGESTIONS = (Sector("entretien-des-jardins", "Entretien des jardins", "Services à la personne"),)


def choices(labels: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


class EveryField(FlaskForm):
    class Meta:
        csrf = False
        locales = ("fr",)

    title = StringField("Titre du besoin", [InputRequired("Donnez un titre")])
    description = TextAreaField("Description", [Optional()])
    kind = RadioField(
        "Que cherchez-vous ?",
        [InputRequired("Choisissez ce que vous cherchez")],
        choices=choices({"tender": "Un appel d'offres", "quote": "Un devis"}),
    )
    buyer_kind = SelectField(
        "Type d'organisme",
        [InputRequired("Choisissez un type d'organisme")],
        choices=choices({"commune": "Commune", "epci": "Intercommunalité"}),
    )
    service_types = SelectMultipleField(
        "Types de prestation",
        choices=choices({"PREST": "Prestation de service", "DISP": "Mise à disposition"}),
    )
    sectors = SelectMultipleField(
        "Secteurs",
        [InputRequired("Cochez au moins un secteur")],
        choices=choices({s.slug: s.name for group in GROUPS for s in group.sectors}),
    )
    place = StringField("Lieu", [InputRequired("Donnez un lieu, par exemple Besançon (25)")])
    searched = StringField("Où ?")
    deadline = DateField(
        "Date limite",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=["%d/%m/%Y", "%Y-%m-%d"],
    )
    radius_km = IntegerField("Rayon de recherche", [Optional()])
    amount = DecimalField("Montant estimé", [Optional()])
    email = EmailField("Adresse électronique", [InputRequired("Saisissez votre adresse")])
    password = PasswordField("Mot de passe", [InputRequired("Saisissez votre mot de passe")])
    attachment = FileField("Pièce jointe")
    agreed = BooleanField("J'accepte d'être nommé", [InputRequired("Cochez la case")])


def sent_back() -> EveryField:
    """The form as its person sees it again: one sector ticked, the rest wrong or missing."""
    sent = MultiDict(
        {
            "sent-radius_km": "douze",
            "sent-sectors": "nettoyage-de-locaux",
            "sent-service_types": "X",
        }
    )
    form = EveryField(formdata=sent, prefix="sent")
    form.validate()
    return form


def add_styleguide(app: Flask) -> None:
    @app.get("/styleguide")
    def styleguide() -> str:
        flash("Vous êtes déconnecté.")
        flash("Votre besoin est déposé.", "success")
        flash("Ce besoin ne peut plus être modifié.", "error")
        return render_template_string(
            SOURCE,
            form=EveryField(formdata=None),
            wrong=sent_back(),
            groups=GROUPS,
            suggestions=SUGGESTIONS,
        )
