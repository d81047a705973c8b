"""The page of a group that answers together: joined, led, talked in."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import consortia as pure
from marketplace.answers import consortium_queries, grouping, joining, wording
from marketplace.answers.agreeing import are_shares_whole, as_answer, fingerprint_of
from marketplace.answers.answering import part_price
from marketplace.answers.consortia import ConsortiumStatus, GroupRefused, MemberStatus, Why
from marketplace.answers.consortium_queries import accepted_members, living_members
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.discussing import say as say_in_group
from marketplace.answers.lifecycle import Refused
from marketplace.db import db, transaction
from marketplace.forms import pressed
from marketplace.guards.roles import Viewer, sign_in_required, viewer
from marketplace.guards.scopes import (
    is_bought_by,
    on_desk_of,
    visible_groups,
)
from marketplace.needs import wording as need_wording
from marketplace.needs.amending import is_open_at
from marketplace.needs.queries import closed_on
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure
from marketplace.web.consortium_forms import SayForm

consortia = Blueprint("consortia", __name__)

ID = "int(max=2147483647)"

MOST_PARTNERS = 40


@consortia.get(f"/groupements/<{ID}:group_id>")
@sign_in_required
def show(group_id: int) -> str:
    return group_page(seen_group(group_id), SayForm())


@consortia.post(f"/groupements/<{ID}:group_id>/invitation")
@sign_in_required
def reply(group_id: int) -> ResponseReturnValue:
    """A structure accepts its invitation or not."""
    accepts = pressed("accepts", "yes", "no") == "yes"

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        joining.reply(session, group_id, acting.id, accepts=accepts, user_id=user_id, now=now)

    said = (
        "Vous faites partie du groupement." if accepts else "Vous ne rejoignez pas le groupement."
    )
    return act(group_id, deed, said, "Répondre à l'invitation")


@consortia.post(f"/groupements/<{ID}:group_id>/inviter")
@sign_in_required
def invite(group_id: int) -> ResponseReturnValue:
    asked = _named("invited")

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        is_sure = is_confirmed()
        grouping.invite(session, group_id, acting.id, asked.id, user_id, now, confirmed=is_sure)

    name = asked.display_name
    return act(group_id, deed, f"{name} est invitée.", f"Inviter {name}")


@consortia.post(f"/groupements/<{ID}:group_id>/retirer")
@sign_in_required
def remove(group_id: int) -> ResponseReturnValue:
    """The lead takes a member out; a member goes by naming itself."""
    gone = _named("gone")

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        is_sure = is_confirmed()
        if gone.id == acting.id:
            joining.leave(session, group_id, acting.id, user_id, now, confirmed=is_sure)
        else:
            joining.remove(session, group_id, acting.id, gone.id, user_id, now, confirmed=is_sure)

    name = gone.display_name
    said = f"{name} ne fait plus partie du groupement."
    return act(group_id, deed, said, f"Faire sortir {name} du groupement")


@consortia.post(f"/groupements/<{ID}:group_id>/mandataire")
@sign_in_required
def hand_over(group_id: int) -> ResponseReturnValue:
    lead = _named("lead")

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        is_sure = is_confirmed()
        joining.hand_over(session, group_id, acting.id, lead.id, user_id, now, confirmed=is_sure)

    name = lead.display_name
    said = f"{name} mène maintenant le groupement."
    return act(group_id, deed, said, f"Confier le mandat à {name}")


@consortia.post(f"/groupements/<{ID}:group_id>/dissoudre")
@sign_in_required
def dissolve(group_id: int) -> ResponseReturnValue:
    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        is_sure = is_confirmed()
        grouping.dissolve(session, group_id, acting.id, user_id, now, confirmed=is_sure)

    return act(group_id, deed, "Le groupement est dissous.", "Dissoudre le groupement")


@consortia.post(f"/groupements/<{ID}:group_id>/messages")
@sign_in_required
def say(group_id: int) -> ResponseReturnValue:
    """A member talks to the others; a facilitator does in the name of its desk."""
    group, form, who = seen_group(group_id), SayForm(), asking()
    if not is_inside(who, group):
        abort(404)
    if not form.validate_on_submit():
        return group_page(group, form), 422
    own = own_members(who, group)
    as_member = own[0].id if own else None
    try:
        with transaction() as session:
            say_in_group(
                session, group_id, as_member, who.user_id, form.words.data or "", clock.now()
            )
    except GroupRefused as refused:
        flash(refused.sentence, "error")
    return redirect(url_for("consortia.show", group_id=group_id, _anchor="discussion"))


def act(
    group_id: int,
    deed: Callable[[Session, Structure, int, datetime], object],
    said: str,
    asked: str,
) -> ResponseReturnValue:
    """Do something in a group in the name of the structure that the form names, and say so; ask
    once more before what `asked` says takes an answer back from the buyer."""
    group, who = seen_group(group_id), asking()
    acting = acting_structure(group)
    try:
        with transaction() as session:
            deed(session, acting, who.user_id, clock.now())
    except (GroupRefused, Refused) as refused:
        if is_to_confirm(refused):
            return confirm_page(group_id, asked)
        flash(sentence_of(refused), "error")
    else:
        flash(said, "success")
    is_still_seen = db.session.scalar(visible_groups(who).where(Consortium.id == group_id))
    if is_still_seen is None:
        return redirect(url_for("needs.show", slug=group.need.slug))
    return redirect(url_for("consortia.show", group_id=group_id))


def is_confirmed() -> bool:
    """Whether the person read that an answer goes, and goes on."""
    return request.form.get("confirmed") == "yes"


def is_to_confirm(refused: GroupRefused | Refused) -> bool:
    return isinstance(refused, GroupRefused) and refused.why is Why.TO_CONFIRM


def confirm_page(group_id: int, asked: str) -> str:
    """What comes of a change of a group whose answer was sent, before it is made."""
    group, who = seen_group(group_id), asking()
    own = {one.id for one in own_members(who, group)}
    return render_template(
        "web/consortia/confirm.html",
        group=group,
        need=group.need,
        buyer=need_wording.shown_buyer(group.need, is_bought_by(who, group.need)),
        asked=asked,
        others=[m.structure for m in accepted_members(group) if m.structure_id not in own],
        typed=[one for one in request.form.items(multi=True) if one[0] not in _OF_THE_PAGE],
    )


_OF_THE_PAGE = {"csrf_token", "confirmed"}


def sentence_of(refused: GroupRefused | Refused) -> str:
    if isinstance(refused, GroupRefused):
        return refused.sentence
    return wording.REFUSALS[refused.why]


def seen_group(group_id: int) -> Consortium:
    """A group that the person may see. Raises NoResultFound."""
    seen = visible_groups(asking()).where(Consortium.id == group_id)
    known = db.session.scalars(seen).one()
    whole = consortium_queries.whole_groups().where(Consortium.id == known.id)
    return db.session.scalars(whole).unique().one()


def own_members(who: Viewer, group: Consortium) -> list[Structure]:
    """The structures of a group, asked or in it, that a person speaks for: the lead first."""
    own = [m.structure for m in living_members(group) if m.structure_id in who.structure_ids]
    return sorted(own, key=lambda one: one.id != group.lead_id)


def acting_structure(group: Consortium) -> Structure:
    """The structure of the group in whose name a form is sent; 404 for another's."""
    own = own_members(asking(), group)
    wanted = request.form.get("structure", "")
    named = [one for one in own if wanted in ("", one.slug)]
    return named[0] if named else abort(404)


def is_inside(who: Viewer, group: Consortium) -> bool:
    """Whether a person reads what the group prepares: its members and the facilitators."""
    if own_members(who, group) or who.is_administrator:
        return True
    of_desk = select(Need.id).where(Need.id == group.need_id, on_desk_of(who))
    return db.session.scalar(of_desk) is not None


def group_page(group: Consortium, form: SayForm) -> str:
    session, who = db.session(), asking()
    own = own_members(who, group)
    accepted = {member.structure_id for member in accepted_members(group)}
    seen = fingerprint_of(session, group)
    need = group.need
    living = {member.structure_id for member in living_members(group)}
    leads = [one for one in own if one.id == group.lead_id and one.id in accepted]
    inside = is_inside(who, group)
    partners = consortium_queries.possible_partners(session, need, MOST_PARTNERS) if leads else []
    return render_template(
        "web/consortia/show.html",
        group=group,
        need=need,
        buyer=need_wording.shown_buyer(need, is_bought_by(who, need)),
        own=own,
        asked=[one for one in own if one.id not in accepted],
        engaged={
            one.id
            for one in own
            if consortium_queries.is_otherwise_engaged(session, need.id, one.id, group.id)
        },
        lead=leads[0] if leads else None,
        is_leaderless=joining.is_leaderless(group),
        is_inside=inside,
        is_open=is_open_at(need, clock.now()),
        closed_on=closed_on(session, need, clock.now()),
        is_buyers=is_bought_by(who, need),
        members=[(m, m.agreed_hash == seen) for m in group.members],
        accepted=accepted,
        are_shares_whole=are_shares_whole(group),
        draft=as_answer(group.content, need) if inside else None,
        files=consortium_queries.files_of_group(session, group) if inside else [],
        part_price=part_price,
        seen=seen,
        is_sent_so=_is_sent_so(group, seen),
        to_invite=[one for one in partners if one.id not in living],
        events=[
            event
            for event in consortium_queries.events_of(session, group.id)
            if inside or event.event in pure.TOLD_TO_BUYERS
        ],
        messages=consortium_queries.messages_of(session, group.id) if inside else [],
        form=form,
        pure=pure,
        is_agreed=all(
            m.agreed_hash == seen
            for m in group.members
            if m.structure_id in accepted - {group.lead_id}
        ),
        pending=[m for m in group.members if m.status is MemberStatus.INVITED],
    )


def _is_sent_so(group: Consortium, seen: str) -> bool:
    """Whether the buyer has the joint answer as it now is."""
    lead = next((m for m in group.members if m.structure_id == group.lead_id), None)
    is_sent = group.status is ConsortiumStatus.SENT
    return is_sent and lead is not None and lead.agreed_hash == seen


def asking() -> Viewer:
    """The person, whom a guard let in."""
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _named(field: str) -> Structure:
    """The structure that a field names. Raises NoResultFound."""
    slug = request.form.get(field, "").replace("\0", "")
    return db.session.scalars(select(Structure).where(Structure.slug == slug)).one()
