"""Pages that say how the service works and by what rules."""

from flask import Blueprint, current_app, render_template

pages = Blueprint("pages", __name__)


@pages.get("/classement")
def ranking() -> str:
    return render_template("web/pages/ranking.html")


@pages.get("/mentions-legales")
def legal() -> str:
    return render_template("web/pages/legal.html")


@pages.get("/accessibilite")
def accessibility() -> str:
    return render_template("web/pages/accessibility.html")


@pages.get("/donnees-personnelles")
def privacy() -> str:
    return render_template("web/pages/privacy.html", retention=current_app.config["RETENTION"])


@pages.get("/licences")
def licences() -> str:
    return render_template("web/pages/licences.html")


@pages.get("/plan-du-site")
def sitemap() -> str:
    return render_template("web/pages/sitemap.html")
