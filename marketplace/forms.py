"""What the forms of all faces share: French messages, and cleaned words."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.fields import SelectChoice

FARTHEST_PAGE = 10_000


class FrenchForm(FlaskForm):
    """WTForms' own messages in French; texts lose what no one can see."""

    class Meta(FlaskForm.Meta):
        locales = ("fr",)


def cleaned(words: str | None) -> str:
    """Without null bytes, marks that turn the direction of writing, nor outer spaces."""
    lines = (words or "").replace("\r\n", "\n")
    spaced = "".join(" " if c.isspace() and c not in "\n\t" else c for c in lines)
    return "".join(c for c in spaced if c.isprintable() or c in "\n\t").strip()


def one_line(words: str | None) -> str:
    return " ".join(cleaned(words).split())


def add_error(field: Field, message: str) -> None:
    """Say what is wrong beside a field, after validation."""
    errors: Sequence[Any] = field.errors
    field.errors = [*errors, message]


def choices_of(labels: Mapping[Any, str]) -> list[SelectChoice]:
    """The choices of a field, from the label of each value."""
    return [SelectChoice(value, label) for value, label in labels.items()]


def page_asked() -> int:
    """The page of a list that the address asks for, from 1, never farther than a database can
    count."""
    return min(max(1, request.args.get("page", 1, type=int)), FARTHEST_PAGE)
