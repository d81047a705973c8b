"""Every message that Tandem can write is whole, in its room, and renders."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from marketplace.config import PACKAGE, tree
from marketplace.digests.composing import compose, kinds
from marketplace.digests.examples import example_of
from marketplace.mail import Promise

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


ANYTHING = ".+"


@dataclass(frozen=True)
class Told:
    """A message as the table, or as a call of the code, says it: patterns, of which those of
    the table have an « x » for what changes. `where`: for who reads the failure."""

    where: str
    kind: str
    promise: str
    topic: str
    keys: tuple[str, ...]


def _rows() -> Iterator[Told]:
    """`| kind | trigger | recipient | promise | key | topic |`; a mail may have several keys."""
    for line in re.findall(r"^\| `\w+/\w+` .*$", MESSAGES, re.MULTILINE):
        kind, _, _, promise, key, topics = (cell.strip() for cell in line.split("|")[1:7])
        keys = tuple(re.sub("<.*?>", "x", one) for one in re.findall("`(.*?)`", key))
        for topic in topics.split(", "):
            yield Told(kind, kind.strip("`"), promise.replace(" ", "_"), topic, keys)


def _calls() -> Iterator[Told]:
    """Every `mail.post(…)` and `Draft(…)` of the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("mail.post", "Draft"):
                said = {word.arg: word.value for word in node.keywords if word.arg}
                module = importlib.import_module(name)
                yield Told(
                    f"{name}:{node.lineno}",
                    _pattern(said["kind"], module),
                    Promise[ast.unparse(said["promise"]).rpartition(".")[2]].value,
                    _pattern(said["topic"], module) if "topic" in said else "",
                    (_pattern(said["key"], module),),
                )


def _pattern(said: ast.expr, module: ModuleType) -> str:
    """A regular expression of what an expression may give."""
    if isinstance(said, ast.Constant):
        return re.escape(str(said.value))
    if isinstance(said, ast.JoinedStr):
        return "".join(_pattern(part, module) for part in said.values)
    if isinstance(said, ast.Subscript) and isinstance(said.slice, ast.Slice):
        return _pattern(said.value, module)
    known = getattr(module, said.id, None) if isinstance(said, ast.Name) else None
    return re.escape(known) if isinstance(known, str) else ANYTHING


def _agree(row: Told, call: Told) -> bool:
    return (
        re.fullmatch(call.kind, row.kind) is not None
        and row.promise == call.promise
        and re.fullmatch(call.topic, row.topic) is not None
        and any(re.fullmatch(pattern, key) for pattern in call.keys for key in row.keys)
    )


def test_what_the_table_of_messages_promises_is_what_the_code_does() -> None:
    rows, calls = list(_rows()), list(_calls())
    assert len(calls) > 20
    unkept = [row for row in rows if not any(_agree(row, call) for call in calls)]
    untold = [call for call in calls if not any(_agree(row, call) for row in rows)]
    assert (unkept, untold) == ([], [])
