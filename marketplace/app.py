"""The Flask application: extensions, blueprints, error pages, headers."""

import logging
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

import marketplace.all_tables  # noqa: F401 - a key may name a table that no page imports
from marketplace import clock, formats, jobs, siret
from marketplace.admin import (
    administration,
    buyers,
    desk,
    desk_hours,
    desk_needs,
    desk_offers,
    desks,
    directory,
    imports,
    mails,
    network_people,
    refusals,
    sectors,
    support,
    team,
    trail,
    users,
    watch,
)
from marketplace.answers import wording as answer_wording
from marketplace.api import bounces, feeds, health
from marketplace.config import Config, tree
from marketplace.db import db
from marketplace.files import contents, keeping
from marketplace.guards import limits, noting, sessions
from marketplace.guards.roles import viewer_in
from marketplace.matching import explaining
from marketplace.needs import wording
from marketplace.offers import wording as offer_wording
from marketplace.structures import kinds
from marketplace.web import (
    accounts,
    answers,
    claims,
    clauses,
    consortia,
    contract_changes,
    contract_links,
    contracts,
    cpv,
    crawlers,
    dashboard,
    drafts,
    exports,
    facilitators,
    figures,
    files,
    group_files,
    home,
    hours,
    invitations,
    joint_answers,
    lists,
    lot_life,
    lots,
    members,
    need_cutting,
    need_files,
    need_life,
    need_ranking,
    needs,
    network_imports,
    networks,
    notifications,
    offers,
    oidc,
    organisations,
    outcomes,
    pages,
    partners,
    personal_data,
    places,
    posts,
    potential,
    preferences,
    proconnect,
    profile,
    programming,
    proposals,
    questions,
    received,
    searches,
    sourcing_report,
    spending,
    steps,
    structure_images,
    structure_profile,
    structures,
    suggestions,
    territories,
    threads,
    unsubscribing,
)

logger = logging.getLogger(__name__)

BLUEPRINTS = (
    accounts.accounts,
    administration.administration,
    answers.answers,
    bounces.bounces,
    buyers.buyers,
    claims.claims,
    clauses.clauses,
    consortia.consortia,
    contract_changes.contract_changes,
    contract_links.contract_links,
    contracts.contracts,
    cpv.cpv,
    crawlers.crawlers,
    dashboard.dashboard,
    desk.desk,
    desk_needs.desk_needs,
    desk_hours.desk_hours,
    desk_offers.desk_offers,
    desks.desks,
    directory.directory,
    drafts.drafts,
    exports.exports,
    facilitators.facilitators,
    network_people.network_people,
    network_imports.network_imports,
    networks.networks,
    feeds.feeds,
    figures.figures,
    files.files,
    group_files.group_files,
    health.health,
    home.home,
    hours.hours,
    imports.imports,
    invitations.invitations,
    joint_answers.joint_answers,
    lists.lists,
    lot_life.lot_life,
    lots.lots,
    mails.mails,
    members.members,
    need_cutting.need_cutting,
    need_files.need_files,
    need_life.need_life,
    need_ranking.need_ranking,
    needs.needs,
    notifications.notifications,
    offers.offers,
    oidc.oidc,
    organisations.organisations,
    outcomes.outcomes,
    pages.pages,
    partners.partners,
    personal_data.personal_data,
    places.places,
    posts.posts,
    potential.potential,
    preferences.preferences,
    profile.profile,
    programming.programming,
    proposals.proposals,
    questions.questions,
    received.received,
    refusals.refusals,
    searches.searches,
    sectors.sectors,
    sourcing_report.sourcing_report,
    spending.spending,
    steps.steps,
    structure_images.structure_images,
    structure_profile.structure_profile,
    structures.structures,
    suggestions.suggestions,
    support.support,
    team.team,
    territories.territories,
    threads.threads,
    trail.trail,
    unsubscribing.unsubscribing,
    users.users,
    watch.watch,
)

CACHEABLE = frozenset({"feeds.deadline", "feeds.needs", "static"})
"""What says nothing of who asks: its answers say themselves how long they are good for."""


def create_app(config: Config | None = None) -> Flask:
    """Tandem's web application; it reads the environment when no config is given.

    Connects to nothing until a request asks for it.
    """
    config = config or Config()
    is_secure = config.public_base_url.startswith("https:")
    app = Flask(__name__, template_folder=str(tree("templates")))
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": True,
            "connect_args": {
                "connect_timeout": 5,
                "options": "-c statement_timeout=30000 -c timezone=UTC",
            },
        },
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        # "__Host-": browsers take it only over HTTPS, for this host alone, for the whole site.
        SESSION_COOKIE_NAME="__Host-session" if is_secure else "session",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,  # WTForms speaks French by itself: see forms.FrenchForm
        TRUSTED_HOSTS=_trusted_hosts(config),
        PUBLIC_BASE_URL=config.public_base_url,
        TILES_URL=config.tiles_url,
        TILES_ATTRIBUTION=config.tiles_attribution,
        RETENTION=config.retention,
        BOUNCES_SECRET=config.bounces_secret,
    )
    if config.trusted_proxies:
        proxies = config.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way in
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )
    app.extensions["celery"] = jobs.broker_for(config)
    keeping.init_app(app, config)
    db.init_app(app)
    Migrate(app, db, directory=str(tree("migrations")))
    _headers(app, config)
    noting.init_app(app)
    limits.init_app(app, config)  # before CSRF protection: a forged form counts too
    csrf = CSRFProtect(app)
    for signed in (bounces.receive, unsubscribing.stop):
        csrf.exempt(signed)  # machines call them, with a signature in place of a session
    _sign_in(app)
    _errors(app)
    _templates(app)
    proconnect.init_app(app, config)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _trusted_hosts(config: Config) -> list[str]:
    public = urlsplit(config.public_base_url).hostname or ""
    return [public, "127.0.0.1", "localhost", *config.trusted_hosts]


def _sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "accounts.sign_in"
    manager.login_message = "Connectez-vous pour continuer."
    manager.session_protection = None  # the session's row decides, not the address of a phone
    manager.user_loader(lambda token: viewer_in(db.session(), token, clock.now()))
    app.before_request(sessions.stamp_seen)


def _headers(app: Flask, config: Config) -> None:
    tiles = urlsplit(config.tiles_url)
    tiles_host = f" {tiles.scheme}://{tiles.netloc}".replace("{s}.", "*.") if tiles.netloc else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data:{tiles_host}; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )

    @app.before_request
    def name_the_request() -> None:
        g.reference = secrets.token_hex(4)
        if "\0" in request.path:
            abort(404)  # nothing of ours is named so, and PostgreSQL takes no null byte

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint not in CACHEABLE:
            response.headers["Cache-Control"] = "no-store"
        if config.public_base_url.startswith("https:"):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _errors(app: Flask) -> None:
    pages_there_are = {400, 403, 404, 405, 413, 429, 500, 503}

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        if isinstance(error, SecurityError):
            return "Hôte inconnu.", 400  # no page: we do not know our own address here
        if error.code is None or error.code < 400:
            return error.get_response()
        page = error.code if error.code in pages_there_are else 400 if error.code < 500 else 500
        answer = render_template(f"errors/{page}.html", reference=g.get("reference", ""))
        return answer, error.code, _allowed(error)

    @app.errorhandler(NoResultFound)
    def not_found(_: NoResultFound) -> ResponseReturnValue:
        return explain(NotFound())

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        logger.error("request %s failed", g.get("reference"), exc_info=error)
        # Not render_template: it asks who is signed in, and the database may be what failed.
        page = app.jinja_env.get_template("errors/500.html")
        return page.render(reference=g.get("reference", "")), 500


def _allowed(error: HTTPException) -> dict[str, str]:
    """A 405 says which methods there are."""
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    return {"Allow": ", ".join(sorted(allowed))} if allowed else {}


def _templates(app: Flask) -> None:
    app.jinja_env.filters.update(
        date=formats.short_date,
        long_date=formats.long_date,
        moment=formats.moment,
        number=formats.number,
        euros=formats.euros,
        percent=formats.percent,
        distance=formats.distance,
        file_size=contents.size_in_words,
        days_left=lambda day: formats.days_left(day, clock.today()),
        siret=siret.formatted,
    )
    app.jinja_env.globals.update(
        kind_label=kinds.LABELS.__getitem__,
        explaining=explaining,
        need_wording=wording,
        offer_wording=offer_wording,
        answer_wording=answer_wording,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
