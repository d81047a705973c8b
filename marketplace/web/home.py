"""The front page."""

from flask import Blueprint, render_template

from marketplace import clock
from marketplace.db import db
from marketplace.insights import figures

home = Blueprint("home", __name__)


@home.get("/")
def show() -> str:
    return render_template(
        "web/home/show.html", figures=figures.presence(db.session(), clock.now())
    )
