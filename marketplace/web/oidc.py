"""Signing in by ProConnect, and letting it open an account that one has already."""

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from hmac import compare_digest

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import audit, clock
from marketplace.accounts import linking
from marketplace.accounts.identity import Identity
from marketplace.accounts.linking import IdentityTaken, NotVerified
from marketplace.accounts.links import DeadLink, hash_of, living
from marketplace.accounts.signing_in import sign_in, user_of
from marketplace.accounts.signing_up import AddressTaken, Profile
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm
from marketplace.guards import sessions
from marketplace.guards.roles import sign_in_required, viewer, visitor_ip
from marketplace.web import proconnect
from marketplace.web.account_forms import UNKNOWN, AccountForm, NewcomerForm, ProofForm
from marketplace.web.accounts import (
    FIRST_PAGES,
    LONGEST_NEXT,
    PROCONNECT_HINT,
    session_next,
)
from marketplace.web.proconnect import NotSignedIn, Provider, ProviderAway

logger = logging.getLogger(__name__)

oidc = Blueprint("oidc", __name__)

HELD_FOR = timedelta(minutes=30)
"""How long somebody whom the provider named may take to say which account is theirs."""

_HELD, _NEXT, _WRITTEN_TO = "proconnect", "proconnect next", "proconnect mail"


@dataclass(frozen=True)
class Held:
    """Somebody whom the provider named and whom no account knows yet: kept by the browser."""

    identity: Identity
    hint: str
    until: float
    full_name: str = ""
    profile: str = ""
    proof_hash: str = ""


@oidc.before_request
def only_with_a_provider() -> None:
    if proconnect.provider() is None:
        abort(404)


@oidc.errorhandler(ProviderAway)
def away(error: ProviderAway) -> ResponseReturnValue:
    logger.warning("the identity provider does not answer: %s", error)
    return render_template("web/oidc/away.html"), 503


@oidc.errorhandler(NotSignedIn)
def refused(error: NotSignedIn) -> ResponseReturnValue:
    logger.warning("a sign-in by the identity provider failed: %s", error)
    with transaction() as writing:
        audit.note(
            writing, Action.SIGN_IN_REFUSED, actor_id=None, ip=visitor_ip(), means="proconnect"
        )
    return render_template("web/oidc/refused.html"), 400


@oidc.errorhandler(DeadLink)
def dead_link(_: DeadLink) -> ResponseReturnValue:
    return render_template("web/oidc/dead_link.html"), 410


@oidc.get("/connexion/proconnect")
def start() -> ResponseReturnValue:
    """Leave for the provider. A link, not a form: nothing changes but this browser's cookie,
    and browsers let no form lead out of the site."""
    going = session_next()
    session[_NEXT] = going if len(going) <= LONGEST_NEXT else url_for("dashboard.show")
    return proconnect.ask(_provider(), _outside("oidc.back"))


@oidc.get("/connexion/proconnect/retour")
def back() -> ResponseReturnValue:
    """Come back from the provider: signed in, or to say which account is one's own."""
    if request.args.get("error") == "access_denied":
        flash("Vous avez quitté ProConnect sans vous identifier.")
        return redirect(url_for("oidc.show" if viewer() else "accounts.sign_in"))
    identity, hint = proconnect.answer(_provider())
    known, who = linking.person_of(db.session(), identity), viewer()
    if known is not None:
        return _enter(known, hint)
    _hold(Held(identity, hint, (clock.now() + HELD_FOR).timestamp()))
    if who is not None or (identity.is_email_verified and _has_account(identity.email)):
        return redirect(url_for("oidc.attach"))
    return redirect(url_for("oidc.sign_up"))


def _enter(known: User, hint: str) -> ResponseReturnValue:
    """Sign in whoever this identity belongs to, unless somebody else already is."""
    who, user_id = viewer(), known.id
    if not known.is_active:
        raise NotSignedIn("closed account")
    if who is not None:
        told = "la vôtre ici" if who.user_id == user_id else "celle d'un autre compte"
        flash(f"Cette identité ProConnect est déjà {told}.")
        return redirect(url_for("oidc.show"))
    going = session.get(_NEXT, url_for("dashboard.show"))
    _sign_in(user_id, hint)
    return redirect(going)


def _sign_in(user_id: int, hint: str) -> None:
    sessions.enter(user_id, "proconnect")
    session[PROCONNECT_HINT] = hint


@oidc.route("/connexion/proconnect/rattacher", methods=["GET", "POST"])
def attach() -> ResponseReturnValue:
    """Prove, by its password or a mailed link, the account that ProConnect is to open."""
    held, who = _held(), viewer()
    if held is None:
        return _start_again()
    form = ProofForm() if who else AccountForm(email=held.identity.email)
    if not form.validate_on_submit():
        return _attach_page(form, held)
    email = who.email if who else form.email.data
    if form.asks_for_mail:
        with transaction() as writing:
            linking.ask_to_link(writing, email, clock.now())
        return _mail_sent(email)
    try:
        with transaction() as writing:
            user = sign_in(writing, email, form.password.data, visitor_ip())
            user_id = user.id if user else None
            if user_id is not None:
                linking.link(writing, user_id, held.identity, clock.now(), visitor_ip())
    except NotVerified:
        form.form_errors.append(
            "L'adresse de ce compte n'est pas encore confirmée : ouvrez d'abord le lien que "
            "vous avez reçu à l'inscription."
        )
        return _attach_page(form, held)
    if user_id is None:
        form.form_errors.append(UNKNOWN)
        return _attach_page(form, held)
    return _linked(user_id, held)


def _attach_page(form: ProofForm, held: Held) -> ResponseReturnValue:
    page = render_template("web/oidc/attach.html", form=form, identity=held.identity)
    return page, 422 if form.errors else 200


@oidc.route("/connexion/proconnect/confirmer", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Where the mailed link leads, by `accounts.follow`; only the browser that asked is heard."""
    token = session.get(f"link {LinkPurpose.LINK_IDENTITY}", "")
    held = _held()
    if held is None:
        raise DeadLink
    link = living(db.session(), LinkPurpose.LINK_IDENTITY, token, clock.now())
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template("web/oidc/confirm.html", form=form, address=link.address)
    with transaction() as writing:
        user_id = linking.link_by_mail(writing, token, held.identity, clock.now(), visitor_ip()).id
    return _linked(user_id, held)


def _linked(user_id: int, held: Held) -> ResponseReturnValue:
    who, going = viewer(), session.get(_NEXT, url_for("dashboard.show"))
    if who is not None and who.user_id == user_id:
        session.pop(_HELD)
        session[PROCONNECT_HINT] = held.hint
        going = url_for("oidc.show")
    else:
        _sign_in(user_id, held.hint)
    flash("ProConnect ouvre désormais votre compte.", "success")
    return redirect(going)


@oidc.route("/connexion/proconnect/inscription", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """Open an account for a newcomer; by mail first, when the provider vouches for no address."""
    held = _held()
    if held is None or viewer() is not None:
        return _start_again()
    form = NewcomerForm(full_name=held.identity.full_name)
    if not held.identity.email or not form.validate_on_submit():
        page = render_template("web/oidc/sign_up.html", form=form, identity=held.identity)
        return page, 422 if form.errors else 200
    name, profile = form.full_name.data, form.profile.data
    if held.identity.is_email_verified:
        return _open(held, name, profile)
    with transaction() as writing:
        proof_hash = linking.ask_for_proof(writing, held.identity, name, clock.now())
    until = (clock.now() + linking.PROOF_LASTS).timestamp()
    _hold(Held(held.identity, held.hint, until, name, profile, proof_hash))
    return _mail_sent(held.identity.email)


def _mail_sent(address: str) -> ResponseReturnValue:
    session[_WRITTEN_TO] = address
    return redirect(url_for("oidc.mail_sent"))


@oidc.get("/connexion/proconnect/courriel-envoye")
def mail_sent() -> ResponseReturnValue:
    """The same page whether the address is known or not."""
    if _WRITTEN_TO not in session:
        return _start_again()
    return render_template("web/oidc/mail_sent.html", address=session[_WRITTEN_TO])


@oidc.route("/connexion/proconnect/inscription/<token>", methods=["GET", "POST"])
def prove(token: str) -> ResponseReturnValue:
    """Where the mail to a newcomer leads; only the browser that asked for it is heard."""
    held, who = _held(), viewer()
    if held is None or who is not None or not compare_digest(held.proof_hash, hash_of(token)):
        raise DeadLink
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template("web/oidc/prove.html", form=form, address=held.identity.email)
    return _open(held, held.full_name, held.profile)


def _open(held: Held, full_name: str, profile: str) -> ResponseReturnValue:
    try:
        with transaction() as writing:
            user = linking.sign_up_with(
                writing, held.identity, full_name, clock.now(), visitor_ip()
            )
            user_id = user.id
    except AddressTaken:
        flash("Cette adresse a déjà un compte : montrez qu'il est à vous.")
        return redirect(url_for("oidc.attach"))
    _sign_in(user_id, held.hint)
    flash("Votre compte est ouvert : bienvenue sur Tandem.", "success")
    first_page = FIRST_PAGES[Profile(profile)]
    return redirect(url_for(first_page, siret=held.identity.siret or None))


@oidc.errorhandler(IdentityTaken)
def taken(_: IdentityTaken) -> ResponseReturnValue:
    flash("Cette identité ProConnect ouvre déjà un autre compte.", "error")
    return redirect(url_for("oidc.show" if viewer() else "accounts.sign_in"))


@oidc.get("/connexion/proconnect/sortie")
def leave() -> ResponseReturnValue:
    """After signing out here, sign out of the provider too; and where it sends people back.

    The browser leaves by `Refresh` and not by a redirection: what follows the form of the
    sign-out button may not lead out of the site.
    """
    hint = session.pop(PROCONNECT_HINT, "")
    out = proconnect.leaving(_provider(), hint, _outside("oidc.leave")) if hint else None
    if out is None:
        return redirect(url_for("home.show"))
    return render_template("web/oidc/leave.html", out=out), {"Refresh": f"0; url={out}"}


@oidc.get("/mon-compte/proconnect")
@sign_in_required
def show() -> str:
    mine = linking.identities_of(db.session(), current_user.user_id)
    return render_template("web/oidc/show.html", identities=mine)


@oidc.post("/mon-compte/proconnect/<int(max=2147483647):identity_id>/detacher")
@sign_in_required
def unlink(identity_id: int) -> ResponseReturnValue:
    try:
        with transaction() as writing:
            linking.unlink(writing, current_user.user_id, identity_id, visitor_ip())
    except linking.NoSuchIdentity:
        abort(404)
    session.pop(PROCONNECT_HINT, None)
    flash("Cette identité n'ouvre plus votre compte.", "success")
    return redirect(url_for("oidc.show"))


def _provider() -> Provider:
    """Of this application, which has one: see only_with_a_provider."""
    known = proconnect.provider()
    if known is None:
        raise ProviderAway
    return known


def _outside(endpoint: str) -> str:
    """The address by which the provider knows a page of ours, whatever Host is asked for."""
    return current_app.config["PUBLIC_BASE_URL"].rstrip("/") + url_for(endpoint)


def _has_account(email: str) -> bool:
    user = user_of(db.session(), email)
    return user is not None and (user.email_verified_at is not None or not user.is_active)


def _hold(held: Held) -> None:
    session[_HELD] = asdict(held)


def _held() -> Held | None:
    kept = session.get(_HELD)
    if kept is None or kept["until"] < clock.now().timestamp():
        return None
    return Held(**kept | {"identity": Identity(**kept["identity"])})


def _start_again() -> ResponseReturnValue:
    flash("Identifiez-vous de nouveau avec ProConnect.")
    return redirect(url_for("oidc.show" if viewer() else "accounts.sign_in"))
