"""French wants a no-break space before : ; ? ! » and after «: a line never begins with a mark."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = re.compile(r' (?:[:;?!](?=[\s"»<]|$)|»)|« ')
"""English never puts a space there: what a log or a command says does not match."""
PATTERN = re.compile(r"\(\?|\)\?|\\[bd]|\[[^]]*\]\?")
"""A regular expression, where a question mark makes a space optional."""
READ_BY_NOBODY = {"matching/generating.py"}
"""Words of invented offers, made to measure the ranking."""
TYPED_AGAIN = {"needs/questions.py"}
"""What a buyer picks there is kept as if it had been typed, with plain spaces."""

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
SCRIPT_STRING = re.compile(r'"[^"\n]*"|`[^`]*`')


def said_in_python(path: Path) -> Iterator[tuple[int, str]]:
    """Each text of a module but its docstrings, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unsaid = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unsaid
        ):
            yield node.lineno, node.value


def test_no_sentence_of_the_code_breaks_before_a_mark() -> None:
    folder = ROOT / "marketplace"
    spared = {folder / name for name in READ_BY_NOBODY | TYPED_AGAIN}
    broken = [
        f"{path.relative_to(ROOT)}:{line}: {words}"
        for path in sorted({*folder.rglob("*.py")} - spared)
        for line, words in said_in_python(path)
        if PLAIN.search(words) and not PATTERN.search(words)
    ]
    assert broken == []


def test_no_sentence_of_a_page_or_of_a_mail_breaks_before_a_mark() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for found in re.finditer(
            rf".{{0,30}}(?:{PLAIN.pattern})", COMMENT.sub("", path.read_text(encoding="utf-8"))
        )
    ]
    assert broken == []


def test_no_sentence_of_a_script_breaks_before_a_mark() -> None:
    broken = [
        f"{path.name}: {found.group()}"
        for path in sorted((ROOT / "marketplace" / "static" / "js").glob("*.js"))
        for found in SCRIPT_STRING.finditer(path.read_text(encoding="utf-8"))
        if PLAIN.search(found.group()[1:-1])
    ]
    assert broken == []
