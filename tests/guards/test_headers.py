"""What every answer carries, whoever asks."""

from flask.testing import FlaskClient


def test_every_page_forbids_what_it_does_not_need(client: FlaskClient) -> None:
    headers = client.get("/connexion").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_a_foreign_host_is_not_answered(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "ailleurs.invalid"}).status_code == 400


def test_errors_are_told_in_french_with_a_reference_and_no_trace(client: FlaskClient) -> None:
    page = client.get("/nulle-part")
    assert page.status_code == 404
    assert 'lang="fr"' in page.text
    assert "Traceback" not in page.text
