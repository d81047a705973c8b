"""The pages of groups that answer together, and those by which facilitators help a need."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.answers.consortia import LegalForm, Origin, ShareMode
from marketplace.answers.consortium_tables import Consortium, ConsortiumEvent
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.support_tables import NeedProposal
from marketplace.answers.tables import Answer
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.moderation.deciding import withdraw
from marketplace.moderation.desks import receive_need
from marketplace.needs.tables import GroupRule, NeedKind
from tests.answers.market import close
from tests.answers.together import Group
from tests.browsing import fill, sign_in, token_of
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure

NASTY = ["\x00", "\u202e", "🙂", "-1", "9" * 400, "1e9", "NaN", "33,333", "x" * 100_000]


def sign_out(client: FlaskClient) -> None:
    with client.session_transaction() as cookie:
        cookie.clear()


def press(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """A button or small form of a page that is sent to another address."""
    fields["csrf_token"] = token_of(client.get(page))
    return client.post(action, data=fields, follow_redirects=True)


def page_of(group: Group, words: str = "") -> str:
    return f"/groupements/{group.id}{words}"


def test_a_buyer_suggests_a_group_by_name_and_by_siret_and_its_lead_takes_it_up(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session, size=2)
    other = structure(session, "Ailleurs")
    offer(session, other)
    session.commit()
    where = f"/besoins/{group.market.need.slug}/groupements"
    sign_in(client, group.market.buyer.email)
    assert "Groupement de" not in client.get(where).text  # a group that only prepares
    assert client.get(page_of(group)).status_code == 404
    lead, partner = group.market.structures[1], group.market.structures[0]
    said = {"lead": lead.slug, "partners": partner.slug, "form": "joint_and_several"}
    wrong = fill(client, f"{where}/nouveau", **(said | {"siret": "12"}))
    assert wrong.status_code == 422
    assert "Aucune structure active n&#39;a ce SIRET" in wrong.text
    suggested = fill(client, f"{where}/nouveau", **(said | {"siret": other.siret}))
    assert "Suggéré par l&#39;acheteur" in suggested.text
    assert "Discussion" not in suggested.text
    session.rollback()
    row = session.scalars(select(Consortium).order_by(Consortium.id.desc())).first()
    assert row is not None
    assert (row.origin, row.form, row.status) == (
        Origin.BUYER,
        LegalForm.JOINT_AND_SEVERAL,
        "suggested",
    )
    assert len(row.members) == 3
    sign_out(client)
    sign_in(client, group.market.members[1].email)
    assert "Groupement de" in client.get("/mes-reponses").text
    joined = press(
        client, f"/groupements/{row.id}", f"/groupements/{row.id}/invitation", accepts="yes"
    )
    assert "Vous faites partie du groupement" in joined.text
    assert "En formation" in joined.text


def test_a_lead_of_two_groups_is_told_so_in_a_sentence(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session)
    sign_in(client, group.market.members[0].email)
    own, other = (one.slug for one in group.market.structures[:2])
    where = f"/besoins/{group.market.need.slug}/groupements/nouveau"
    again = fill(client, where, lead=own, partners=other, form="several")
    assert again.status_code == 422
    assert "déjà mandataire" in again.text
    session.rollback()
    assert session.scalar(select(func.count(Consortium.id))) == 1


def test_the_rule_about_two_groups_is_the_buyer_s(session: Session, client: FlaskClient) -> None:
    group = Group(session)
    group.reply(2)
    group.open(lead=1, partners=(2,))
    sign_in(client, group.market.buyer.email)
    where = f"/besoins/{group.market.need.slug}/groupements"
    assert "enregistrée" in press(client, where, f"{where}/regle", rule="refused").text
    assert "Choisissez une des réponses" in press(client, where, f"{where}/regle", rule="?").text
    session.rollback()
    assert group.market.need.several_groups is GroupRule.REFUSED
    sign_out(client)
    sign_in(client, group.market.members[2].email)
    number = session.scalars(select(func.max(Consortium.id))).one()
    assert "il faut choisir" in client.get(f"/groupements/{number}").text
    refused = press(
        client, f"/groupements/{number}", f"/groupements/{number}/invitation", accepts="yes"
    )
    assert "L&#39;acheteur n&#39;admet pas" in refused.text


def test_whatever_is_typed_is_refused_in_a_sentence_or_not_found(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session)
    sign_in(client, group.market.members[0].email)
    for words in NASTY:
        said = {f"percent_{one}": words for one in group.ids}
        page = fill(client, page_of(group, "/parts"), mode="percent", form="several", **said)
        assert page.status_code == 422, words
    assert group.row().shares == []
    for words in NASTY[:3]:
        _name_and_say(client, group, words)


def _name_and_say(client: FlaskClient, group: Group, words: str) -> None:
    for action, name in (("inviter", "invited"), ("retirer", "gone"), ("mandataire", "lead")):
        assert (
            press(client, page_of(group), page_of(group, f"/{action}"), **{name: words}).status_code
            == 404
        )
    assert press(client, page_of(group), page_of(group, "/messages"), words=words).status_code in (
        200,
        422,
    )


def test_shares_by_lot_and_the_same_by_percentage(session: Session, client: FlaskClient) -> None:
    group = Group(session, size=2)
    sign_in(client, group.market.members[0].email)
    lots = {f"lot_{lot}": str(one) for lot, one in zip(group.lots, group.ids, strict=True)}
    by_lot = fill(client, page_of(group, "/parts"), mode="lots", form="several", **lots)
    assert "sont enregistrées" in by_lot.text
    assert group.row().share_mode is ShareMode.LOTS
    shares = dict(zip((f"percent_{one}" for one in group.ids), ("66,67", "33,33 %"), strict=True))
    by_share = fill(client, page_of(group, "/parts"), mode="percent", form="several", **shares)
    assert "66,67" in by_share.text
    assert [f"{row.percent}" for row in group.row().shares] == ["66.67", "33.33"]


def test_looking_at_a_group_changes_nothing(session: Session, client: FlaskClient) -> None:
    group = Group(session).ready()
    before = session.scalar(select(func.count(ConsortiumEvent.id)))
    deeds = ("invitation", "inviter", "retirer", "mandataire", "dissoudre", "messages", "accord")
    for number in (0, 1):
        sign_in(client, group.market.members[number].email)
        assert client.get(page_of(group)).status_code == 200
        for deed in (*deeds, "envoyer", "reprendre"):
            assert client.get(page_of(group, f"/{deed}")).status_code == 405
        sign_out(client)
    session.rollback()
    assert session.scalar(select(func.count(ConsortiumEvent.id))) == before
    assert group.answer() is None


def test_the_buyer_reads_what_is_sent_and_decides_of_a_departure_after_the_deadline(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).sent()
    sign_in(client, group.market.buyer.email)
    answers = client.get(f"/besoins/{group.market.need.slug}/reponses").text
    assert "Mandataire d&#39;un groupement" in answers
    assert "Par son groupement" in answers
    slugs = [one.slug for one in group.market.structures]
    said = {"gone": slugs[2], "taker": slugs[1], "reason": "Liquidation judiciaire"}
    early = fill(client, page_of(group, "/composition"), **said)
    assert "s&#39;arrange lui-même" in early.text
    close(session, group.market.need)
    same = fill(client, page_of(group, "/composition"), **(said | {"taker": slugs[2]}))
    assert "Une autre structure doit prendre la part" in same.text
    decided = fill(client, page_of(group, "/composition"), **said)
    assert "Votre décision est enregistrée" in decided.text
    assert [f"{row.percent}" for row in group.row().shares] == ["50.00", "50.00"]
    told = session.scalars(
        select(OutgoingMail.context).where(OutgoingMail.kind == "answers/consortium_news")
    )
    assert any("quitte le groupement" in context["news"] for context in told)


def test_a_need_withdrawn_says_so_on_the_page_of_its_groups(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).ready()
    with transaction() as writing:
        withdraw(writing, group.market.need.id, group.market.buyer.id, clock.now(), "Erreur")
    sign_in(client, group.market.members[1].email)
    assert "Ce besoin est retiré" in client.get(page_of(group)).text
    gone = press(
        client, page_of(group), page_of(group, "/retirer"), gone=group.market.structures[1].slug
    )
    assert "figé" in gone.text


def test_a_tender_is_answered_together_by_interest_alone(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session, size=2, kind=NeedKind.TENDER)
    group.reply(1)
    sign_in(client, group.market.members[0].email)
    form = client.get(page_of(group, "/reponse")).text
    assert "Prix hors taxes" not in form
    assert "enregistrée" in fill(client, page_of(group, "/reponse"), message="À deux").text
    group.settle("50", "50")
    group.agree(1)
    sent = press(client, page_of(group), page_of(group, "/envoyer"), seen=group.seen())
    assert "La réponse commune est envoyée" in sent.text
    answer = session.scalars(select(Answer)).one()
    assert (answer.status, answer.parts, answer.message) == (AnswerStatus.SENT, [], "À deux")


def test_a_facilitator_asks_for_an_offer_and_proposes_and_the_buyer_accepts(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session, radius_km=10)
    silent = structure(session, "Sans offre")
    people.structure_member(session, silent)
    desk = people.desk(session, "39198", name="Un autre")
    stranger = people.facilitator(session, desk)
    here = people.facilitator(session, group.desk)
    receive_need(session, group.market.need, MONDAY)
    session.commit()
    slug, day = group.market.need.slug, group.market.need.deadline_on
    assert day is not None
    sign_in(client, stranger.email)
    assert client.get(f"/guichet/soutien/{slug}").status_code == 404
    assert client.get(page_of(group)).status_code == 404
    sign_out(client)
    sign_in(client, here.email)
    assert "Discussion" in client.get(page_of(group)).text
    where = f"/guichet/soutien/{slug}"
    assert (
        "est invitée à publier"
        in press(client, where, f"{where}/inviter", structure=silent.slug).text
    )
    assert (
        "déjà été invitée" in press(client, where, f"{where}/inviter", structure=silent.slug).text
    )
    for words in NASTY[:3]:
        assert press(client, where, f"{where}/inviter", structure=words).status_code == 422
        assert press(client, where, f"{where}/prolonger", deadline_on=words).status_code == 422
        assert press(client, where, f"{where}/elargir", wider_km=words).status_code == 422
    early = press(client, where, f"{where}/prolonger", deadline_on=day.strftime("%d/%m/%Y"))
    assert "doit être plus tard" in early.text
    later = day + timedelta(days=7)
    proposed = press(client, where, f"{where}/prolonger", deadline_on=later.strftime("%d/%m/%Y"))
    assert "Votre proposition est envoyée" in proposed.text
    assert "Votre proposition" in press(client, where, f"{where}/elargir", wider_km="40").text
    sign_out(client)
    sign_in(client, group.market.buyer.email)
    assert "Votre facilitateur vous propose" in client.get(f"/besoins/{slug}").text
    first, second = session.scalars(select(NeedProposal.id).order_by(NeedProposal.id))
    page = f"/besoins/{slug}/propositions"
    assert "Le besoin est modifié" in press(client, page, f"{page}/{first}", accepts="yes").text
    assert "Rien n&#39;est changé" in press(client, page, f"{page}/{second}", accepts="no").text
    session.rollback()
    assert (group.market.need.deadline_on, group.market.need.radius_km) == (later, 10)
