"""The application as it is shipped: what it starts with, what it speaks to, what it is made of."""

import ast
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from marketplace.app import create_app
from marketplace.config import Config

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for top in ("marketplace", "worker") for path in (ROOT / top).rglob("*.py"))

NETWORK = {
    "aiohttp",
    "authlib",
    "boto3",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "urllib.request",
    "urllib3",
}
SPEAKS_TO = {
    "marketplace/digests/relaying.py": {"smtplib"},  # the operator's relay
    "marketplace/files/keeping.py": {"boto3"},  # the operator's bucket
    "marketplace/files/scanning.py": {"socket"},  # the operator's antivirus
    "marketplace/serving.py": {"socket"},  # the visitor's own, handed over by gunicorn
    "marketplace/web/proconnect.py": {"authlib", "requests"},  # the operator's provider
}
"""The files that open a connection, apart from the embedded servers; none of them takes its
address from what people write."""


def test_bandit_finds_nothing_of_medium_or_high_severity() -> None:
    asked = ["--quiet", "--severity-level", "medium", "--recursive", "marketplace", "worker"]
    looked = subprocess.run(  # noqa: S603 - our own tool, on our own files
        [sys.executable, "-m", "bandit", *asked],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert looked.returncode == 0, looked.stdout


def test_only_named_files_open_a_connection() -> None:
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        spoken = {
            part for module in _imported(path) for part in NETWORK if _is_within(module, part)
        }
        if spoken and not name.startswith("marketplace/embedded/"):
            found[name] = spoken
    assert found == SPEAKS_TO


def _imported(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
)
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line.strip() and not line.startswith("#")]
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+ .*--hash=sha256:", package), package


@pytest.mark.parametrize("secret", ["", "court", "trente et un caractères, pas plus"[:31]])
def test_nothing_starts_without_a_secret_of_its_own(config: Config, secret: str) -> None:
    with pytest.raises(ValidationError):
        Config(**(config.model_dump() | {"secret_key": secret}))


def test_a_wrong_setting_shows_no_secret(config: Config) -> None:
    hidden = {"secret_key": "a-secret-that-nobody-else-reads-ever", "bounces_secret": "theirs"}
    hidden |= {"smtp_url": "smtp://tandem:passe-partout@relais"}
    right = Config(**(config.model_dump() | hidden))
    with pytest.raises(ValidationError) as wrong:
        Config(**(config.model_dump() | hidden | {"secret_key": "a-secret-too-short"}))
    said = f"{wrong.value} {wrong.value!r} {right!r}"
    for secret in (*hidden.values(), "a-secret-too-short", "passe-partout"):
        assert secret not in said


def test_nothing_of_a_debugger_is_left_on(prepared_app: Flask) -> None:
    assert not prepared_app.debug
    assert not prepared_app.config["PROPAGATE_EXCEPTIONS"]
    rules = {rule.rule for rule in prepared_app.url_map.iter_rules()}
    assert not {rule for rule in rules if re.search("metrics|debug|console|openapi", rule)}


def test_over_https_a_browser_is_told_to_stay_there(config: Config) -> None:
    address = "https://tandem.example.fr"
    secure = create_app(config.model_copy(update={"public_base_url": address}))
    headers = secure.test_client().get("/connexion", base_url=address).headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "ailleurs.invalid"},
        {"Host": "127.0.0.1.ailleurs.invalid"},
        {"Host": "127.0.0.1@ailleurs.invalid"},
        {"X-Forwarded-Host": "ailleurs.invalid"},
        {"X-Host": "ailleurs.invalid"},
        {"Forwarded": "host=ailleurs.invalid"},
    ],
)
def test_a_host_that_is_not_ours_is_refused_or_ignored(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    answer = client.get("/tableau-de-bord", headers=headers)
    assert answer.status_code == 400 or answer.location.startswith("/connexion")
    assert "ailleurs.invalid" not in answer.text + answer.headers.get("Location", "")


def test_an_error_of_ours_gives_a_reference_and_tells_nothing_else(
    prepared_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> str:
        raise RuntimeError("le secret du serveur")

    monkeypatch.setitem(prepared_app.view_functions, "pages.legal", breaks)
    with caplog.at_level(logging.ERROR):
        answer = prepared_app.test_client().get("/mentions-legales")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    told = re.search(r"\b[0-9a-f]{8}\b", answer.text)
    assert told
    assert told[0] in caplog.text
