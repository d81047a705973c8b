"""Registers of structures: handed in, rehearsed, then taken in while the page tells how far."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.db import db
from marketplace.guards.roles import administrator_required
from marketplace.registers import pages
from marketplace.structures.import_tables import StructureImport

imports = Blueprint("imports", __name__, url_prefix="/admin/imports")

HOME = pages.Home("imports")


@imports.route("", methods=["GET", "POST"])
@administrator_required
def index() -> ResponseReturnValue:
    everything = select(StructureImport).order_by(StructureImport.id.desc())
    whose = joinedload(StructureImport.user), joinedload(StructureImport.network)
    return pages.index(
        HOME,
        lambda **shown: render_template("admin/imports/index.html", **shown),
        everything.options(*whose),
    )


@imports.route("/<int(max=2147483647):import_id>/colonnes", methods=["GET", "POST"])
@administrator_required
def columns(import_id: int) -> ResponseReturnValue:
    return pages.columns(
        HOME,
        lambda **shown: render_template("admin/imports/columns.html", **shown),
        _import(import_id),
    )


@imports.get("/<int(max=2147483647):import_id>")
@administrator_required
def show(import_id: int) -> ResponseReturnValue:
    return pages.show(
        HOME,
        lambda **shown: render_template("admin/imports/show.html", **shown),
        _import(import_id),
    )


@imports.post("/<int(max=2147483647):import_id>/lancer")
@administrator_required
def start(import_id: int) -> ResponseReturnValue:
    return pages.start(HOME, import_id)


@imports.post("/<int(max=2147483647):import_id>/abandonner")
@administrator_required
def give_up(import_id: int) -> ResponseReturnValue:
    return pages.give_up(HOME, import_id)


@imports.get("/<int(max=2147483647):import_id>/compte-rendu.xlsx")
@administrator_required
def report(import_id: int) -> ResponseReturnValue:
    return pages.report(_import(import_id))


def _import(import_id: int) -> StructureImport:
    return db.session.scalars(select(StructureImport).filter_by(id=import_id)).one()
