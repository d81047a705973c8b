"""The pages of groups that answer together, and those by which facilitators help a need."""

from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.answers.consortia import LegalForm, Origin, ShareMode
from marketplace.answers.consortium_tables import Consortium, ConsortiumEvent
from marketplace.answers.lifecycle import AnswerStatus, Side
from marketplace.answers.support_tables import NeedProposal
from marketplace.answers.tables import Answer
from marketplace.answers.talking import write
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.deciding import withdraw
from marketplace.moderation.desks import receive_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import GroupRule, Lot, LotSector, NeedKind
from tests.answers.market import close
from tests.answers.together import Group
from tests.browsing import fill, hidden_of, mailed, sign_in, token_of
from tests.factories import people
from tests.factories.market import (
    CLEANING,
    GREEN_SPACES,
    MONDAY,
    offer,
    structure,
    submitted_need,
)

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


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (GroupRule.ALLOWED, "L&#39;acheteur l&#39;admet.</p>"),
        (GroupRule.WARNED, "L&#39;acheteur l&#39;admet, et le verra."),
        (GroupRule.REFUSED, "L&#39;acheteur ne l&#39;admet pas"),
    ],
)
def test_a_member_of_two_groups_is_told_the_buyer_s_rule_and_held_to_it(
    session: Session, client: FlaskClient, rule: GroupRule, told: str
) -> None:
    group = Group(session)
    group.reply(2)
    number = group.open(lead=1, partners=(2,))
    sign_in(client, group.market.buyer.email)
    where = f"/besoins/{group.market.need.slug}/groupements"
    assert "enregistrée" in press(client, where, f"{where}/regle", rule=rule.value).text
    assert "Choisissez une des réponses" in press(client, where, f"{where}/regle", rule="?").text
    session.rollback()
    assert group.market.need.several_groups is rule
    sign_out(client)
    sign_in(client, group.market.members[2].email)
    page = f"/groupements/{number}"
    warning = client.get(page).text
    assert "Vous répondriez deux fois" in warning
    assert told in warning
    replied = press(client, page, f"{page}/invitation", accepts="yes").text
    assert ("L&#39;acheteur n&#39;admet pas" in replied) is (rule is GroupRule.REFUSED)
    session.rollback()
    accepted = {
        m.structure_id for m in session.get_one(Consortium, number).members if m.answered_at
    }
    assert (group.ids[2] in accepted) is (rule is not GroupRule.REFUSED)


def test_shares_of_99_99_per_cent_are_refused_on_the_page_and_what_was_typed_stays(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session)
    sign_in(client, group.market.members[0].email)
    whole = dict(zip(group.ids, ("33,33", "33,33", "33,33"), strict=True))
    said = {f"percent_{one}": share for one, share in whole.items()}
    page = fill(client, page_of(group, "/parts"), mode="percent", form="several", **said)
    assert page.status_code == 422
    assert "Les parts font 99,99\u00a0%" in page.text
    assert page.text.count('value="33,33"') == 3
    stadium, hall = group.lots
    first, second, third = group.ids
    of_lot = {
        f"lot_{stadium}": "shared",
        f"part_lot_{stadium}_{first}": "50",
        f"part_lot_{stadium}_{second}": "49,99",
        f"lot_{hall}": str(third),
    }
    page = fill(client, page_of(group, "/parts"), mode="lots", form="several", **of_lot)
    assert page.status_code == 422
    assert "Ses parts font 99,99\u00a0%\u00a0: il en faut 100\u00a0% exactement" in page.text
    assert 'value="49,99"' in page.text
    assert group.row().shares == []
    of_lot[f"part_lot_{stadium}_{second}"] = "50"
    page = fill(client, page_of(group, "/parts"), mode="lots", form="several", **of_lot)
    assert "sont enregistrées" in page.text
    assert len(group.row().shares) == 3


def test_a_structure_deactivated_midway_is_shown_and_holds_the_answer_back(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).ready()
    group.agree(1)
    group.agree(2)
    gone = group.market.structures[2]
    gone.is_active = False
    session.commit()
    sign_in(client, group.market.members[0].email)
    assert "N&#39;est plus active" in client.get(page_of(group)).text
    sent = press(client, page_of(group), page_of(group, "/envoyer"), seen=group.seen())
    assert "n&#39;est plus active sur Tandem\u00a0: retirez-la" in sent.text
    assert group.answer() is None
    left = press(client, page_of(group), page_of(group, "/retirer"), gone=gone.slug)
    assert "Les parts sont à fixer" in left.text
    again = press(client, page_of(group), page_of(group, "/inviter"), invited=gone.slug)
    assert "n&#39;est plus active" in again.text
    group.settle("60", "40")
    group.agree(1)
    sent = press(client, page_of(group), page_of(group, "/envoyer"), seen=group.seen())
    assert "La réponse commune est envoyée" in sent.text


def test_what_waits_is_on_the_dashboard_and_the_buyer_sees_a_group_that_forms(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session)
    with transaction() as writing:
        write(
            writing,
            group.market.need.id,
            group.ids[1],
            Side.BUYER,
            group.market.buyer.id,
            "Bonjour",
            clock.now(),
        )
    for number, is_asked in ((0, False), (1, True)):
        sign_in(client, group.market.members[number].email)
        page = client.get("/tableau-de-bord").text
        assert ("Invitations à répondre à plusieurs" in page) is is_asked
        assert ("Messages (1 non lu)" in page) is is_asked
        sign_out(client)
    group.reply(1)
    sign_in(client, group.market.members[1].email)
    client.get(f"/besoins/{group.market.need.slug}/messages/{group.market.structures[1].slug}")
    page = client.get("/tableau-de-bord").text
    assert "Invitations à répondre" not in page
    assert "non lu" not in page
    sign_out(client)
    sign_in(client, group.market.buyer.email)
    forming = client.get(f"/besoins/{group.market.need.slug}/groupements").text
    assert "Un groupement de 3 structures" in forming
    assert "2 ont accepté pour le moment" in forming
    assert "Aucun groupement pour le moment" not in forming
    assert "non lu" not in client.get("/tableau-de-bord").text  # the last words are its own


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
    of_member = client.get(f"/besoins/{group.market.need.slug}/reponses/{slugs[1]}").text
    assert "lire la réponse du groupement" in of_member
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
    stale = press(client, where, f"{where}/ouvrir", seen="add_kind:EA", why="Plus de monde")
    assert stale.status_code == 422
    assert "Ce qui aiderait le plus a changé" in stale.text
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


def test_what_takes_a_sent_answer_back_is_asked_first_naming_buyer_and_members(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).sent()
    lead, second, third = group.market.structures
    sign_in(client, group.market.members[0].email)
    page = page_of(group)
    asked = press(client, page, f"{page}/retirer", structure=lead.slug, gone=third.slug)
    assert f"Faire sortir {third.display_name} du groupement" in asked.text
    said = asked.text.split("<main")[1]
    assert group.market.need.organisation.name in unescape(said)
    assert f"{second.display_name}, {third.display_name}" in said
    assert group.row().status == "sent"
    carried = hidden_of(asked)
    assert carried["gone"] == third.slug
    done = client.post(f"{page}/retirer", data=carried, follow_redirects=True)
    assert "ne fait plus partie du groupement" in done.text
    assert group.row().status == "forming"
    assert mailed(session, "answers/joint_answer_withdrawn", group.market.buyer.email) == (
        f"/besoins/{group.market.need.slug}/reponses"
    )


def test_new_shares_of_a_sent_group_are_carried_through_its_question(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session).sent()
    sign_in(client, group.market.members[0].email)

    def said(*percents: str) -> dict[str, str]:
        shares = {f"percent_{one}": of for one, of in zip(group.ids, percents, strict=True)}
        return {"mode": "percent", "form": "joint_and_several"} | shares

    unchanged = fill(client, page_of(group, "/parts"), **said("50", "30", "20"))
    assert "sont enregistrées" in unchanged.text  # nothing changes, nothing is asked
    asked = fill(client, page_of(group, "/parts"), **said("20", "30", "50"))
    assert "Retirer la réponse envoyée" in asked.text
    assert [f"{row.percent}" for row in group.row().shares] == ["50.00", "30.00", "20.00"]
    done = client.post(page_of(group, "/parts"), data=hidden_of(asked), follow_redirects=True)
    assert "sont enregistrées" in done.text
    assert [f"{row.percent}" for row in group.row().shares] == ["20.00", "30.00", "50.00"]


def test_a_lead_invites_into_its_group_and_is_not_offered_another(
    session: Session, client: FlaskClient
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    lead, second, third = (structure(session, name) for name in ("Haies", "Balais", "Vitres"))
    for one, sector in ((lead, GREEN_SPACES), (second, CLEANING), (third, CLEANING)):
        offer(session, one, sector)
    member = people.structure_member(session, lead)
    need = submitted_need(session, buyer.id, town.id, sectors=())
    need.lots = [
        Lot(number=n, title=f"Secteur {n}", sectors=[LotSector(sector_slug=sector)])
        for n, sector in enumerate((GREEN_SPACES, CLEANING), start=1)
    ]
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    where = f"/besoins/{need.slug}/groupements"
    sign_in(client, member.email)
    assert "Former ce groupe" in client.get(where).text
    opened = fill(client, f"{where}/nouveau", lead=lead.slug, partners=second.slug, form="several")
    assert "En formation" in opened.text
    after = client.get(where).text
    assert "Former ce groupe" not in after
    assert "Choisir les structures moi-même" not in after
    assert f"Inviter {second.display_name} dans mon groupement" not in after
    assert f"Inviter {third.display_name} dans mon groupement" in after
    page = opened.request.path
    invited = press(client, where, f"{page}/inviter", structure=lead.slug, invited=third.slug)
    assert f"{third.display_name} est invitée" in invited.text


def test_the_rule_of_a_closed_need_stays_and_is_not_offered(
    session: Session, client: FlaskClient
) -> None:
    group = Group(session)
    sign_in(client, group.market.buyer.email)
    where = f"/besoins/{group.market.need.slug}/groupements"
    token = token_of(client.get(where))
    close(session, group.market.need)
    assert "Enregistrer ma règle" not in client.get(where).text
    said = {"csrf_token": token, "rule": "refused"}
    refused = client.post(f"{where}/regle", data=said, follow_redirects=True)
    assert "la règle ne change plus" in refused.text
    session.rollback()
    assert group.market.need.several_groups is GroupRule.WARNED
