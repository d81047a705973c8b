"""A file that says it is pure is held to it: by the import linter, and strictly by mypy."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def saying_pure() -> set[str]:
    """The modules whose docstring says so; « pure but for » something is not."""
    found = set()
    for path in (ROOT / "marketplace").rglob("*.py"):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if "Pure." in said or "Pure:" in said:
            found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


def test_each_pure_file_stands_among_those_that_the_checks_hold_pure() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    strict = next(
        set(rule["module"])
        for rule in tools["mypy"]["overrides"]
        if rule.get("disallow_untyped_defs")
    )
    kept_pure = next(
        set(contract["source_modules"])
        for contract in tools["importlinter"]["contracts"]
        if contract["name"].startswith("Pure files")
    )

    assert saying_pure() - strict == set()
    assert saying_pure() - kept_pure == set()
