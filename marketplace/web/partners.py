"""Who could answer a need together: groups suggested, and opened by whoever may."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import consortia as pure
from marketplace.answers import consortium_queries, grouping
from marketplace.answers.consortia import GroupRefused, Origin
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.lifecycle import Refused
from marketplace.db import db, transaction
from marketplace.forms import add_error
from marketplace.guards.roles import Viewer, buyer_required, sign_in_required
from marketplace.guards.scopes import (
    is_bought_by,
    may_see_shortlist,
    visible_groups,
    visible_needs,
)
from marketplace.matching.queries import JointMember, joint_groups
from marketplace.needs.amending import is_open_at
from marketplace.needs.queries import IN_FULL
from marketplace.needs.tables import Need
from marketplace.structures.queries import structures_of
from marketplace.structures.tables import Structure
from marketplace.web.consortia import MOST_PARTNERS, asking, sentence_of
from marketplace.web.consortium_forms import RULES, RuleForm, StartForm, start_form
from marketplace.web.needs import own_need

partners = Blueprint("partners", __name__)


@partners.get("/besoins/<slug>/groupements")
@sign_in_required
def index(slug: str) -> str:
    """Who could answer together, and the groups of this need that the person may see."""
    session, who = db.session(), asking()
    need = _need(slug, who)
    is_insider = may_see_shortlist(session, who, need)
    found = joint_groups(session, need)
    seen = session.scalars(visible_groups(who).where(Consortium.need_id == need.id)).all()
    groups = consortium_queries.groups_of_need(session, need.id)
    return render_template(
        "web/partners/index.html",
        need=need,
        groups=[group for group in groups if group in seen],
        suggested=[
            (number, members)
            for number, members in enumerate(found.groups)
            if len(members) > 1 and (is_insider or _is_among(who, members))
        ],
        is_coverable_alone=any(len(members) == 1 for members in found.groups),
        uncovered=found.uncovered,
        is_insider=is_insider,
        is_buyers=is_bought_by(who, need),
        is_open=is_open_at(need, clock.now()),
        rule_form=RuleForm(data={"rule": need.several_groups.value}),
        rules=RULES,
        pure=pure,
    )


@partners.post("/besoins/<slug>/groupements/regle")
@buyer_required
def rule(slug: str) -> ResponseReturnValue:
    """The buyer says whether a structure may be in two groups."""
    need, form = own_need(slug), RuleForm()
    if form.validate_on_submit():
        with transaction() as session:
            session.get_one(Need, need.id).several_groups = form.chosen()
        flash("Votre règle est enregistrée.", "success")
    else:
        flash("Choisissez une des réponses proposées.", "error")
    return redirect(url_for("partners.index", slug=slug))


@partners.route("/besoins/<slug>/groupements/nouveau", methods=["GET", "POST"])
@sign_in_required
def start(slug: str) -> ResponseReturnValue:
    """Open a group: a structure its own, the buyer or a facilitator one that they suggest."""
    session, who = db.session(), asking()
    need = _need(slug, who)
    if not is_open_at(need, clock.now()):
        flash(pure.SENTENCES[pure.Why.FROZEN], "error")
        return redirect(url_for("partners.index", slug=slug))
    origin = _origin(session, who, need)
    form, lots = _start_form(session, who, need, origin)
    if not form.validate_on_submit():
        page = render_template(
            "web/partners/start.html", form=form, need=need, origin=origin.value, lots=lots
        )
        return page, 422 if form.errors else 200
    by_slug = {one.slug: one for one in _structures(session, form)}
    other = _by_siret(session, form)
    if form.siret.data and other is None:
        add_error(form.siret, "Aucune structure active n'a ce SIRET sur Tandem")
    elif not form.partners.data and other is None:
        add_error(form.partners, "Choisissez au moins une structure")
    else:
        asked = [by_slug[named].id for named in form.partners.data or ()]
        asked += [other.id] if other else []
        lead, taken = by_slug[form.lead.data].id, {lot: by.id for lot, by in lots.items()}
        try:
            with transaction() as writing:
                group_id = grouping.open_group(
                    writing,
                    need.id,
                    lead,
                    asked,
                    who.user_id,
                    origin,
                    form.legal_form(),
                    clock.now(),
                    taken if set(taken.values()) == {lead, *asked} else None,
                ).id
        except (GroupRefused, Refused) as refused:
            form.form_errors.append(sentence_of(refused))
        else:
            flash("Le groupement est ouvert\u00a0: les structures sont invitées.", "success")
            return redirect(url_for("consortia.show", group_id=group_id))
    need = _need(slug, who)
    page = render_template(
        "web/partners/start.html", form=form, need=need, origin=origin.value, lots=lots
    )
    return page, 422


def _need(slug: str, who: Viewer) -> Need:
    """A published need, for its insiders and for structures. Raises NoResultFound."""
    named = visible_needs(who).where(Need.slug == slug, Need.published_at.is_not(None))
    need = db.session.scalars(named.options(*IN_FULL)).unique().one()
    if not who.is_structure_member and not may_see_shortlist(db.session(), who, need):
        abort(404)
    return need


def _is_among(who: Viewer, members: tuple[JointMember, ...]) -> bool:
    return any(member.structure.id in who.structure_ids for member in members)


def _origin(session: Session, who: Viewer, need: Need) -> Origin:
    if is_bought_by(who, need):
        return Origin.BUYER
    return Origin.FACILITATOR if may_see_shortlist(session, who, need) else Origin.STRUCTURE


def _start_form(
    session: Session, who: Viewer, need: Need, origin: Origin
) -> tuple[StartForm, dict[int, Structure]]:
    """Whom to choose among, with the suggested group that was asked for; and, of that group,
    who would take which lot."""
    possible = consortium_queries.possible_partners(session, need, MOST_PARTNERS)
    found = joint_groups(session, need)
    number = request.values.get("suggested", "")
    chosen = {str(n): group for n, group in enumerate(found.groups)}.get(number, ())
    listed = {one.id: one for one in [*(m.structure for m in chosen), *possible]}
    own = structures_of(session, who.structure_ids) if origin is Origin.STRUCTURE else []
    leads = own if origin is Origin.STRUCTURE else list(listed.values())
    others = [one for one in listed.values() if one not in own]
    takes = {m.structure.id: ", ".join(str(lot.number) for lot in m.lots) for m in chosen}
    form = start_form(
        {one.slug: one.display_name for one in leads},
        {one.slug: _called(one, takes.get(one.id, "")) for one in others},
        {
            "suggested": number if chosen else "",
            "partners": [m.structure.slug for m in chosen],
            "lead": next((m.structure.slug for m in chosen if m.structure in leads), None),
        },
    )
    return form, {lot.id: m.structure for m in chosen for lot in m.lots}


def _called(structure: Structure, lots: str) -> str:
    said = ", ".join(filter(None, (structure.display_name, structure.kind.value, structure.city)))
    return f"{said}\u00a0: prendrait le lot {lots}" if lots else said


def _structures(session: Session, form: StartForm) -> list[Structure]:
    named = [*(form.partners.data or ()), form.lead.data]
    return list(session.scalars(select(Structure).where(Structure.slug.in_(named))))


def _by_siret(session: Session, form: StartForm) -> Structure | None:
    digits = "".join(filter(str.isdigit, form.siret.data or ""))
    return session.scalars(select(Structure).filter_by(siret=digits, is_active=True)).first()
