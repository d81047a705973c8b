"""Both sides of a need in a browser without JavaScript: answer, read, decide."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock, formats
from marketplace.answers import links
from marketplace.answers.lifecycle import DeclineReason
from marketplace.answers.links import Invited
from marketplace.answers.tables import Answer, AnswerVersion, BuyerNote, Enquiry, Message
from marketplace.answers.wording import REMEDIES
from marketplace.db import transaction
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import MatchMove
from marketplace.needs.closing import close_early
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lever, NeedKind, ResponseMode
from tests.answers.market import Market, close, market_of
from tests.answers.test_answering import price
from tests.answers.test_answering import send as send_answer
from tests.browsing import fill, hidden_of, send, sign_in, token_of
from tests.factories import people
from tests.factories.market import structure


def where(market: Market, words: str, number: int = 0) -> str:
    """An address of a need, `{}` standing for the structure."""
    return f"/besoins/{market.need.slug}/{words}".format(market.structures[number].slug)


def test_a_member_opens_answers_and_amends_and_the_buyer_reads_it(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, lots=2, questions=("Avez-vous un véhicule ?",))
    lots, question = [lot.id for lot in market.need.lots], market.need.questions[0].id
    sign_in(client, market.members[0].email)
    page = client.get(f"/besoins/{market.need.slug}").text
    assert "Répondre pour" in page
    assert market.match(session).status == MatchStatus.OPENED

    said = {
        f"lot_{lots[0]}-price": "12 000,50 €",
        f"lot_{lots[0]}-capacity": "Six personnes",
        f"lot_{lots[1]}-price": "40 à 60 k€",
        f"question_{question}": "Oui, deux",
        "message": "Bonjour",
    }
    page_saved = fill(client, where(market, "repondre/{}"), action="save", **said)
    assert "Brouillon enregistré" in page_saved.text
    sent = fill(client, where(market, "repondre/{}"), action="send", **said)
    assert "Votre réponse est envoyée" in sent.text
    assert "12\u202f000,50\u00a0€ HT" in sent.text or "12 000,50" in sent.text
    again = client.get(where(market, "repondre/{}")).text
    assert "Six personnes" in again
    assert "Enregistrer le brouillon" not in again
    fill(client, where(market, "repondre/{}"), action="send", **(said | {"message": "Mieux"}))
    assert "Versions envoyées" in client.get(where(market, "reponse/{}")).text
    session.rollback()
    amounts = session.scalars(select(AnswerVersion.content).order_by(AnswerVersion.number)).all()
    assert [content["message"] for content in amounts] == ["Bonjour", "Mieux"]
    assert amounts[1]["parts"][1]["price_max"] == "60000.00"

    sign_out(client)
    sign_in(client, market.buyer.email)
    table = client.get(where(market, "reponses")).text
    assert market.structures[0].name in table
    assert "version 2" in table
    for address in ("reponses/{}", "reponses/comparer"):
        read = client.get(where(market, address)).text
        assert "Oui, deux" in read
        assert "Mieux" in read
    assert "Bonjour" in client.get(where(market, "reponses/{}")).text  # the version before


def sign_out(client: FlaskClient) -> None:
    client.post("/deconnexion", data={"csrf_token": token_of(client.get("/besoins"))})


def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    address = where(market, "repondre/{}")
    typed = {"message": "Mon long message", "whole-capacity": "Six"}
    for more, told in (
        ({"whole-price": "beaucoup"}, "Montant illisible"),
        ({"whole-price": "-3"}, "Montant illisible"),
        ({"whole-price": "0"}, "plus grand que zéro"),
        ({"whole-price": "100", "whole-starts_on": "bientôt"}, "date"),
        ({"whole-price": "100", "whole-capacity": "x" * 100_000}, "300 caractères"),
        ({"whole-price": ""}, 'href="#whole-price">Indiquez un prix'),
    ):
        answered = fill(client, address, action="send", **(typed | more))
        assert answered.status_code == 422, more
        assert told in answered.text
        assert "Mon long message" in answered.text
    odd = fill(client, address, action="send", **{"message": "\0\u202e😀", "whole-price": "1 000"})
    assert odd.status_code == 200
    session.rollback()
    assert session.scalars(select(Answer.message)).one() == "😀"


def test_a_colleague_who_was_overtaken_keeps_what_it_typed(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    address = where(market, "repondre/{}")
    token = token_of(client.get(address))
    send_answer(market, price(9000))
    said = {"csrf_token": token, "seen": "0", "whole-price": "7000", "action": "send"}
    overtaken = client.post(address, data=said | {"message": "Ma version"})
    assert overtaken.status_code == 409
    assert "Un collègue a modifié cette réponse" in overtaken.text
    assert "Ma version" in overtaken.text
    assert 'value="1"' in overtaken.text
    after = client.post(address, data=said | {"seen": "1"}, follow_redirects=True)
    assert "Votre réponse est envoyée" in after.text


def test_a_tender_collects_interest_and_leads_to_the_consultation(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, kind=NeedKind.TENDER)
    market.need.response_url = "https://marches.invalid/c/1"
    market.need.response_modes = [ResponseMode.LINK]
    session.commit()
    sign_in(client, market.members[0].email)
    page = client.get(where(market, "repondre/{}"), follow_redirects=True)
    assert page.request.path == where(market, "reponse/{}")
    assert "profil d'acheteur" in page.text.replace("&#39;", "'")
    assert "https://marches.invalid/c/1" in page.text
    said = {"csrf_token": token_of(page)}
    noted = client.post(where(market, "reponse/{}/interet"), data=said, follow_redirects=True)
    assert "l&#39;acheteur voit que ce besoin vous intéresse" in noted.text
    assert market.match(session).status == MatchStatus.INTERESTED
    refused = client.post(
        where(market, "repondre/{}"), data=said | {"action": "send"}, follow_redirects=True
    )
    assert "rien n&#39;est envoyé" in refused.text


def test_the_link_of_a_mail_shows_buttons_and_does_nothing_by_itself(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    market = market_of(session)
    invited = Invited(market.members[0].id, market.need.id, market.structures[0].id)
    path = links.path_of(str(app.secret_key), invited)
    for _ in range(2):
        assert client.get(path).status_code == 200
    session.rollback()
    assert session.scalars(select(MatchMove)).all() == []

    assert "Choisissez une raison" in fill(client, path, action="decline").text
    declined = fill(client, path, action="decline", reason="delay", words="Trop court")
    assert "Vous avez décliné" in declined.text
    assert market.match(session).status == MatchStatus.DECLINED
    assert "C&#39;est noté" in send(client, path, action="interest").text
    moves = session.scalars(select(MatchMove).order_by(MatchMove.id)).all()
    assert [(move.user_id, move.reason_code) for move in moves] == [
        (market.members[0].id, "delay"),
        (market.members[0].id, ""),
    ]
    close(session, market.need)
    assert "n&#39;accepte plus" in client.get(path).text
    stranger = Invited(market.members[1].id, market.need.id, market.structures[0].id)
    assert client.get(links.path_of(str(app.secret_key), stranger)).status_code == 404
    assert client.get(path[:-2]).status_code == 404


def test_the_buyer_sees_why_structures_decline_and_what_would_answer_it(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, structures=3)
    for number, reason in enumerate(("delay", "delay", "distance")):
        sign_in(client, market.members[number].email)
        declined = fill(
            client, where(market, "reponse/{}/decliner", number), reason=reason, words="Hélas"
        )
        assert "votre raison" in declined.text
        sign_out(client)
    sign_in(client, market.buyer.email)
    assert "délai trop court (2)" in client.get(f"/besoins/{market.need.slug}").text
    page = client.get(where(market, "reponses")).text
    assert "3\u00a0refus" in page
    assert f'prolonger">{REMEDIES[DeclineReason.DELAY]}</a>' in page
    assert f'amender/ou-et-quand">{REMEDIES[DeclineReason.DISTANCE]}</a>' in page
    assert "Hélas" in page
    close(session, market.need)
    page = client.get(where(market, "reponses")).text
    assert f"{REMEDIES[DeclineReason.DELAY]}." in page
    assert "prolonger" not in page


def test_a_buyer_notes_shortlists_writes_and_exports(session: Session, client: FlaskClient) -> None:
    market = market_of(session, lots=1)
    market.structures[0].email = "contact@haies.invalid"
    market.structures[0].brand = "=HYPERLINK(1)"
    session.commit()
    send_answer(market, price(9000, market.need.lots[0].id))
    sign_in(client, market.buyer.email)
    address = where(market, "reponses/{}")
    author = market.members[0].email
    before = client.get(address).text
    assert "contact@haies.invalid" in before  # as on the page of the structure
    assert author not in before
    token = token_of(client.get(address))
    for words, told in (("À rappeler lundi", "Votre note est enregistrée"), ("", "Écrivez")):
        data = {"csrf_token": token, "words": words}
        assert told in client.post(f"{address}/notes", data=data, follow_redirects=True).text
    chosen = {"csrf_token": token, "wants": "on"}
    client.post(f"{address}/selection", data=chosen)
    assert market.match(session).status == MatchStatus.SHORTLISTED
    assert author in client.get(address).text
    assert session.scalars(select(BuyerNote.words)).all() == ["À rappeler lundi"]
    wrote = fill(client, where(market, "messages"), to="all", words="Merci")
    assert "Message envoyé à 1 structure" in wrote.text
    assert session.scalars(select(Message.words)).all() == ["Merci"]


def test_questions_are_public_without_the_name_of_who_asks(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    fill(client, where(market, "questions/poser/{}"), words="Quel accès au site ?")
    assert "Quel accès" in client.get(where(market, "questions")).text
    sign_out(client)
    assert "Quel accès" not in client.get(where(market, "questions")).text
    sign_in(client, market.buyer.email)
    session.rollback()
    (enquiry,) = session.scalars(select(Enquiry))
    fill(client, where(market, f"questions/{enquiry.id}/repondre"), words="Par la cour")
    sign_out(client)
    page = client.get(where(market, "questions")).text
    assert "Quel accès" in page
    assert "Par la cour" in page
    assert market.structures[0].name not in page


def test_a_conversation_with_a_file_is_read_by_its_two_sides_alone(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    address = where(market, "messages/{}")
    token = token_of(client.get(address))
    pdf = (io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"), "devis.pdf")
    sent = client.post(
        address,
        data={"csrf_token": token, "words": "Voici", "files": pdf},
        content_type="multipart/form-data",
        follow_redirects=True,
    )
    assert "Votre message est envoyé" in sent.text, sent.text
    link = sent.text.split('href="/fichiers/')[1].split('"')[0]
    assert client.get(f"/fichiers/{link}").status_code == 200
    sign_out(client)
    sign_in(client, market.members[1].email)
    assert client.get(address).status_code == 404
    assert client.get(f"/fichiers/{link}").status_code == 404
    sign_out(client)
    sign_in(client, market.buyer.email)
    assert "Nouveau" in client.get("/messages").text
    assert "Voici" in client.get(address).text
    assert "Nouveau" not in client.get("/messages").text
    assert client.get(f"/fichiers/{link}").status_code == 200


def test_a_file_of_an_answer_reaches_the_buyer_once_it_is_sent(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    address = where(market, "repondre/{}/fichiers")
    for _ in range(2):  # sent twice, joined once
        token = token_of(client.get(address))
        pdf = (io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"), "devis.pdf")
        joined = client.post(
            address,
            data={"csrf_token": token, "files": pdf},
            content_type="multipart/form-data",
            follow_redirects=True,
        )
    assert joined.text.count('href="/fichiers/') == 1
    link = joined.text.split('href="/fichiers/')[1].split('"')[0]
    sign_out(client)
    sign_in(client, market.buyer.email)
    assert client.get(f"/fichiers/{link}").status_code == 404
    send_answer(market, price(9000))
    assert client.get(f"/fichiers/{link}").status_code == 200


def test_the_outcome_is_recorded_told_and_asked_about(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    for number in range(2):
        send_answer(market, price(9000), number=number)
    sign_in(client, market.buyer.email)
    assert "Pas encore d&#39;issue" in client.get(where(market, "issue")).text
    close(session, market.need)
    address = where(market, "issue")
    missing = fill(client, address, **{"whole-result": "awarded"})
    assert "Choisissez le titulaire" in missing.text
    wrong = {"whole-holder_name": "Vert SARL", "whole-holder_siret": "123"}
    assert fill(client, address, **({"whole-result": "awarded"} | wrong)).status_code == 422
    said = {
        "whole-result": "awarded",
        "whole-holder": str(market.structures[0].id),
        "whole-amount": "8 900",
        "whole-reason": "Le prix",
    }
    both = fill(client, address, **(said | {"whole-holder_name": "Vert SARL"}))
    assert "pas les deux" in both.text
    check = fill(client, address, **said)
    assert "Rien n&#39;est encore enregistré" in check.text
    assert check.text.count("Courriel à 1 personne") == 2
    back = client.post(address, data=hidden_of(check) | {"step": "back"})
    assert "Le prix" in back.text
    done = client.post(address, data=hidden_of(check) | {"step": "confirm"}, follow_redirects=True)
    assert "L&#39;issue est enregistrée" in done.text
    thanks = fill(client, where(market, "avis"), helped="yes")
    assert "Merci de votre avis" in thanks.text
    sign_out(client)
    for number, told in enumerate(("Votre structure", "Une autre entreprise")):
        sign_in(client, market.members[number].email)
        page = client.get(where(market, "reponse/{}", number)).text
        assert told in page
        assert ("8\u202f900" in page or "8\u00a0900" in page) == (number == 0)
        fill(client, where(market, "avis/{}", number), helped="partly", comment="Bien")
        sign_out(client)
    assert market.match(session, 1).status == MatchStatus.NOT_RETAINED


def test_nothing_is_done_by_reading(session: Session, client: FlaskClient) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    for address in ("reponse/{}/interet", "repondre/{}/fichiers/x/retirer"):
        assert client.get(where(market, address)).status_code == 405
    for address in ("repondre/{}", "reponse/{}", "reponse/{}/decliner", "questions/poser/{}"):
        assert client.get(where(market, address)).status_code == 200
    session.rollback()
    assert session.scalars(select(MatchMove)).all() == []
    assert session.scalars(select(Answer)).all() == []


@pytest.mark.parametrize("address", ["repondre/{}", "reponse/{}", "messages/{}"])
def test_another_structure_s_answer_is_not_found(
    session: Session, client: FlaskClient, address: str
) -> None:
    market = market_of(session)
    send_answer(market, price(9000))
    sign_in(client, market.members[1].email)
    assert client.get(where(market, address, 0)).status_code == 404


def test_answers_are_open_until_the_deadline_and_read_after_it(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    send_answer(market, price(9000))
    market.need.deadline_on = clock.today().replace(year=clock.today().year - 1)
    session.commit()
    sign_in(client, market.members[0].email)
    token = token_of(client.get("/besoins"))
    data = {"csrf_token": token, "whole-price": "1", "seen": "1", "action": "send"}
    late = client.post(where(market, "repondre/{}"), data=data, follow_redirects=True)
    assert "rien n&#39;est envoyé" in late.text
    session.rollback()
    assert session.scalars(select(Answer)).one().parts[0].price_min == Decimal(9000)


def test_who_may_answer_is_said_before_anything_is_written(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, lots=2)
    first, closed = market.need.lots
    closed.lever = Lever.RESERVED_HANDICAP
    session.commit()
    sign_in(client, market.members[0].email)
    form = client.get(where(market, "repondre/{}")).text
    assert f"lot_{first.id}-price" in form
    assert f"lot_{closed.id}-price" not in form
    assert "Le lot 2 est réservé à d&#39;autres types" in form

    market.need.lever = Lever.RESERVED_HANDICAP
    session.commit()
    page = client.get(f"/besoins/{market.need.slug}").text
    assert "Le vôtre (ACI) n&#39;en est pas." in page
    assert "Ce besoin m&#39;intéresse" not in page
    told = client.get(where(market, "repondre/{}"), follow_redirects=True).text
    assert "Le vôtre (ACI) n&#39;en est pas." in told
    assert "Ce besoin m&#39;intéresse" not in told


def test_an_earlier_version_is_read_as_the_last_one_is(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session, questions=("Avez-vous un véhicule ?",))
    (question,) = market.need.questions
    sign_in(client, market.members[0].email)
    said = {"whole-price": "26 400", "whole-capacity": "Six personnes", "message": "Bonjour"}
    said |= {f"question_{question.id}": "Oui, deux"}
    for changed in ({}, {"whole-price": "25 000", f"question_{question.id}": "Trois"}):
        fill(client, where(market, "repondre/{}"), action="send", **(said | changed))
    sign_out(client)
    sign_in(client, market.buyer.email)
    earlier = client.get(where(market, "reponses/{}")).text.split("Versions précédentes")[1]
    for words in ("26\u202f400\u00a0€ HT", "Six personnes", "Oui, deux", "Bonjour"):
        assert words in earlier


@pytest.mark.parametrize(
    ("path", "day_in_words"), [("", formats.short_date), ("/reponses", formats.long_date)]
)
def test_a_need_closed_early_says_since_when_and_counts_no_days(
    session: Session, client: FlaskClient, path: str, day_in_words: Callable[[date], str]
) -> None:
    market = market_of(session)
    sign_in(client, market.buyer.email)
    page = f"/besoins/{market.need.slug}{path}"
    assert "Clos le" not in client.get(page).text
    with transaction() as writing:
        close_early(writing, market.need.id, market.buyer.id, clock.now(), "Assez de réponses")
    closed = client.get(page).text
    assert "Clos le" in closed
    assert day_in_words(clock.today()) in closed
    assert "Réponses jusqu&#39;au" not in closed


@pytest.mark.parametrize(
    ("kind", "told"), [(NeedKind.TENDER, "à la publication"), (NeedKind.QUOTE, "par vagues")]
)
def test_a_need_that_nobody_answered_says_how_its_structures_are_told(
    session: Session, client: FlaskClient, kind: NeedKind, told: str
) -> None:
    market = market_of(session, structures=1, kind=kind)
    market.match(session).status = MatchStatus.NOTIFIED
    session.commit()
    sign_in(client, market.buyer.email)
    page = client.get(where(market, "reponses")).text
    assert told in page
    assert "Vous pouvez la relancer une fois" in page


def test_writing_to_several_says_what_it_uncovers_and_asks_to_whom(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.buyer.email)
    page = client.get(where(market, "messages")).text
    assert "voit ensuite votre nom et votre adresse" in page
    assert "facultatif" not in page


def test_a_need_taken_back_while_one_answers_is_said_and_nothing_is_sent(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    sign_in(client, market.members[0].email)
    address = where(market, "repondre/{}")
    said = hidden_of(client.get(address)) | {"lot_0-price": "9 000", "action": "send"}
    market.need.status = Status.WITHDRAWN
    session.commit()
    told = client.post(address, data=said, follow_redirects=True)
    assert "L&#39;acheteur a retiré ce besoin" in told.text
    assert session.scalars(select(Answer)).all() == []
    elsewhere = people.structure_member(session, structure(session, "Ailleurs"))
    session.commit()
    sign_out(client)
    sign_in(client, elsewhere.email)
    assert client.get(address).status_code == 404
