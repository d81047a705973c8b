"""Every message that Tandem can write is whole, in its room, and renders."""

import re
from pathlib import Path

import pytest

from marketplace.config import PACKAGE, tree
from marketplace.digests.composing import compose, kinds
from marketplace.digests.examples import example_of

EMAILS = tree("templates") / "emails"
MESSAGES = (PACKAGE.parent / "docs" / "messages.md").read_text(encoding="utf-8")
FILES = sorted(path for path in EMAILS.rglob("*") if path.is_file())


def test_every_message_has_its_three_files_in_the_folder_of_its_room() -> None:
    folders = {path.parent for path in FILES}
    assert folders
    for folder in folders:
        room, _ = folder.relative_to(EMAILS).parts
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}
        assert (PACKAGE / room / "__init__.py").exists()


@pytest.mark.parametrize("kind", kinds())
def test_every_message_renders(kind: str) -> None:
    composed = compose(kind, example_of(kind), "https://tandem.example.fr")
    assert all((composed.subject, composed.text, composed.html))
    assert "{{" not in composed.text + composed.html


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_double_sign_never_starts_a_line_of_french(path: Path) -> None:
    words = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"[ ][:;?!»]|«[ ]", words)
    assert path.suffix == ".html" or "&nbsp;" not in words


def test_the_table_of_messages_names_every_one_and_no_other() -> None:
    assert sorted(re.findall(r"^\| `(\w+/\w+)` ", MESSAGES, re.MULTILINE)) == list(kinds())
