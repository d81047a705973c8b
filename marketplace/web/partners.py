"""Who could answer a need together: groups suggested, and opened by whoever may."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import consortia as pure
from marketplace.answers import consortium_queries, grouping
from marketplace.answers.consortia import GroupRefused, Origin
from marketplace.answers.consortium_queries import (
    RUNNING,
    Share,
    accepted_members,
    living_members,
)
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.eligibility import admits_some
from marketplace.answers.lifecycle import Refused
from marketplace.answers.ruling import set_rule
from marketplace.db import db, transaction
from marketplace.forms import add_error
from marketplace.guards.roles import Viewer, buyer_required, sign_in_required, visitor_ip
from marketplace.guards.scopes import (
    is_bought_by,
    may_see_shortlist,
    visible_groups,
    visible_needs,
)
from marketplace.matching.joint_queries import (
    JointGroup,
    JointGroups,
    Part,
    joint_groups,
    shares_among,
)
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
    found = joint_groups(session, need, clock.now())
    seen = session.scalars(visible_groups(who).where(Consortium.need_id == need.id)).all()
    groups = consortium_queries.groups_of_need(session, need.id)
    is_buyers = is_bought_by(who, need)
    suggested = _suggested(session, who, need, found, is_insider)
    return render_template(
        "web/partners/index.html",
        need=need,
        groups=[group for group in groups if group in seen],
        forming=[
            (len(living_members(group)), len(accepted_members(group)))
            for group in groups
            if is_buyers and group not in seen
        ],
        suggested=suggested,
        led=_led(groups, {lead.id for _, lead in suggested} if not is_insider else set()),
        leads_all=_leads_all(groups, who) and not is_insider,
        is_coverable_alone=found.is_coverable_alone,
        uncovered=found.uncovered,
        is_insider=is_insider,
        is_buyers=is_buyers,
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
    if not form.validate_on_submit():
        flash("Choisissez une des réponses proposées.", "error")
        return redirect(url_for("partners.index", slug=slug))
    try:
        with transaction() as session:
            who, ip, now = asking().user_id, visitor_ip(), clock.now()
            twice = set_rule(session, need.id, form.chosen(), who, now, ip)
    except GroupRefused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("partners.index", slug=slug))
    told = "structures répondent" if twice > 1 else "structure répond"
    warned = "elles sont prévenues et doivent" if twice > 1 else "elle est prévenue et doit"
    flash(
        f"Votre règle est enregistrée. {twice} {told} deux fois\u00a0: {warned} choisir."
        if twice
        else "Votre règle est enregistrée.",
        "success",
    )
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
    form = _start_form(session, who, need, origin)
    if not form.validate_on_submit():
        page = render_template("web/partners/start.html", form=form, need=need, origin=origin.value)
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
        lead, now = by_slug[form.lead.data].id, clock.now()
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
                    now,
                    _shares(writing, need, {lead, *asked}, now),
                ).id
        except (GroupRefused, Refused) as refused:
            form.form_errors.append(sentence_of(refused))
        else:
            flash("Le groupement est ouvert\u00a0: les structures sont invitées.", "success")
            return redirect(url_for("consortia.show", group_id=group_id))
    need = _need(slug, who)
    page = render_template("web/partners/start.html", form=form, need=need, origin=origin.value)
    return page, 422


def _need(slug: str, who: Viewer) -> Need:
    """A published need, for its insiders and for structures. Raises NoResultFound."""
    named = visible_needs(who).where(Need.slug == slug, Need.published_at.is_not(None))
    need = db.session.scalars(named.options(*IN_FULL)).unique().one()
    if not who.is_structure_member and not may_see_shortlist(db.session(), who, need):
        abort(404)
    return need


def _suggested(
    session: Session, who: Viewer, need: Need, found: JointGroups, is_insider: bool
) -> list[tuple[JointGroup, Structure]]:
    """The groups that a person is told of, each with the structure that would lead it: insiders
    all of them, led by whoever brings most; a structure those that it is in, which it leads."""
    if is_insider:
        return [(group, group.members[0].structure) for group in found.several]
    now = clock.now()
    return [
        (group, own)
        for own in structures_of(session, who.structure_ids)
        for group in joint_groups(session, need, now, including=own.id).several
    ]


@dataclass(frozen=True)
class Led:
    """The group that a structure leads for a need, and who is in it or asked to join."""

    group: Consortium
    structure_ids: frozenset[int]


def _led(groups: Sequence[Consortium], structure_ids: Collection[int]) -> dict[int, Led]:
    """By the id of each of these structures that leads one: it forms no other, it invites."""
    return {
        group.lead_id: Led(group, frozenset(m.structure_id for m in living_members(group)))
        for group in groups
        if group.lead_id in structure_ids and group.status in RUNNING
    }


def _leads_all(groups: Sequence[Consortium], who: Viewer) -> bool:
    """Whether each structure of a person leads a group already, so that it can open no other."""
    return bool(who.structure_ids) and who.structure_ids <= _led(groups, who.structure_ids).keys()


def _origin(session: Session, who: Viewer, need: Need) -> Origin:
    if is_bought_by(who, need):
        return Origin.BUYER
    return Origin.FACILITATOR if may_see_shortlist(session, who, need) else Origin.STRUCTURE


def _start_form(session: Session, who: Viewer, need: Need, origin: Origin) -> StartForm:
    """Whom to choose among, those that the address names being chosen, and told what they would
    take."""
    named = _named(session, need)
    possible = consortium_queries.possible_partners(session, need, MOST_PARTNERS)
    listed = {one.id: one for one in [*named, *possible]}
    own = structures_of(session, who.structure_ids) if origin is Origin.STRUCTURE else []
    leads = own if origin is Origin.STRUCTURE else list(listed.values())
    chosen = [one.slug for one in named]
    takes = shares_among(session, need, [one.id for one in named], clock.now())
    return start_form(
        {one.slug: one.display_name for one in leads},
        {
            one.slug: _called(one, takes.get(one.id, []))
            for one in listed.values()
            if one not in own
        },
        {
            "partners": chosen,
            "lead": next((one.slug for one in leads if one.slug in chosen), None),
        },
    )


def _named(session: Session, need: Need) -> list[Structure]:
    """The structures that a group is suggested of, or that a form is sent with."""
    slugs = [*request.values.getlist("lead"), *request.values.getlist("partners")]
    slugs = [slug.replace("\0", "") for slug in slugs[: MOST_PARTNERS + 1]]
    found = session.scalars(select(Structure).where(Structure.slug.in_(slugs), Structure.is_active))
    named = [one for one in found if admits_some(need, one.kind)]
    return sorted(named, key=lambda one: slugs.index(one.slug))


def _called(structure: Structure, parts: Sequence[Part]) -> str:
    said = ", ".join(filter(None, (structure.display_name, structure.kind.value, structure.city)))
    takes = ", ".join(
        (
            f"{part.percent}\u00a0% du lot {part.lot.number}"
            if part.percent < 100
            else f"lot {part.lot.number}"
        )
        if part.lot
        else f"{part.percent}\u00a0%"
        for part in parts
    )
    return f"{said}\u00a0: prendrait {takes}" if takes else said


def _shares(session: Session, need: Need, structure_ids: set[int], now: datetime) -> list[Share]:
    """A first idea of who takes what, which the group changes as it likes."""
    return [
        Share(structure_id, part.lot.id if part.lot else None, Decimal(part.percent))
        for structure_id, parts in shares_among(session, need, structure_ids, now).items()
        for part in parts
    ]


def _structures(session: Session, form: StartForm) -> list[Structure]:
    named = [*(form.partners.data or ()), form.lead.data]
    return list(session.scalars(select(Structure).where(Structure.slug.in_(named))))


def _by_siret(session: Session, form: StartForm) -> Structure | None:
    digits = "".join(filter(str.isdigit, form.siret.data or ""))
    return session.scalars(select(Structure).filter_by(siret=digits, is_active=True)).first()
