"""Lists and saved searches on their pages."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import OrganisationRole
from marketplace.lists.tables import Favourite, FavouriteList, SavedSearch
from tests.browsing import send, sign_in, token_of
from tests.factories import people
from tests.factories.market import structure


def test_a_shared_list_is_seen_noted_and_exported_by_a_colleague_and_by_nobody_else(
    session: Session, client: FlaskClient
) -> None:
    here = structure(session, '=HYPERLINK("http://x")')
    here.email = "bonjour@jardins.example"
    town = people.organisation(session)
    buyer, stranger = people.buyer(session, town.id), people.buyer(session)
    colleague = people.organisation_member(session, town.id, OrganisationRole.MEMBER)
    session.commit()

    sign_in(client, buyer.email)
    page = send(client, "/mes-listes/nouvelle", name="Nos jardiniers", shared_with=str(town.id))
    assert "Cette liste est vide" in page.text
    kept = session.scalars(select(FavouriteList)).one()
    page = send(client, f"/structures/{here.slug}/listes", kept_in=[kept.id], new_list="À part")
    assert "est dans\u00a0: Nos jardiniers, À part." in page.text

    client.delete_cookie("session")
    sign_in(client, colleague.email)
    assert "À part" not in client.get("/mes-listes").text
    note = f"/mes-listes/{kept.id}/{here.slug}/note"
    assert "Rappeler en mars" in send(client, note, note="Rappeler en mars").text
    assert client.get(f"/mes-listes/{kept.id}/modifier").status_code == 404
    chosen = ["name", "email", "note"]
    address = f"/exporter/liste?liste={kept.id}"
    assert address in client.get(f"/mes-listes/{kept.id}").text
    head, row = send(client, address, columns=chosen, as_what="csv").text.splitlines()
    assert head == "\ufeffNom;Courriel;Note"
    assert row.startswith("\"'=HYPERLINK")
    assert "bonjour@jardins.example" in row
    assert "Rappeler en mars" in row

    client.delete_cookie("session")
    sign_in(client, stranger.email)
    for path in ("", "/modifier", "/supprimer", f"/{here.slug}/note"):
        assert client.get(f"/mes-listes/{kept.id}{path}").status_code == 404


def test_a_list_is_renamed_emptied_and_deleted_by_its_owner(
    session: Session, client: FlaskClient
) -> None:
    here, buyer = structure(session), people.buyer(session)
    session.commit()
    sign_in(client, buyer.email)
    send(client, f"/structures/{here.slug}/listes", new_list="Un")
    kept = session.scalars(select(FavouriteList)).one()
    assert (
        "<h1>Deux</h1>"
        in send(client, f"/mes-listes/{kept.id}/modifier", name="Deux", shared_with="").text
    )
    token = token_of(client.get(f"/mes-listes/{kept.id}"))
    client.post(f"/mes-listes/{kept.id}/{here.slug}/retirer", data={"csrf_token": token})
    assert session.scalars(select(Favourite)).all() == []
    page = send(client, f"/mes-listes/{kept.id}/supprimer")
    assert "La liste est supprimée" in page.text
    assert "Aucune liste" in page.text


def test_a_name_that_says_nothing_or_too_much_is_asked_again(
    session: Session, client: FlaskClient
) -> None:
    buyer = people.buyer(session)
    session.commit()
    sign_in(client, buyer.email)
    for name in ("", "\x00 \u202e", "x" * 100_000):
        for url in ("/mes-listes/nouvelle", "/mes-recherches/nouvelle?q=tonte"):
            page = send(client, url, name=name, shared_with="")
            assert page.status_code == 422
            assert "Il y a 1 erreur" in page.text


def test_a_search_is_saved_found_again_changed_and_forgotten(
    session: Session, client: FlaskClient
) -> None:
    buyer, other = people.buyer(session), people.buyer(session)
    session.commit()
    sign_in(client, buyer.email)
    asked = "q=tonte&lieu=Besan%C3%A7on&type=ACI"
    page = send(
        client, f"/mes-recherches/nouvelle?{asked}&vue=offers", name="Tonte", is_watched="y"
    )
    assert f'/offres?{asked.replace("&", "&amp;")}"' in page.text
    assert "Suivie" in page.text
    saved = session.scalars(select(SavedSearch)).one()
    assert "Non suivie" in send(client, f"/mes-recherches/{saved.id}/modifier", name="Tontes").text
    token = token_of(client.get("/mes-recherches"))
    client.delete_cookie("session")
    sign_in(client, other.email)
    assert client.get(f"/mes-recherches/{saved.id}/modifier").status_code == 404
    client.delete_cookie("session")
    sign_in(client, buyer.email)
    token = token_of(client.get("/mes-recherches"))
    gone = client.post(f"/mes-recherches/{saved.id}/supprimer", data={"csrf_token": token})
    assert gone.status_code == 302
    assert "Aucune recherche enregistrée" in client.get("/mes-recherches").text
