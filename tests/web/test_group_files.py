"""The files that each member of a group joins to the joint answer."""

from io import BytesIO

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.answers.consortium_queries import files_of_group
from tests.answers.together import Group
from tests.browsing import fill, sign_in, token_of
from tests.factories.documents import PDF
from tests.web.test_consortia import page_of, press, sign_out


def test_each_member_joins_its_files_which_are_agreed_to_and_frozen_by_sending(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).ready()
    group.agree(1)
    slugs = [one.slug for one in group.market.structures]
    where = page_of(group, f"/fichiers/{slugs[2]}")
    sign_in(client, group.market.members[2].email)

    def join(name: str, data: bytes) -> TestResponse:
        return fill(client, where, files=(BytesIO(data), name))

    assert join("devis.exe", b"MZ").status_code == 422
    for number in range(5):
        joined = join(f"devis-{number}.pdf", PDF + b"%" * number)
        assert "Votre fichier est joint" in joined.text
    assert "devis-4.pdf" in join("devis-4.pdf", PDF + b"%%%%").text  # no more room, nor twice
    assert client.get(page_of(group, f"/fichiers/{slugs[1]}")).status_code == 404
    ((structure, files),) = files_of_group(session, group.row())
    assert (structure.slug, len(files)) == (slugs[2], 5)
    key = files[0].key
    assert "est retiré" in press(client, where, f"{where}/{key}/retirer").text
    assert press(client, where, f"{where}/{key}/retirer").status_code == 404
    kept = f"/fichiers/{files[1].key}/{files[1].name}"
    assert client.get(kept).status_code == 200
    sign_out(client)
    sign_in(client, group.market.members[1].email)
    page = client.get(page_of(group)).text
    assert f"Fichiers de {structure.display_name}" in page
    assert "Accord à redonner" in page  # the files are part of what is agreed to
    assert client.get(kept).status_code == 200
    sign_out(client)
    sign_in(client, group.market.buyer.email)
    assert client.get(kept).status_code == 404
    sign_out(client)
    for number in (1, 2):
        group.agree(number)
    group.send()
    sign_in(client, group.market.members[2].email)
    assert "est envoyée avec ces fichiers" in client.get(where).text
    late = client.post(
        where,
        data={
            "csrf_token": token_of(client.get("/tableau-de-bord")),
            "files": (BytesIO(PDF), "tard.pdf"),
        },
        follow_redirects=True,
    )
    assert "est envoyée avec ces fichiers" in late.text
    assert len(files_of_group(session, group.row())[0][1]) == 4
    sign_out(client)
    sign_in(client, group.market.buyer.email)
    lead = f"/besoins/{group.market.need.slug}/reponses/{slugs[0]}"
    assert f"Fichiers de {structure.display_name}" in client.get(lead).text
    assert client.get(kept).status_code == 200
