"""One name, five places: a view, its template, its endpoint, its URL, its test."""

import ast
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
FACES = {"web": ROOT / "marketplace" / "web", "admin": ROOT / "marketplace" / "admin"}


def rendered() -> set[tuple[str, str, str]]:
    """Each (face, file, template) that a view renders."""
    found = set()
    for face, folder in FACES.items():
        for path in folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_render = (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "render_template"
                )
                if is_render and isinstance(node.args[0], ast.Constant):
                    found.add((face, path.stem, node.args[0].value))
    return found


def test_a_view_renders_templates_of_its_own_face_and_blueprint() -> None:
    for face, blueprint, template in rendered():
        assert template.startswith(f"{face}/{blueprint}/"), template


def test_every_template_of_a_face_is_rendered_by_a_view() -> None:
    named = {template for _, _, template in rendered()}
    there = {
        str(path.relative_to(ROOT / "templates"))
        for face in FACES
        for path in (ROOT / "templates" / face).rglob("*.html")
    }
    assert there - named == set()
    assert named - there == set()


def test_a_template_imports_only_the_macros_that_it_uses() -> None:
    reading, unused = Environment(autoescape=True), []
    for path in (ROOT / "templates").rglob("*.html"):
        tree = reading.parse(path.read_text(encoding="utf-8"))
        used = {name.name for name in tree.find_all(nodes.Name)}
        imported = [name for one in tree.find_all(nodes.FromImport) for name in one.names]
        called = [name if isinstance(name, str) else name[1] for name in imported]
        unused += [f"{path.relative_to(ROOT)}: {name}" for name in called if name not in used]

    assert unused == []
