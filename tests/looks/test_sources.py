"""What no template and no script may hold."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [
    path
    for path in TEMPLATES
    if path.relative_to(ROOT / "templates").parts[0] not in {"parts", "layout", "emails"}
]
MAILS = {ROOT / "templates" / "layout" / "email.html"} | {
    path for path in TEMPLATES if "emails" in path.parts
}
"""Mails bring their own style sheet, inlined when they are composed."""
SCRIPTS = sorted((ROOT / "marketplace" / "static" / "js").glob("*.js"))
STYLES = ROOT / "marketplace" / "static" / "css" / "tandem.css"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_lets_no_markup_nor_inline_code_through(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    markup = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.S)
    assert not re.search(r"\|\s*safe\b|Markup\(|autoescape false", source)
    assert not re.search(r"\son[a-z]+\s*=", markup)
    assert not re.search(r"javascript:", source)
    assert path in MAILS or not re.search(r"\sstyle\s*=|<style", markup)
    for opening in re.findall(r"<script[^>]*>", markup):
        is_data = re.search(r'type="application/(ld\+)?json"', opening)
        assert "src=" in opening or is_data


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_only_parts_and_layouts_know_class_names(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.parent.name == "errors":
        source = source.replace('class="btn btn-primary"', "").replace(
            'class="btn btn-outline-primary"', ""
        )
    assert not re.search(r"\sclass\s*=", source)


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_a_script_writes_text_never_markup(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", source)
    assert not re.search(r"https?://", source)


def test_every_class_that_a_part_names_is_ours_or_known_to_bootstrap() -> None:
    """A class that no rule mentions is a misspelling or a leftover."""
    css = STYLES.read_text(encoding="utf-8")
    bootstrap = {"visually-hidden", "form-check", "input-group"}
    named_by_parts = {
        name
        for path in set(TEMPLATES) - MAILS
        for names in re.findall(r'class="([^"{}]+)"', path.read_text(encoding="utf-8"))
        for name in names.split()
        if not name.startswith("bi-")
    }
    assert {name for name in named_by_parts - bootstrap if f".{name}" not in css} == set()
