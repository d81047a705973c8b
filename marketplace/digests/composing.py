"""From a kind of message and its context, the subject, text and HTML that are sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from unicodedata import category

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from marketplace.config import tree

LONGEST_SUBJECT = 150
LONGEST_NAME = 80

_ADDRESS_LIKE = re.compile(r"://|@|\w\.\w{2,}|\bwww\b", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
"""But the spaces that no line breaks at."""
_BLANK_LINES = re.compile(r"\n\s*\n")
_JOINERS = "\u200c\u200d"
_inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Composed:
    subject: str
    text: str
    html: str


def compose(kind: str, context: Mapping[str, Any], base_url: str) -> Composed:
    """Fill the three templates of a kind, `<room>/<message>`.

    `link` is a path of ours, made absolute here: never from a request's Host header. People
    choose `name` and `by` themselves, so what would become a link in a mail that we sign
    is left out, and so is what hides or turns the direction of writing.

    Raises jinja2.TemplateError: no such kind, or its context lacks something.
    """
    values = _visible(dict(context))
    for chosen in ("name", "by"):
        values[chosen] = _speakable(values.get(chosen) or "")
    home = base_url.rstrip("/")
    values["home"] = home
    if "link" in values:
        values["link"] = f"{home}/{values['link'].lstrip('/')}"
    subject, text, html = (
        _environment().get_template(f"emails/{kind}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Composed(
        subject=_shortened(_SPACES.sub(" ", subject).strip(), LONGEST_SUBJECT),
        text=_BLANK_LINES.sub("\n\n", text).strip() + "\n",
        html=_inliner.inline(html),
    )


@cache
def kinds() -> tuple[str, ...]:
    """Every kind of message there is, in the order of the alphabet."""
    named = _environment().list_templates(filter_func=lambda name: name.startswith("emails/"))
    return tuple(sorted({name.split("/", 1)[1].rsplit("/", 1)[0] for name in named}))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(tree("templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _visible(value: Any) -> Any:
    """Without control characters, lone surrogates, nor marks that turn the writing."""
    if isinstance(value, str):
        return "".join(c for c in value if _is_visible(c))
    if isinstance(value, dict):
        return {key: _visible(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_visible(inner) for inner in value]
    return value


def _is_visible(c: str) -> bool:
    return c in "\n\t" or c in _JOINERS or category(c) not in {"Cc", "Cf", "Cs"}


def _speakable(name: str) -> str:
    """A person's name as we would say it, or nothing when it is a message of its own."""
    said = " ".join(name.split())
    return "" if len(said) > LONGEST_NAME or _ADDRESS_LIKE.search(said) else said


def _shortened(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
