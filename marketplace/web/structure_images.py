"""The logo and photos of a structure: shown to everybody, chosen by who speaks for it."""

import logging
from typing import BinaryIO, cast

from flask import Blueprint, Response, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from wtforms import RadioField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.files.contents import IMAGES, LARGEST_MB, MEDIA_TYPES, Refused, ending_names
from marketplace.files.keeping import Missing
from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import open_stored
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.guards.roles import signed_in, structure_member_required
from marketplace.guards.scopes import spoken_for_by
from marketplace.structures.picturing import (
    MOST_PHOTOS,
    TooManyPhotos,
    add_photo,
    images_of,
    remove_image,
    set_logo,
)
from marketplace.structures.tables import Structure, StructureImage
from marketplace.web.files import SHUT_IN
from marketplace.web.uploads import ImageField

structure_images = Blueprint("structure_images", __name__)

logger = logging.getLogger(__name__)

LOGO, PHOTO = "logo", "photo"
ENOUGH = f"Votre fiche montre déjà {MOST_PHOTOS} photos : retirez-en une d'abord"


class ImageForm(FrenchForm):
    what = RadioField(
        "Que montrez-vous ?",
        [InputRequired("Dites si c'est votre logo ou une photo")],
        choices=choices_of({LOGO: "Votre logo, à la place du précédent", PHOTO: "Une photo"}),
    )
    image = ImageField("Image")
    alt = StringField(
        "Ce que montre la photo",
        [Length(max=200, message="La description dépasse 200 caractères")],
        filters=[one_line],
    )

    def validate_image(self, field: ImageField) -> None:
        if not field.data and not field.errors:
            raise ValidationError("Choisissez une image")

    def validate_alt(self, field: StringField) -> None:
        if self.what.data == PHOTO and not field.data:
            raise ValidationError("Décrivez la photo pour les personnes qui ne la voient pas")


@structure_images.get("/structures/<slug>/images/<key>")
def show(slug: str, key: str) -> Response:
    """Drawn anew by us when it came in: it may stand in our pages."""
    shown = (
        select(StoredFile)
        .join(StructureImage, StructureImage.file_id == StoredFile.id)
        .join(Structure, Structure.id == StructureImage.structure_id)
        .where(StoredFile.key == key, Structure.slug == slug, Structure.is_active)
    )
    file = db.session.scalars(shown).one()
    try:
        data = open_stored(file)
    except Missing:
        logger.error("the bytes of the stored file %s are lost", key)
        abort(404)
    answer = send_file(data, mimetype=MEDIA_TYPES[file.format], download_name=file.name)
    answer.content_length = file.size
    answer.headers["Content-Security-Policy"] = SHUT_IN
    return answer


@structure_images.route("/structures/<slug>/images", methods=["GET", "POST"])
@structure_member_required
def index(slug: str) -> ResponseReturnValue:
    structure, form = _own(slug), ImageForm()
    if not form.is_submitted():
        return _page(structure, form), 200
    if form.validate():
        try:
            _keep(structure, form)
        except Refused as error:
            add_error(form.image, f"{error}.")
        except TooManyPhotos:
            add_error(form.image, f"{ENOUGH}.")
        else:
            what = "logo est affiché" if form.what.data == LOGO else "photo est affichée"
            flash(f"Votre {what} sur votre fiche.")
            return redirect(url_for("structure_images.index", slug=slug))
    return _page(structure, form), 422


def _keep(structure: Structure, form: ImageForm) -> None:
    sent = cast(FileStorage, form.image.data)
    data, name, now = cast(BinaryIO, sent.stream), sent.filename or "", clock.now()
    who = signed_in().user_id
    with transaction() as session:
        if form.what.data == LOGO:
            set_logo(session, structure.id, data, name, who, now)
        else:
            add_photo(session, structure.id, data, name, form.alt.data or "", who, now)


@structure_images.post("/structures/<slug>/images/<key>/retirer")
@structure_member_required
def remove(slug: str, key: str) -> ResponseReturnValue:
    structure = _own(slug)
    with transaction() as session:
        if not remove_image(session, structure.id, key):
            abort(404)
    flash("L'image est retirée.")
    return redirect(url_for("structure_images.index", slug=slug))


def _own(slug: str) -> Structure:
    mine = spoken_for_by(signed_in()).where(Structure.slug == cleaned(slug))
    return db.session.scalars(mine).one()


def _page(structure: Structure, form: ImageForm) -> str:
    return render_template(
        "web/structure_images/index.html",
        structure=structure,
        form=form,
        images=images_of(db.session(), structure.id),
        formats=ending_names(IMAGES),
        largest_mb=LARGEST_MB,
        most=MOST_PHOTOS,
    )
