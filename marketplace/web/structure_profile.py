"""The profile of a structure, in short pages, by the people who speak for it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import clock, formats
from marketplace.db import db, transaction
from marketplace.forms import cleaned, paging
from marketplace.guards.roles import signed_in, structure_member_required
from marketplace.guards.scopes import spoken_for_by
from marketplace.offers.publishing import relist
from marketplace.offers.queries import published_offers_of
from marketplace.structures import completeness, profile
from marketplace.structures.profile import FOR_RANKING, Said
from marketplace.structures.tables import Structure, StructureChange
from marketplace.structures.wording import FIELDS, shown
from marketplace.territories import naming
from marketplace.territories.gazetteer import Commune
from marketplace.territories.queries import gazetteer
from marketplace.web.profile_forms import (
    AbsenceForm,
    FiguresForm,
    IdentityForm,
    ProofsForm,
    ReferenceForm,
    SeatForm,
    SiteForm,
)

structure_profile = Blueprint("structure_profile", __name__, url_prefix="/structures/<slug>/profil")

ID = "int(max=2147483647)"
CHANGES_PER_PAGE = 20
SAVED = "C'est enregistré."
TOO_MANY = "Vous en avez déjà cinquante\u00a0: retirez-en d'abord."


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
                signed_in().user_id,
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
        profile.remove_site(session, structure.id, site_id, signed_in().user_id, clock.now())
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
                signed_in().user_id,
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
        who, now = signed_in().user_id, clock.now()
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
    who, now = signed_in().user_id, clock.now()
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


def _structure(slug: str) -> Structure:
    """A structure that the person speaks for; the others are not there."""
    mine = spoken_for_by(signed_in()).where(Structure.slug == cleaned(slug))
    return db.session.scalars(mine).one()
