"""Signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.accounts.signing_in import WrongCredentials
from marketplace.accounts.signing_in import sign_in as sign_in_with
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm
from marketplace.guards.roles import sign_in_required, viewer_of

accounts = Blueprint("accounts", __name__)


class SignInForm(FrenchForm):
    email = EmailField(
        "Adresse électronique",
        [InputRequired("Saisissez votre adresse, par exemple nom@mairie.fr"), Length(max=254)],
    )
    password = PasswordField(
        "Mot de passe", [InputRequired("Saisissez votre mot de passe"), Length(max=200)]
    )


@accounts.route("/connexion", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.show"))
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form)
    try:
        with transaction() as writing:
            user = sign_in_with(writing, form.email.data, form.password.data, clock.now())
            user_id = user.id
    except WrongCredentials:
        form.form_errors.append("Adresse ou mot de passe inconnu. Vérifiez-les, puis réessayez.")
        return _sign_in_page(form)
    asked = session_next()
    session.clear()
    login_user(viewer_of(db.session(), user_id))
    return redirect(asked)


def _sign_in_page(form: SignInForm) -> ResponseReturnValue:
    return render_template("web/accounts/sign_in.html", form=form), 422 if form.errors else 200


def session_next() -> str:
    """Where the visitor was going, when that is a page of ours; else its dashboard."""
    asked = request.args.get("next", "")
    parts = urlsplit(asked)
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    if is_ours and not parts.scheme and not parts.netloc and asked.isprintable():
        return asked
    return url_for("dashboard.show")


@accounts.post("/deconnexion")
@sign_in_required
def sign_out() -> ResponseReturnValue:
    logout_user()
    session.clear()
    flash("Vous êtes déconnecté.")
    return redirect(url_for("home.show"))
