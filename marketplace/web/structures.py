"""Finding structures and their offers, the page of each, comparing some, checking a SIRET."""

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from marketplace import clock
from marketplace.db import db
from marketplace.forms import SiretForm, one_line
from marketplace.guards.roles import viewer
from marketplace.guards.scopes import may_see_contact
from marketplace.offers import wording
from marketplace.offers.narrowing import Face
from marketplace.offers.queries import (
    inferred_sectors_of,
    published_offers_of,
    published_offers_of_all,
)
from marketplace.offers.searching import names_like
from marketplace.sectors.aims import AIMS
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.structures.picturing import images_of
from marketplace.structures.queries import (
    by_name,
    references_of,
    sites_of,
    structures_named,
)
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.comparing import compared
from marketplace.web.finding import found_here
from marketplace.web.schema_org import described

structures = Blueprint("structures", __name__)

MOST_COMPARED = 4


@structures.get("/structures")
def index() -> str:
    """The structures that answer to words, a place and what is ticked; all of them by name."""
    return render_template("web/structures/index.html", **found_here(Face.STRUCTURES))


@structures.get("/offres")
def offers() -> str:
    """The same, offer by offer."""
    return render_template("web/structures/index.html", **found_here(Face.OFFERS))


@structures.get("/structures/suggerer")
def suggest() -> ResponseReturnValue:
    return jsonify(names_like(db.session(), request.args.get("q", "")))


@structures.get("/structures/verifier")
def verify() -> ResponseReturnValue:
    """Whether a SIRET is one of ours: which structures it carries, open or not."""
    form = SiretForm(request.args)
    if "siret" not in request.args:
        return render_template("web/structures/verify.html", form=form, found=None)
    if not form.validate():
        return render_template("web/structures/verify.html", form=form, found=None), 422
    same = by_name(select(Structure).where(Structure.siret == form.number))
    found = db.session.scalars(same).all()
    return render_template(
        "web/structures/verify.html",
        form=form,
        number=form.number,
        found=[structure for structure in found if structure.is_active],
        closed=[structure for structure in found if not structure.is_active],
    )


@structures.get("/structures/comparer")
def compare() -> ResponseReturnValue:
    """Up to four structures side by side; what does not exist, or is closed, is passed over."""
    session = db.session()
    slugs = list(dict.fromkeys(one_line(slug) for slug in request.args.getlist("s")))
    side_by_side = structures_named(session, slugs[:MOST_COMPARED])
    sold = published_offers_of_all(session, [structure.id for structure in side_by_side])
    return render_template(
        "web/structures/compare.html",
        structures=side_by_side,
        rows=compared(side_by_side, sold, gazetteer(session)),
        without=[
            url_for(
                "structures.compare", s=[one.slug for one in side_by_side if one is not structure]
            )
            for structure in side_by_side
        ],
        is_too_many=len(slugs) > MOST_COMPARED,
        most=MOST_COMPARED,
    )


@structures.get("/structures/<slug>")
def show(slug: str) -> str:
    session = db.session()
    structure = session.scalars(
        select(Structure).where(Structure.slug == slug, Structure.is_active)
    ).one()
    places, who = gazetteer(session), viewer()
    sold = published_offers_of(session, structure.id)
    place = naming.label(places, structure.commune_code) if structure.commune_code else None
    return render_template(
        "web/structures/show.html",
        structure=structure,
        is_own=who is not None and structure.id in who.structure_ids,
        may_see_contact=may_see_contact(who, structure),
        place=place,
        is_full=structure.absent_until is not None and structure.absent_until >= clock.today(),
        offers=[
            (offer, wording.sectors(offer), wording.coverage(offer, places), wording.holds(offer))
            for offer in sold
        ],
        inferred=inferred_sectors_of(session, sold),
        sold_sectors=sorted({one.sector_slug for offer in sold for one in offer.sectors}),
        labels=[LABELS[code] for code in structure.labels if code in LABELS],
        networks=[NETWORKS[code] for code in structure.networks if code in NETWORKS],
        aims=[
            AIMS[code].label
            for code in dict.fromkeys(
                [*structure.environmental_tags, *(t for o in sold for t in o.environmental_tags)]
            )
            if code in AIMS
        ],
        sites=[
            (site, naming.label(places, site.commune_code))
            for site in sites_of(session, structure.id)
        ],
        references=references_of(session, structure.id),
        images=images_of(session, structure.id),
        schema=described(structure, sold, url_for("structures.show", slug=structure.slug)),
        address=url_for("structures.show", slug=structure.slug),
    )
