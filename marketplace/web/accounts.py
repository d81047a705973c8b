"""Opening an account, signing in and out, and the pages where mailed links lead."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import clock
from marketplace.accounts.changing_address import confirm_address as confirm_side
from marketplace.accounts.changing_password import reset_password
from marketplace.accounts.links import SLUGS, DeadLink, living
from marketplace.accounts.signing_in import ask_link, enter_by_link
from marketplace.accounts.signing_in import sign_in as sign_in_with
from marketplace.accounts.signing_up import (
    Profile,
    WrongPassword,
    send_verification,
    verify_address,
)
from marketplace.accounts.signing_up import sign_up as open_with
from marketplace.accounts.tables import AccountLink, LinkPurpose
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error
from marketplace.guards import sessions
from marketplace.guards.roles import even_unverified, viewer, visitor_ip
from marketplace.web.account_forms import (
    UNKNOWN,
    AddressForm,
    NewPasswordForm,
    PasswordForm,
    SignInForm,
    SignUpForm,
)

accounts = Blueprint("accounts", __name__)

LONGEST_TOKEN = 100
LONGEST_NEXT = 500
PROCONNECT_HINT = "proconnect hint"
"""What the session keeps of a sign-in by ProConnect, to sign out of it too."""
FIRST_PAGES = {Profile.BUYER: "organisations.find", Profile.STRUCTURE: "claims.find"}
"""Where a person goes once its address is confirmed."""

PAGES = {
    LinkPurpose.VERIFY_EMAIL: "accounts.verify",
    LinkPurpose.SIGN_IN: "accounts.enter",
    LinkPurpose.RESET_PASSWORD: "accounts.choose_password",
    LinkPurpose.LEAVE_ADDRESS: "accounts.confirm_address",
    LinkPurpose.CONFIRM_ADDRESS: "accounts.confirm_address",
    LinkPurpose.ERASE_ACCOUNT: "personal_data.confirm",
    LinkPurpose.LINK_IDENTITY: "oidc.confirm",
}
"""Where a mailed link leads, by its purpose."""
SIDES = {LinkPurpose.LEAVE_ADDRESS: "ancienne", LinkPurpose.CONFIRM_ADDRESS: "nouvelle"}


@accounts.route("/inscription", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.show"))
    form = SignUpForm(email=request.args.get("email", ""))
    if not form.validate_on_submit():
        page = render_template("web/accounts/sign_up.html", form=form)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        open_with(writing, form.account(), clock.now(), visitor_ip())
    return _mail_sent("sign_up", form.email.data)


@accounts.route("/connexion", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.show"))
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form)
    with transaction() as writing:
        user = sign_in_with(writing, form.email.data, form.password.data, visitor_ip())
        user_id = user.id if user else None
    if user_id is None:
        form.form_errors.append(UNKNOWN)
        return _sign_in_page(form)
    asked = session_next()
    sessions.enter(user_id, "password")
    return redirect(asked)


def _sign_in_page(form: SignInForm) -> ResponseReturnValue:
    return render_template("web/accounts/sign_in.html", form=form), 422 if form.errors else 200


def session_next() -> str:
    """Where the visitor was going, when that is a page of ours; else its dashboard."""
    asked = request.args.get("next") or session.get("going_to", "")
    return asked if _is_ours(asked) else url_for("dashboard.show")


def _is_ours(asked: str) -> bool:
    """A path of this site: browsers read a backslash as a slash, and skip what is not printed."""
    is_path = asked.startswith("/") and not asked.startswith("//")
    return is_path and "\\" not in asked and asked.isprintable()


@accounts.post("/deconnexion")
@even_unverified
def sign_out() -> ResponseReturnValue:
    hint = session.get(PROCONNECT_HINT)
    sessions.leave()
    flash("Vous êtes déconnecté.")
    if hint:
        session[PROCONNECT_HINT] = hint
        return redirect(url_for("oidc.leave"))
    return redirect(url_for("home.show"))


@accounts.route("/connexion/lien", methods=["GET", "POST"])
def magic_link() -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate_on_submit():
        page = render_template("web/accounts/magic_link.html", form=form)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        ask_link(writing, LinkPurpose.SIGN_IN, form.email.data, clock.now())
    return _mail_sent("magic_link", form.email.data)


@accounts.route("/mot-de-passe/oublie", methods=["GET", "POST"])
def forgotten_password() -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate_on_submit():
        page = render_template("web/accounts/forgotten_password.html", form=form)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        ask_link(writing, LinkPurpose.RESET_PASSWORD, form.email.data, clock.now())
    return _mail_sent("forgotten_password", form.email.data)


def _mail_sent(why: str, address: str) -> ResponseReturnValue:
    """The same page whether the address is known or not; the way that was asked for is kept."""
    session["mail_sent"] = [why, address]
    asked = request.args.get("next", "")
    if _is_ours(asked) and len(asked) <= LONGEST_NEXT:
        session["going_to"] = asked  # flask-login drops "next"
    return redirect(url_for("accounts.mail_sent"))


@accounts.get("/courriel-envoye")
def mail_sent() -> ResponseReturnValue:
    if "mail_sent" not in session:
        return redirect(url_for("accounts.sign_in"))
    why, address = session["mail_sent"]
    return render_template("web/accounts/mail_sent.html", why=why, address=address)


@accounts.get("/lien/<purpose>/<token>")
def follow(purpose: str, token: str) -> ResponseReturnValue:
    """A mailed link changes nothing: it leaves its token in the session, out of the address
    bar and of what other pages are told, for the page that asks for a click."""
    asked = next((known for known, slug in SLUGS.items() if slug == purpose), None)
    if asked not in PAGES:
        abort(404)
    session[f"link {asked}"] = token[:LONGEST_TOKEN]
    profile = request.args.get("profil", "")
    if profile in list(Profile):
        session["profile"] = profile
    return redirect(url_for(PAGES[asked], side=SIDES.get(asked)))


def _link(purpose: LinkPurpose) -> AccountLink:
    """The link that this browser followed. Raises DeadLink."""
    return living(db.session(), purpose, _token(purpose), clock.now())


def _token(purpose: LinkPurpose) -> str:
    token: str = session.get(f"link {purpose}", "")
    return token


@accounts.errorhandler(DeadLink)
def dead_link(_: DeadLink) -> ResponseReturnValue:
    return render_template("web/accounts/dead_link.html"), 410


@accounts.route("/inscription/confirmer", methods=["GET", "POST"])
def verify() -> ResponseReturnValue:
    link = _link(LinkPurpose.VERIFY_EMAIL)
    who = viewer()
    is_here = who is not None and who.user_id == link.user_id
    form = FrenchForm() if is_here else PasswordForm()
    address, user_id = link.address, link.user_id
    if not form.validate_on_submit():
        return _verify_page(form, address, is_here)
    try:
        with transaction() as writing:
            verify_address(
                writing,
                _token(LinkPurpose.VERIFY_EMAIL),
                None if is_here else form.password.data,
                who.user_id if who else None,
                clock.now(),
                visitor_ip(),
            )
    except WrongPassword:
        add_error(form.password, "Ce n'est pas le mot de passe choisi à l'inscription")
        return _verify_page(form, address, is_here)
    profile = session.get("profile")
    asked = url_for(FIRST_PAGES[Profile(profile)]) if profile else url_for("dashboard.show")
    going = session_next() if "going_to" in session else asked
    if is_here:
        sessions.renew()
    else:
        sessions.enter(user_id, "password")
    session.pop("profile", None)
    session.pop("going_to", None)
    flash("Votre adresse est confirmée\u00a0: bienvenue sur Tandem.", "success")
    return redirect(going)


def _verify_page(form: FrenchForm, address: str, is_here: bool) -> ResponseReturnValue:
    page = render_template(
        "web/accounts/verify.html", form=form, address=address, asks_password=not is_here
    )
    return page, 422 if form.errors else 200


@accounts.route("/confirmez-votre-adresse", methods=["GET", "POST"])
@even_unverified
def unverified() -> ResponseReturnValue:
    """All that a person sees whose address is not confirmed, with a way to be written again."""
    who = current_user
    if who.is_verified:
        return redirect(url_for("dashboard.show"))
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template("web/accounts/unverified.html", form=form)
    with transaction() as writing:
        send_verification(writing, who.user_id, clock.now())
    flash(f"Un nouveau message est parti à {who.email}.", "success")
    return redirect(url_for("accounts.unverified"))


@accounts.route("/connexion/entrer", methods=["GET", "POST"])
def enter() -> ResponseReturnValue:
    link = _link(LinkPurpose.SIGN_IN)
    was_verified = link.user.email_verified_at is not None
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template("web/accounts/enter.html", form=form, address=link.address)
    with transaction() as writing:
        user_id = enter_by_link(writing, _token(LinkPurpose.SIGN_IN), clock.now(), visitor_ip()).id
    asked = session_next()
    sessions.enter(user_id, "link")
    if not was_verified:
        flash(
            "Votre adresse est confirmée. Choisissez un mot de passe dans «\u00a0Mon compte\u00a0»."
        )
    return redirect(asked)


@accounts.route("/mot-de-passe/choisir", methods=["GET", "POST"])
def choose_password() -> ResponseReturnValue:
    link = _link(LinkPurpose.RESET_PASSWORD)
    form, name, address = NewPasswordForm(), link.user.full_name, link.address
    if not (form.validate_on_submit() and form.is_good_for(name, address)):
        page = render_template("web/accounts/choose_password.html", form=form, address=address)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        token = _token(LinkPurpose.RESET_PASSWORD)
        reset_password(writing, token, form.new_password.data, clock.now(), visitor_ip())
    flash("Votre mot de passe est changé. Connectez-vous avec le nouveau.", "success")
    return redirect(url_for("accounts.sign_in"))


@accounts.route("/adresse/<any(ancienne, nouvelle):side>/confirmer", methods=["GET", "POST"])
def confirm_address(side: str) -> ResponseReturnValue:
    is_new = side == SIDES[LinkPurpose.CONFIRM_ADDRESS]
    purpose = LinkPurpose.CONFIRM_ADDRESS if is_new else LinkPurpose.LEAVE_ADDRESS
    link = _link(purpose)
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template(
            "web/accounts/confirm_address.html", form=form, address=link.address, is_new=is_new
        )
    with transaction() as writing:
        is_changed = confirm_side(writing, purpose, _token(purpose), clock.now(), visitor_ip())
    if is_changed:
        flash("L'adresse de votre compte est changée.", "success")
    else:
        other = "l'ancienne" if is_new else "la nouvelle"
        flash(f"C'est noté. Confirmez aussi par le message envoyé à {other} adresse.", "success")
    is_in = current_user.is_authenticated
    return redirect(url_for("profile.show" if is_in else "accounts.sign_in"))
