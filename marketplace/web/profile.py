"""« Mon compte »: name, address, password, and the browsers that are signed in."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace import audit, clock
from marketplace.accounts import passwords
from marketplace.accounts.changing_address import ask_address
from marketplace.accounts.changing_password import change_password as set_password
from marketplace.accounts.queries import live_sessions
from marketplace.accounts.sessions import close_session, close_sessions
from marketplace.accounts.signing_in import is_password_of
from marketplace.accounts.tables import User, UserSession
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, one_line
from marketplace.guards import sessions
from marketplace.guards.roles import sign_in_required, visitor_ip
from marketplace.web.account_forms import AddressForm, NewPasswordForm

profile = Blueprint("profile", __name__, url_prefix="/mon-compte")

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
"""What a browser says of itself → what people call it; the first that is found."""


class NameForm(FrenchForm):
    full_name = StringField(
        "Prénom et nom",
        [
            InputRequired("Saisissez votre prénom et votre nom"),
            DataRequired("Saisissez votre prénom et votre nom"),
            Length(max=120),
        ],
        filters=[one_line],
    )


class _Confirmed(FrenchForm):
    """A form that asks for the present password again, of who has one."""

    password = PasswordField("Mot de passe actuel", [Length(max=passwords.LONGEST)])

    def is_confirmed_by(self, user: User) -> bool:
        if user.password_hash is None or is_password_of(user, self.password.data or ""):
            return True
        add_error(self.password, "Ce n'est pas votre mot de passe actuel")
        return False


class ChangeAddressForm(_Confirmed, AddressForm):
    pass


class ChangePasswordForm(_Confirmed, NewPasswordForm):
    pass


@profile.get("")
@sign_in_required
def show() -> str:
    user = db.session.get_one(User, current_user.user_id)
    return render_template("web/profile/show.html", has_password=user.password_hash is not None)


@profile.route("/nom", methods=["GET", "POST"])
@sign_in_required
def rename() -> ResponseReturnValue:
    form = NameForm(full_name=current_user.full_name)
    if not form.validate_on_submit():
        page = render_template("web/profile/rename.html", form=form)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        user = writing.get_one(User, current_user.user_id)
        user.full_name = form.full_name.data
        about = ("user", user.id)
        audit.note(
            writing, Action.CHANGED, actor_id=user.id, about=about, ip=visitor_ip(), field="name"
        )
    flash("Votre nom est changé.", "success")
    return redirect(url_for("profile.show"))


@profile.route("/adresse", methods=["GET", "POST"])
@sign_in_required
def change_address() -> ResponseReturnValue:
    form = ChangeAddressForm()
    user = db.session.get_one(User, current_user.user_id)
    if not (form.validate_on_submit() and form.is_confirmed_by(user)):
        page = render_template(
            "web/profile/change_address.html", form=form, has_password=bool(user.password_hash)
        )
        return page, 422 if form.errors else 200
    with transaction() as writing:
        ask_address(writing, current_user.user_id, form.email.data, clock.now())
    flash("Deux messages sont partis, à l'ancienne et à la nouvelle adresse : confirmez les deux.")
    return redirect(url_for("profile.show"))


@profile.route("/mot-de-passe", methods=["GET", "POST"])
@sign_in_required
def change_password() -> ResponseReturnValue:
    user = db.session.get_one(User, current_user.user_id)
    if user.password_hash is None:
        # A session alone does not set a password: it might be somebody else's by now.
        return redirect(url_for("accounts.forgotten_password"))
    form = ChangePasswordForm()
    is_good = (
        form.validate_on_submit()
        and form.is_confirmed_by(user)
        and form.is_good_for(user.full_name, user.email)
    )
    if not is_good:
        page = render_template("web/profile/change_password.html", form=form)
        return page, 422 if form.errors else 200
    with transaction() as writing:
        set_password(
            writing,
            current_user.user_id,
            form.new_password.data,
            current_user.session_id,
            clock.now(),
            visitor_ip(),
        )
    sessions.renew()
    flash("Votre mot de passe est changé. Vos autres appareils sont déconnectés.", "success")
    return redirect(url_for("profile.show"))


@profile.get("/appareils")
@sign_in_required
def devices() -> str:
    signed_in = db.session.scalars(live_sessions(current_user.user_id, clock.now())).all()
    return render_template(
        "web/profile/devices.html", devices=[(one, device(one.browser)) for one in signed_in]
    )


@profile.post("/appareils/<int(max=2147483647):session_id>/fermer")
@sign_in_required
def close_device(session_id: int) -> ResponseReturnValue:
    now, who = clock.now(), current_user
    mine = live_sessions(who.user_id, now).where(UserSession.id == session_id)
    db.session.scalars(mine).one()
    if session_id == who.session_id:
        sessions.leave()
        flash("Vous êtes déconnecté.")
        return redirect(url_for("home.show"))
    with transaction() as writing:
        close_session(writing, session_id, who.user_id, now)
        about = ("session", session_id)
        audit.note(
            writing, Action.SESSION_REVOKED, actor_id=who.user_id, about=about, ip=visitor_ip()
        )
    flash("Cet appareil est déconnecté.", "success")
    return redirect(url_for("profile.devices"))


@profile.post("/appareils/fermer-les-autres")
@sign_in_required
def close_other_devices() -> ResponseReturnValue:
    who = current_user
    with transaction() as writing:
        close_sessions(writing, who.user_id, clock.now(), who.session_id)
        about = ("user", who.user_id)
        audit.note(
            writing, Action.SESSION_REVOKED, actor_id=who.user_id, about=about, ip=visitor_ip()
        )
    flash("Vos autres appareils sont déconnectés.", "success")
    return redirect(url_for("profile.devices"))


def device(browser: str) -> str:
    """« Firefox sur Windows », from what a browser says of itself."""
    name = next((said for mark, said in BROWSERS.items() if mark in browser), "Navigateur inconnu")
    system = next((said for mark, said in SYSTEMS.items() if mark in browser), None)
    return f"{name} sur {system}" if system else name
