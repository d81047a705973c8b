"""Posts to fill: opened by a desk, shared with prescribers, who count candidates by a link."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace import clock
from marketplace.clauses import post_links
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.filling_posts import (
    OpeningClosed,
    add_prescriber,
    change_posts,
    close_posts,
    count_candidates,
    open_posts,
    share_for,
    share_posts,
    take_out_prescriber,
)
from marketplace.clauses.informing import tell_counted
from marketplace.clauses.post_links import DeadLink
from marketplace.clauses.post_tables import Opening, OpeningShare, Prescriber
from marketplace.clauses.prescribers import LABELS, PrescriberKind, capacity
from marketplace.clauses.reported import PUBLICS, WORK_CONTRACTS, Public
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, choices_of, paging
from marketplace.guards.roles import facilitator_required
from marketplace.guards.scopes import openings_on_desk_of, prescribers_on_desk_of
from marketplace.moderation.tables import Desk
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.post_forms import (
    PostsForm,
    PrescriberForm,
    ShareForm,
    candidates_form,
    posts_shown,
)

posts = Blueprint("posts", __name__)

PER_PAGE = 20
CLOSED = "Ces postes sont fermés\u00a0: rien ne change, rien n'est envoyé."


@posts.get("/postes")
@facilitator_required
def index() -> str:
    session = db.session()
    wanted = openings_on_desk_of(current_user).order_by(
        Opening.closed_at.is_not(None), Opening.apply_until.desc(), Opening.id.desc()
    )
    at = paging(session, wanted, PER_PAGE)
    shown = at.of(wanted).options(
        joinedload(Opening.desk),
        selectinload(Opening.shares).selectinload(OpeningShare.counts),
    )
    places = gazetteer(session)
    return render_template(
        "web/posts/index.html",
        openings=[
            (one, naming.label(places, one.commune_code), _people(one.shares))
            for one in session.scalars(shown)
        ],
        at=at,
        today=clock.today(),
    )


@posts.route("/postes/ouvrir", methods=["GET", "POST"])
@facilitator_required
def add() -> ResponseReturnValue:
    """From nothing, or from a contract, which says where and until when."""
    contract = _contract()
    places = gazetteer(db.session())
    filled: dict[str, object] = {}
    if contract is not None:
        filled["desk"] = contract.desk_id
        commune = places.commune(contract.territory_code)
        filled["commune"] = naming.label(places, commune.code) if commune else ""
    form = PostsForm(_desks(), places, clock.today(), **filled)
    if not form.validate_on_submit():
        page = render_template("web/posts/add.html", form=form, contract=contract, opening=None)
        return page, 422 if form.errors else 200
    with transaction() as session:
        opening = open_posts(
            session,
            form.desk.data,
            form.said,
            contract.id if contract else None,
            current_user.user_id,
            clock.now(),
        )
    flash("Les postes sont ouverts\u00a0: choisissez à qui les envoyer.", "success")
    return redirect(url_for("posts.show", opening_id=opening.id))


@posts.route("/postes/<int(max=2147483647):opening_id>", methods=["GET", "POST"])
@facilitator_required
def show(opening_id: int) -> ResponseReturnValue:
    """What prescribers counted; posting tells more of them."""
    opening = _own(opening_id)
    told = {share.prescriber_id for share in opening.shares}
    others = _prescribers(opening.desk_id)
    form = ShareForm()
    form.prescribers.choices = choices_of(
        {one.id: f"{one.name} · {LABELS[one.kind]}" for one in others if one.id not in told}
    )
    if not form.validate_on_submit():
        return _opening_page(opening, form), 422 if form.errors else 200
    secret_key = current_app.config["SECRET_KEY"]
    chosen = form.prescribers.data or []
    try:
        with transaction() as session:
            count = share_posts(session, opening_id, chosen, secret_key, clock.now())
    except OpeningClosed:
        flash(CLOSED, "error")
    else:
        flash(f"Envoyés à {count} service{'s' if count > 1 else ''}.", "success")
    return redirect(url_for("posts.show", opening_id=opening_id))


@posts.route("/postes/<int(max=2147483647):opening_id>/modifier", methods=["GET", "POST"])
@facilitator_required
def change(opening_id: int) -> ResponseReturnValue:
    """As long as they are not closed, even once the last day to answer is over."""
    opening, places = _own(opening_id), gazetteer(db.session())
    shown = posts_shown(opening, naming.label(places, opening.commune_code))
    form = PostsForm([opening.desk], places, clock.today(), **shown)
    back = url_for("posts.show", opening_id=opening_id)
    if opening.closed_at is not None:
        flash(CLOSED, "error")
        return redirect(back)
    if not form.validate_on_submit():
        page = render_template(
            "web/posts/add.html", form=form, contract=opening.contract, opening=opening
        )
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            change_posts(session, opening_id, form.said)
    except OpeningClosed:
        flash(CLOSED, "error")
    else:
        flash(
            "Ces postes sont modifiés\u00a0: les services prévenus lisent la page à jour.",
            "success",
        )
    return redirect(back)


@posts.post("/postes/<int(max=2147483647):opening_id>/fermer")
@facilitator_required
def close(opening_id: int) -> ResponseReturnValue:
    _own(opening_id)
    with transaction() as session:
        close_posts(session, opening_id, clock.now())
    flash("Ces postes sont fermés\u00a0: leurs liens ne servent plus.")
    return redirect(url_for("posts.show", opening_id=opening_id))


@posts.route("/postes/prescripteurs", methods=["GET", "POST"])
@facilitator_required
def prescribers() -> ResponseReturnValue:
    form = PrescriberForm(_desks())
    if form.validate_on_submit():
        with transaction() as session:
            add_prescriber(
                session,
                form.desk.data,
                form.name.data or "",
                PrescriberKind(form.kind.data),
                form.email.data or "",
            )
        flash("Ce service est dans votre liste.", "success")
        return redirect(url_for("posts.prescribers"))
    known = prescribers_on_desk_of(current_user).order_by(Prescriber.name, Prescriber.id)
    page = render_template(
        "web/posts/prescribers.html",
        form=form,
        prescribers=[
            (one, LABELS[one.kind], capacity(one.kind)) for one in db.session().scalars(known)
        ],
    )
    return page, 422 if form.errors else 200


@posts.post("/postes/prescripteurs/<int(max=2147483647):prescriber_id>/retirer")
@facilitator_required
def take_out(prescriber_id: int) -> ResponseReturnValue:
    named = prescribers_on_desk_of(current_user).where(Prescriber.id == prescriber_id)
    if db.session().scalars(named).first() is None:
        abort(404)
    with transaction() as session:
        take_out_prescriber(session, prescriber_id)
    flash("Ce service est retiré de votre liste\u00a0: ce qu'il a compté reste.")
    return redirect(url_for("posts.prescribers"))


@posts.route("/postes/candidats/<token>", methods=["GET", "POST"])
def candidates(token: str) -> ResponseReturnValue:
    """A prescriber says how many it found, without an account and without a name."""
    try:
        ids = post_links.read(current_app.config["SECRET_KEY"], token)
        share = share_for(db.session(), *ids, clock.today())
    except DeadLink:
        return render_template("web/posts/dead.html"), 410
    opening = share.opening
    asked = [Public(code) for code in opening.publics] or list(Public)
    form = candidates_form(asked, share.counts)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                now = clock.now()
                tell_counted(session, count_candidates(session, *ids, form.counts(), now), now)
        except DeadLink:
            return render_template("web/posts/dead.html"), 410
        flash("C'est noté\u00a0: le guichet voit vos chiffres. Vous pouvez les changer.", "success")
        return redirect(url_for("posts.candidates", token=token))
    page = render_template(
        "web/posts/candidates.html",
        form=form,
        share=share,
        opening=opening,
        place=naming.label(gazetteer(db.session()), opening.commune_code),
        contract=WORK_CONTRACTS[opening.work_contract] if opening.work_contract else None,
        capacity=capacity(share.prescriber.kind),
    )
    return page, 422 if form.errors else 200


def _opening_page(opening: Opening, form: FrenchForm) -> str:
    found: dict[Public, list[int]] = {}
    for share in opening.shares:
        for one in share.counts:
            sums = found.setdefault(one.public, [0, 0, 0])
            for place, count in enumerate((one.people, one.women, one.in_qpv)):
                sums[place] += count
    return render_template(
        "web/posts/show.html",
        opening=opening,
        form=form,
        place=naming.label(gazetteer(db.session()), opening.commune_code),
        publics=[PUBLICS[Public(code)] for code in opening.publics],
        contract_kind=WORK_CONTRACTS[opening.work_contract] if opening.work_contract else None,
        by_public=[(PUBLICS[public], *found[public]) for public in Public if public in found],
        shares=[
            (share, LABELS[share.prescriber.kind], capacity(share.prescriber.kind))
            for share in opening.shares
        ],
        people=_people(opening.shares),
        in_qpv=sum(one.in_qpv for share in opening.shares for one in share.counts),
        is_open=opening.is_open_on(clock.today()),
    )


def _people(shares: Sequence[OpeningShare]) -> int:
    return sum(one.people for share in shares for one in share.counts)


def _desks() -> Sequence[Desk]:
    own = select(Desk).where(Desk.id.in_(current_user.desk_ids)).order_by(Desk.name)
    return db.session().scalars(own).all()


def _prescribers(desk_id: int) -> Sequence[Prescriber]:
    of_desk = prescribers_on_desk_of(current_user).where(Prescriber.desk_id == desk_id)
    return db.session().scalars(of_desk.order_by(Prescriber.name, Prescriber.id)).all()


def _contract() -> Contract | None:
    """That of the address, when a desk of this person follows it; another's is not there."""
    asked = request.args.get("contrat", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        abort(404)
    named = select(Contract).where(
        Contract.id == int(asked), Contract.desk_id.in_(current_user.desk_ids)
    )
    return db.session().scalars(named).first() or abort(404)


def _own(opening_id: int) -> Opening:
    """Posts of this person's desks; anybody else's are not there."""
    named = (
        openings_on_desk_of(current_user)
        .where(Opening.id == opening_id)
        .options(
            joinedload(Opening.desk),
            joinedload(Opening.contract),
            selectinload(Opening.shares).options(
                joinedload(OpeningShare.prescriber), selectinload(OpeningShare.counts)
            ),
        )
    )
    return db.session().scalars(named).first() or abort(404)
