"""The profile of a structure, in short pages, by the people who speak for it."""

from typing import ClassVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
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

from marketplace import clock, formats
from marketplace.accounts.addresses import is_address
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, choices_of, cleaned, one_line, paging
from marketplace.guards.roles import Viewer, structure_member_required, viewer
from marketplace.guards.scopes import spoken_for_by
from marketplace.offers.publishing import relist
from marketplace.offers.queries import published_offers_of
from marketplace.sectors.aims import AIMS
from marketplace.structures import completeness, profile
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.structures.profile import FOR_RANKING, Said
from marketplace.structures.register import is_phone, is_website, website_typed
from marketplace.structures.tables import Structure, StructureChange
from marketplace.structures.wording import FIELDS, shown
from marketplace.territories import naming
from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.offer_forms import whole

structure_profile = Blueprint("structure_profile", __name__, url_prefix="/structures/<slug>/profil")

ID = "int(max=2147483647)"
CHANGES_PER_PAGE = 20
LONGEST_ABSENCE_DAYS = 400
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]
YES_NO = {"yes": "Oui", "no": "Non", "": "Je ne sais pas"}
ANSWERS = {"yes": True, "no": False}
PEOPLE = "Donnez un nombre de personnes, de 0 à 100 000"
SAVED = "C'est enregistré."
TOO_MANY = "Vous en avez déjà cinquante : retirez-en d'abord."


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
        "Votre siège est-il dans un quartier prioritaire (QPV) ?",
        [Optional()],
        choices=choices_of(YES_NO),
    )
    frr = RadioField(
        "Votre siège est-il dans une commune classée France ruralités revitalisation (FRR) ?",
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
            InputRequired("Donnez un nom, par exemple « Atelier de Dole »"),
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
    turnover_year = whole("De quelle année ?", 1950, 2100, "Donnez une année, par exemple 2025")

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
            InputRequired("Donnez le nom du client, par exemple « Ville de Dole »"),
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
            raise ValidationError("Cette date est passée : laissez le champ vide si vous êtes là")
        if days > LONGEST_ABSENCE_DAYS:
            raise ValidationError("Au-delà d'un an, mettez plutôt vos offres en pause")

    def said(self) -> Said:
        return Said(absent_until=self.absent_until.data)


@structure_profile.get("")
@structure_member_required
def show(slug: str) -> str:
    """What is said, what is missing and why it matters, and who changed what."""
    session, structure = db.session(), _structure(slug)
    changes = (
        select(StructureChange)
        .filter_by(structure_id=structure.id)
        .options(joinedload(StructureChange.user))
        .order_by(StructureChange.id.desc())
    )
    paged = paging(session, changes, CHANGES_PER_PAGE)
    details = completeness.details(_said(session, structure))
    return render_template(
        "web/structure_profile/show.html",
        structure=structure,
        pages=_pages(session, structure),
        details=details,
        done=sum(detail.is_said for detail in details),
        changes=[
            [
                FIELDS.get(change.field, change.field),
                change.before or "–",
                change.after or "–",
                change.user.full_name if change.user else "–",
                formats.moment(change.changed_at),
            ]
            for change in session.scalars(paged.of(changes))
        ],
        paging=paged,
        is_absent=structure.absent_until is not None and structure.absent_until >= clock.today(),
    )


@structure_profile.route("/identite", methods=["GET", "POST"])
@structure_member_required
def identity(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = IdentityForm(data=_stored(structure, IdentityForm.fields))
    if not form.validate_on_submit():
        page = render_template(
            "web/structure_profile/identity.html", structure=structure, form=form
        )
        return page, 422 if form.errors else 200
    return _save(structure, form.said())


@structure_profile.route("/lieux", methods=["GET", "POST"])
@structure_member_required
def seat(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = SeatForm(structure, gazetteer(db.session()))
    if not form.validate_on_submit() or form.found is None:
        page = render_template("web/structure_profile/seat.html", structure=structure, form=form)
        return page, 422 if form.errors else 200
    return _save(structure, form.said(), form.found)


@structure_profile.route("/autres-lieux", methods=["GET", "POST"])
@structure_member_required
def sites(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = SiteForm()
    if not form.validate_on_submit() or form.found is None:
        return _sites_page(structure, form), 422 if form.errors else 200
    try:
        with transaction() as session:
            profile.add_site(
                session,
                structure.id,
                form.label.data,
                form.address.data or "",
                form.found,
                _person().user_id,
                clock.now(),
            )
    except profile.TooMany:
        flash(TOO_MANY, "warning")
    else:
        flash(SAVED, "success")
    return redirect(url_for("structure_profile.sites", slug=slug))


@structure_profile.post(f"/autres-lieux/<{ID}:site_id>/retirer")
@structure_member_required
def remove_site(slug: str, site_id: int) -> ResponseReturnValue:
    structure = _structure(slug)
    with transaction() as session:
        profile.remove_site(session, structure.id, site_id, _person().user_id, clock.now())
    flash("Le lieu est retiré.")
    return redirect(url_for("structure_profile.sites", slug=slug))


@structure_profile.route("/equipe-et-chiffres", methods=["GET", "POST"])
@structure_member_required
def figures(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = FiguresForm(data=_stored(structure, FiguresForm.fields))
    if not form.validate_on_submit():
        page = render_template("web/structure_profile/figures.html", structure=structure, form=form)
        return page, 422 if form.errors else 200
    return _save(structure, form.said())


@structure_profile.route("/reconnaissances", methods=["GET", "POST"])
@structure_member_required
def proofs(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = ProofsForm(data=_stored(structure, ProofsForm.fields))
    if not form.validate_on_submit():
        page = render_template("web/structure_profile/proofs.html", structure=structure, form=form)
        return page, 422 if form.errors else 200
    return _save(structure, form.said())


@structure_profile.route("/references", methods=["GET", "POST"])
@structure_member_required
def references(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = ReferenceForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/structure_profile/references.html",
            structure=structure,
            form=form,
            references=profile.references_of(db.session(), structure.id),
        )
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            profile.add_reference(
                session,
                structure.id,
                form.customer.data,
                form.work.data or "",
                form.year.data,
                _person().user_id,
                clock.now(),
            )
    except profile.TooMany:
        flash(TOO_MANY, "warning")
    else:
        flash(SAVED, "success")
    return redirect(url_for("structure_profile.references", slug=slug))


@structure_profile.post(f"/references/<{ID}:reference_id>/retirer")
@structure_member_required
def remove_reference(slug: str, reference_id: int) -> ResponseReturnValue:
    structure = _structure(slug)
    with transaction() as session:
        who, now = _person().user_id, clock.now()
        profile.remove_reference(session, structure.id, reference_id, who, now)
    flash("La référence est retirée.")
    return redirect(url_for("structure_profile.references", slug=slug))


@structure_profile.route("/absence", methods=["GET", "POST"])
@structure_member_required
def absence(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = AbsenceForm(data=_stored(structure, AbsenceForm.fields))
    if not form.validate_on_submit():
        page = render_template("web/structure_profile/absence.html", structure=structure, form=form)
        return page, 422 if form.errors else 200
    return _save(structure, form.said())


def _save(structure: Structure, said: Said, commune: Commune | None = None) -> ResponseReturnValue:
    who, now = _person().user_id, clock.now()
    with transaction() as session:
        changed = profile.change_profile(session, structure.id, said, who, now)
        if commune is not None:
            changed |= profile.move_seat(session, structure.id, commune, who, now)
        if changed & FOR_RANKING:
            relist(session, structure.id)
    flash(SAVED if changed else "Rien n'a changé.", "success")
    return redirect(url_for("structure_profile.show", slug=structure.slug))


def _sites_page(structure: Structure, form: SiteForm) -> str:
    session = db.session()
    places = gazetteer(session)
    return render_template(
        "web/structure_profile/sites.html",
        structure=structure,
        form=form,
        sites=[
            (site, naming.label(places, site.commune_code))
            for site in profile.sites_of(session, structure.id)
        ],
    )


def _pages(session: Session, structure: Structure) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each page of the profile: its endpoint, its title and what it says today."""
    absent = structure.absent_until
    other = [site.label for site in profile.sites_of(session, structure.id)]
    clients = [one.client for one in profile.references_of(session, structure.id)]
    return [
        ("identity", "Identité et contact", _facts(structure, IdentityForm.fields)),
        (
            "seat",
            "Siège",
            _facts(structure, ("address", "postcode", "city", "is_in_qpv", "is_in_frr")),
        ),
        ("sites", "Autres lieux", [("Lieux", ", ".join(other))] if other else []),
        ("figures", "Équipe et chiffres", _facts(structure, FiguresForm.fields)),
        ("proofs", "Labels, réseaux, environnement", _facts(structure, ProofsForm.fields)),
        ("references", "Références", [("Clients", ", ".join(clients))] if clients else []),
        (
            "absence",
            "Absence",
            [(FIELDS["absent_until"], formats.short_date(absent))]
            if absent and absent >= clock.today()
            else [],
        ),
    ]


def _facts(structure: Structure, fields: tuple[str, ...]) -> list[tuple[str, str]]:
    said = [(FIELDS[name], shown(name, getattr(structure, name))) for name in fields]
    return [(label, value) for label, value in said if value]


def _said(session: Session, structure: Structure) -> dict[str, bool]:
    """Which details that matter are there."""
    own = [offer for offer in published_offers_of(session, structure.id) if not offer.is_implied]
    return {
        "offer": bool(own),
        "seat": structure.commune_code is not None,
        "email": bool(structure.email),
        "description": bool(structure.description),
        "capacity": any(
            offer.amount_min or offer.amount_max or offer.lead_time_days is not None
            for offer in own
        ),
        "is_in_qpv": structure.is_in_qpv is not None,
        "team_insertion": structure.team_insertion is not None,
        "environmental_tags": bool(structure.environmental_tags)
        or any(offer.environmental_tags for offer in own),
        "labels": bool(structure.labels),
        "references": bool(profile.references_of(session, structure.id)),
    }


def _stored(structure: Structure, fields: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(structure, name) for name in fields}


def _commune(places: Gazetteer, words: str) -> Commune:
    code = naming.zone_named(places, words[:120])
    commune = places.commune(code) if code else None
    if commune is None:
        raise ValidationError(
            f"Commune introuvable : « {words[:60]} ». Donnez son nom et son département, "
            "par exemple Besançon (25)"
        )
    return commune


def _answer_of(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _structure(slug: str) -> Structure:
    """A structure that the person speaks for; the others are not there."""
    mine = spoken_for_by(_person()).where(Structure.slug == cleaned(slug))
    return db.session.scalars(mine).one()


def _person() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who
