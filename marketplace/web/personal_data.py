"""« Mes données »: what Tandem knows of a person, to look at, take away or erase."""

from flask import (
    Blueprint,
    Response,
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
from flask_login import current_user, logout_user

from marketplace import audit, clock
from marketplace.accounts.links import DeadLink, living
from marketplace.accounts.signing_in import is_password_of
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error
from marketplace.guards.roles import even_unverified, sign_in_required, visitor_ip
from marketplace.retention.erasing import (
    AccountIsErased,
    Charge,
    MustHandOver,
    charges_of,
    erase_own_account,
    send_erasure_link,
)
from marketplace.retention.exporting import as_csv, as_json, everything_about
from marketplace.web.account_forms import PasswordForm
from marketplace.web.accounts import dead_link

personal_data = Blueprint("personal_data", __name__, url_prefix="/mes-donnees")
personal_data.register_error_handler(DeadLink, dead_link)

SECTIONS = {
    "compte": "Votre compte",
    "organismes": "Organismes pour lesquels vous achetez",
    "demandes_aux_organismes": "Organismes que vous avez demandé à rejoindre",
    "demandes_aux_organismes_decidees": "Demandes d'autres personnes que vous avez décidées",
    "appareils_connectes": "Navigateurs où vous vous êtes connecté",
    "liens_recus": "Liens reçus par courriel",
    "invitations_envoyees": "Invitations que vous avez envoyées",
    "invitations_recues": "Invitations que vous avez reçues",
    "identites_externes": "Comptes d'un autre service reliés au vôtre",
    "structures": "Structures dont vous faites partie",
    "demandes_aux_structures": "Structures que vous avez demandé à rejoindre",
    "demandes_aux_structures_decidees": "Demandes pour une structure que vous avez décidées",
    "modifications_des_structures": "Changements que vous avez faits au profil d'une structure",
    "reseaux": "Réseaux où vous êtes",
    "registres_importes": "Registres de structures que vous avez importés",
    "etapes_des_offres": "Étapes d'offres qui portent votre nom",
    "besoins_deposes": "Besoins que vous avez déposés",
    "etapes_des_besoins": "Étapes de besoins qui portent votre nom",
    "modifications_des_besoins": "Changements que vous avez faits à un besoin publié",
    "achats_prevus": "Achats prévus que vous avez annoncés",
    "achats_suivis": "Achats prévus dont vous attendez la publication",
    "listes": "Listes de structures que vous avez ouvertes",
    "structures_gardees": "Structures que vous avez gardées",
    "recherches_enregistrees": "Recherches que vous avez enregistrées",
    "colonnes_exportees": "Colonnes que vous avez choisies pour vos exports",
    "exports": "Exports que vous avez demandés",
    "etapes_des_correspondances": "Suites que vous avez données à des besoins ou à des structures",
    "reponses": "Réponses que vous avez écrites",
    "versions_de_reponses": "Versions de réponses que vous avez envoyées",
    "notes_sur_les_reponses": "Notes que vous avez prises sur des réponses",
    "relances": "Relances que vous avez envoyées",
    "questions_posees": "Questions que vous avez posées à des acheteurs",
    "reponses_aux_questions": "Questions auxquelles vous avez répondu",
    "messages": "Messages que vous avez écrits",
    "issues_de_besoins": "Résultats de besoins que vous avez notés",
    "avis": "Avis que vous avez donnés sur l'aide de Tandem",
    "etapes_des_groupements": "Étapes de groupements qui portent votre nom",
    "messages_des_groupements": "Messages que vous avez écrits dans un groupement",
    "propositions_de_changement": "Changements que vous avez proposés à un acheteur",
    "propositions_decidees": "Propositions de changement que vous avez décidées",
    "structures_invitees_a_publier": "Structures que vous avez invitées à publier une offre",
    "calculs_d_heures": "Calculs d'heures d'insertion que vous avez gardés",
    "contrats_ouverts": "Contrats que vous avez saisis",
    "modifications_des_contrats": "Changements que vous avez faits à un contrat",
    "postes_ouverts": "Postes que vous avez saisis",
    "releves_d_heures_envoyes": "Relevés d'heures que vous avez envoyés",
    "releves_d_heures_decides": "Relevés d'heures que vous avez validés ou questionnés",
    "versions_de_releves": "Versions de relevés d'heures que vous avez envoyées",
    "personnes_declarees": "Nombres de personnes que vous avez déclarés pour un guichet",
    "depenses_importees": "Fichiers de dépenses que vous avez importés",
    "etudes_de_potentiel": "Études de potentiel que vous avez lancées",
    "fichiers_joints": "Fichiers que vous avez joints",
    "notifications": "Notifications que vous avez reçues",
    "rythmes_des_courriels": "Rythme que vous avez choisi pour vos courriels",
    "reglages_des_courriels": "Réglages de vos courriels",
    "guichets": "Guichets où vous êtes facilitateur",
    "decisions": "Décisions que vous avez prises",
    "dossiers_suivis": "Dossiers de guichet que vous suivez",
    "notes_de_guichet": "Notes et ajustements que vous avez écrits à un guichet",
    "courriels": "Courriels que nous vous avons adressés",
    "journal": "Lignes du journal de sécurité",
}
"""What each section of the export is called on the page."""

FORMATS = {
    "json": ("application/json", as_json),
    "csv": ("text/csv", as_csv),
}
ERASED = "Votre compte est effacé, et vous êtes déconnecté."


@personal_data.get("")
@even_unverified
def show() -> str:
    found = everything_about(db.session(), current_user.user_id)
    return render_template(
        "web/personal_data/show.html",
        held=[(SECTIONS[section], len(rows)) for section, rows in found.items() if rows],
        retention=current_app.config["RETENTION"],
    )


@personal_data.post("/telecharger")
@even_unverified
def export() -> ResponseReturnValue:
    """A POST, since the trail says that it was taken."""
    format_asked = request.form.get("format", "")
    if format_asked not in FORMATS:
        abort(400)
    mimetype, written_as = FORMATS[format_asked]
    with transaction() as writing:
        audit.note(
            writing,
            audit.Action.EXPORTED,
            actor_id=current_user.user_id,
            about=("user", current_user.user_id),
            ip=visitor_ip(),
            format=format_asked,
        )
        text = written_as(everything_about(writing, current_user.user_id))
    name = f"tandem-mes-donnees-{clock.today().isoformat()}.{format_asked}"
    disposition = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(text, mimetype=mimetype, headers=disposition)


@personal_data.route("/effacer", methods=["GET", "POST"])
@even_unverified
def erase() -> ResponseReturnValue:
    reading = db.session()
    user = reading.get_one(User, current_user.user_id)
    charges = charges_of(reading, user.id)
    form = PasswordForm()
    if not form.validate_on_submit():
        return _erase_page(form, user, charges)
    if not is_password_of(user, form.password.data):
        add_error(form.password, "Ce n'est pas votre mot de passe")
        return _erase_page(form, user, charges)
    return _erase()


def _erase_page(form: PasswordForm, user: User, charges: list[Charge]) -> ResponseReturnValue:
    page = render_template(
        "web/personal_data/erase.html",
        form=form,
        charges=charges,
        has_password=user.password_hash is not None,
    )
    return page, 422 if form.errors else 200


@personal_data.post("/effacer/lien")
@sign_in_required
def send_link() -> ResponseReturnValue:
    """The other proof, for who has no password or has forgotten it."""
    with transaction() as writing:
        send_erasure_link(writing, current_user.user_id, clock.now())
    flash(f"Un lien est parti à {current_user.email}. Il fonctionne pendant une heure.", "success")
    return redirect(url_for("personal_data.erase"))


@personal_data.route("/effacer/confirmer", methods=["GET", "POST"])
@sign_in_required
def confirm() -> ResponseReturnValue:
    """Where the mailed link leads, in the browser of the person who asked for it."""
    token = session.get(f"link {LinkPurpose.ERASE_ACCOUNT}", "")
    link = living(db.session(), LinkPurpose.ERASE_ACCOUNT, token, clock.now())
    if link.user_id != current_user.user_id:
        abort(404)
    form = FrenchForm()
    if not form.validate_on_submit():
        return render_template("web/personal_data/confirm.html", form=form)
    return _erase()


def _erase() -> ResponseReturnValue:
    """Erase the account of who is signed in, which has just proved who it is."""
    try:
        with transaction() as writing:
            erase_own_account(writing, current_user.user_id, clock.now(), visitor_ip())
    except MustHandOver:
        flash("Passez d'abord la main : vous êtes seul à gérer ce qui suit.", "warning")
        return redirect(url_for("personal_data.erase"))
    except AccountIsErased:
        pass  # from another window, an instant ago
    logout_user()
    session.clear()
    flash(ERASED, "success")
    return redirect(url_for("home.show"))
