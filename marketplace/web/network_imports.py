"""A network's partner brings the members of its network in, as an administrator imports a
register; structures.rights says what it may not change."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from marketplace.db import db
from marketplace.guards.roles import partner_required, viewer
from marketplace.guards.scopes import followed_network, imports_of_network
from marketplace.registers import pages
from marketplace.structures.import_tables import StructureImport
from marketplace.structures.network_tables import Network

network_imports = Blueprint("network_imports", __name__, url_prefix="/reseaux/<code>/imports")


@network_imports.route("", methods=["GET", "POST"])
@partner_required
def index(code: str) -> ResponseReturnValue:
    home, network = _home(code)
    return pages.index(
        home,
        lambda **shown: render_template("web/network_imports/index.html", network=network, **shown),
        imports_of_network(network.id).options(joinedload(StructureImport.user)),
    )


@network_imports.route("/<int(max=2147483647):import_id>/colonnes", methods=["GET", "POST"])
@partner_required
def columns(code: str, import_id: int) -> ResponseReturnValue:
    home, handed_in = _import(code, import_id)
    return pages.columns(
        home,
        lambda **shown: render_template(
            "web/network_imports/columns.html", network=home.network, **shown
        ),
        handed_in,
    )


@network_imports.get("/<int(max=2147483647):import_id>")
@partner_required
def show(code: str, import_id: int) -> ResponseReturnValue:
    home, handed_in = _import(code, import_id)
    return pages.show(
        home,
        lambda **shown: render_template(
            "web/network_imports/show.html", network=home.network, **shown
        ),
        handed_in,
    )


@network_imports.post("/<int(max=2147483647):import_id>/lancer")
@partner_required
def start(code: str, import_id: int) -> ResponseReturnValue:
    home, _ = _import(code, import_id)
    return pages.start(home, import_id)


@network_imports.post("/<int(max=2147483647):import_id>/abandonner")
@partner_required
def give_up(code: str, import_id: int) -> ResponseReturnValue:
    home, _ = _import(code, import_id)
    return pages.give_up(home, import_id)


@network_imports.get("/<int(max=2147483647):import_id>/compte-rendu.xlsx")
@partner_required
def report(code: str, import_id: int) -> ResponseReturnValue:
    _, handed_in = _import(code, import_id)
    return pages.report(handed_in)


def _home(code: str) -> tuple[pages.Home, Network]:
    """Raises NoResultFound: a 404 to who does not speak for the network."""
    network = followed_network(db.session(), viewer(), code)
    return pages.Home("network_imports", network, {"code": code}), network


def _import(code: str, import_id: int) -> tuple[pages.Home, StructureImport]:
    """Raises NoResultFound as `_home`, and for an import of another network, or of the
    administration."""
    home, network = _home(code)
    of_it = imports_of_network(network.id).where(StructureImport.id == import_id)
    return home, db.session.scalars(of_it).one()
