"""A network's partner follows its structures: who they are, what was sent to them, what they
say to it. It decides nothing."""

from flask import Blueprint, render_template
from sqlalchemy import func, select

from marketplace import clock
from marketplace.db import db
from marketplace.forms import paging
from marketplace.guards.roles import partner_required, viewer
from marketplace.guards.scopes import followed_network, needs_sent_to, structures_of_network
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs import wording
from marketplace.structures.network_tables import Network

networks = Blueprint("networks", __name__, url_prefix="/reseaux")

PER_PAGE = 20


@networks.get("")
@partner_required
def index() -> str:
    who = viewer()
    assert who is not None, "the guard let a visitor in"  # noqa: S101 - for the type checker
    followed = select(Network).where(Network.id.in_(who.network_ids)).order_by(Network.code)
    return render_template("web/networks/index.html", networks=db.session.scalars(followed).all())


@networks.get("/<code>")
@partner_required
def show(code: str) -> str:
    """The structures of the network, with how many needs each was sent and answers."""
    session = db.session()
    network = followed_network(session, viewer(), code)
    wanted = structures_of_network(code)
    at = paging(session, wanted, PER_PAGE)
    structures = session.scalars(at.of(wanted)).all()
    sent = needs_sent_to(code).with_only_columns(
        Match.structure_id,
        func.count(),
        func.count().filter(Match.status.in_(ANSWERED)),
    )
    ids = [one.id for one in structures]
    counted = session.execute(
        sent.where(Match.structure_id.in_(ids)).order_by(None).group_by(Match.structure_id)
    )
    return render_template(
        "web/networks/show.html",
        network=network,
        structures=structures,
        counts={structure_id: (told, answered) for structure_id, told, answered in counted},
        at=at,
    )


@networks.get("/<code>/besoins")
@partner_required
def needs(code: str) -> str:
    """What was sent to the structures of the network, and where each stands with it."""
    session = db.session()
    network = followed_network(session, viewer(), code)
    wanted = needs_sent_to(code)
    at = paging(session, wanted, PER_PAGE)
    by_status = wanted.with_only_columns(Match.status, func.count()).order_by(None)
    counts = dict(session.execute(by_status.group_by(Match.status)).all())
    return render_template(
        "web/networks/needs.html",
        network=network,
        matches=[
            (match, wording.shown_buyer(match.need)) for match in session.scalars(at.of(wanted))
        ],
        figures=[
            (sum(counts.values()), "besoins envoyés"),
            (sum(counts.get(one, 0) for one in ANSWERED), "marques d'intérêt"),
            (counts.get(MatchStatus.DECLINED, 0), "refus"),
            (counts.get(MatchStatus.RETAINED, 0), "structures retenues"),
        ],
        at=at,
        today=clock.today(),
    )
