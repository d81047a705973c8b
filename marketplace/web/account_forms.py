"""What is asked of people who open an account, enter it, or prove that it is theirs."""

from flask import request
from wtforms import EmailField, Field, Form, PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from marketplace.accounts import addresses, passwords
from marketplace.accounts.signing_up import NewAccount, Profile
from marketplace.forms import FrenchForm, add_error, choices_of, one_line

PROFILES = {
    Profile.BUYER: "J'achète pour un organisme public",
    Profile.STRUCTURE: "Je travaille dans une structure inclusive",
}
UNKNOWN = "Adresse ou mot de passe inconnu. Vérifiez-les, puis réessayez."


def check_address(_: Form, field: Field) -> None:
    """A validator: an address that mail can be sent to."""
    if not addresses.is_address(field.data or ""):
        raise ValidationError("Saisissez une adresse complète, par exemple nom@mairie.fr")


class AddressForm(FrenchForm):
    email = EmailField(
        "Adresse électronique",
        [InputRequired("Saisissez votre adresse, par exemple nom@mairie.fr"), check_address],
        filters=[one_line],
    )


class SignInForm(FrenchForm):
    email = EmailField(
        "Adresse électronique",
        [InputRequired("Saisissez votre adresse, par exemple nom@mairie.fr"), Length(max=254)],
        filters=[one_line],
    )
    password = PasswordField(
        "Mot de passe",
        [InputRequired("Saisissez votre mot de passe"), Length(max=passwords.LONGEST)],
    )


class NewcomerForm(FrenchForm):
    """What is asked of whoever opens an account."""

    profile = RadioField(
        "Qui êtes-vous\u00a0?",
        [InputRequired("Dites si vous achetez ou si vous proposez")],
        choices=choices_of(PROFILES),
    )
    full_name = StringField(
        "Prénom et nom",
        [DataRequired("Saisissez votre prénom et votre nom"), Length(max=120)],
        filters=[one_line],
    )


class SignUpForm(AddressForm, NewcomerForm):
    password = PasswordField("Mot de passe", [InputRequired("Choisissez un mot de passe")])

    def validate_password(self, field: Field) -> None:
        refused = passwords.refusal(field.data, self.full_name.data or "", self.email.data or "")
        if refused:
            raise ValidationError(refused)

    def account(self) -> NewAccount:
        return NewAccount(
            email=self.email.data,
            full_name=self.full_name.data,
            password=self.password.data,
            profile=Profile(self.profile.data),
        )


class PasswordForm(FrenchForm):
    """What proves again that a person is who it is."""

    password = PasswordField(
        "Mot de passe",
        [InputRequired("Saisissez votre mot de passe"), Length(max=passwords.LONGEST)],
    )


class NewPasswordForm(FrenchForm):
    new_password = PasswordField(
        "Nouveau mot de passe", [InputRequired("Choisissez un mot de passe")]
    )

    def is_good_for(self, full_name: str, email: str) -> bool:
        refused = passwords.refusal(self.new_password.data, full_name, email)
        if refused:
            add_error(self.new_password, refused)
        return not refused


class ProofForm(FrenchForm):
    """What proves an account: its password, unless a mailed link is asked for instead."""

    password = PasswordField("Mot de passe", [Length(max=passwords.LONGEST)])

    @property
    def asks_for_mail(self) -> bool:
        return request.form.get("how") == "mail"

    def validate_password(self, field: Field) -> None:
        if not field.data and not self.asks_for_mail:
            raise ValidationError("Saisissez votre mot de passe, ou demandez un lien")


class AccountForm(ProofForm):
    email = EmailField(
        "Adresse de votre compte Tandem",
        [InputRequired("Saisissez votre adresse, par exemple nom@mairie.fr"), check_address],
        filters=[one_line],
    )
