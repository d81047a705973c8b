"""One administrator always stays; the command line invites the first."""

from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts import administering
from marketplace.accounts.administering import LastAdministrator
from marketplace.accounts.inviting import DeadInvitation, open_invitation
from marketplace.accounts.tables import Invitation, User
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from tests.browsing import sign_in, token_of
from tests.factories import people
from tests.factories.market import MONDAY


def test_two_administrators_who_undo_each_other_at_once_leave_one(
    app: Flask, session: Session
) -> None:
    ids = [people.user(session, is_administrator=True).id for _ in range(2)]
    session.commit()
    barrier, refused = Barrier(2), []

    def undo(user_id: int, by_id: int) -> None:
        with app.app_context():
            barrier.wait(timeout=20)
            try:
                with transaction() as writing:
                    administering.unmake_administrator(writing, user_id, by_id, MONDAY, "")
            except LastAdministrator:
                refused.append(user_id)

    threads = [Thread(target=undo, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    session.expire_all()
    assert len(refused) == 1
    assert list(session.scalars(select(User.id).where(User.is_administrator))) == refused


def test_who_may_no_longer_invite_leaves_no_invitation_behind(session: Session) -> None:
    first, second = (people.user(session, is_administrator=True) for _ in range(2))
    for stop in (administering.close_account, administering.unmake_administrator):
        link = administering.invite(session, "a@exemple.invalid", second.id, MONDAY)
        token = link.rsplit("/", 1)[1]
        assert open_invitation(session, token, MONDAY).address == "a@exemple.invalid"
        stop(session, second.id, first.id, MONDAY, "")
        with pytest.raises(DeadInvitation):
            open_invitation(session, token, MONDAY)
        second.is_active = second.is_administrator = True
        session.flush()


def test_the_command_invites_and_prints_the_link_when_no_mail_leaves(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    session.commit()
    result = CliRunner().invoke(main, ["users", "invite", person.email, "--role", "administrator"])
    assert result.exit_code == 0, result.output
    mail = session.scalars(select(OutgoingMail)).one()
    link = mail.context["link"]
    assert result.stdout.splitlines()[1] == f"http://127.0.0.1:8000{link}"
    assert (mail.address, mail.context["by"]) == (person.email, "")

    sign_in(client, person.email)
    token = {"csrf_token": token_of(client.get(link))}
    assert client.get("/admin/").status_code == 403  # looking at the link gives nothing
    client.post(link, data=token)
    assert client.get("/admin/").status_code == 200
    again = CliRunner().invoke(main, ["users", "invite", person.email, "--role", "administrator"])
    assert again.exit_code == 1
    assert "already" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["sans-arobase", "--role", "administrator"],
        ["nom@exemple.fr", "--role", "buyer"],
        ["nom@exemple.fr"],
    ],
)
def test_the_command_refuses_what_is_no_address_or_no_role(
    session: Session, arguments: list[str]
) -> None:
    result = CliRunner().invoke(main, ["users", "invite", *arguments])
    assert result.exit_code == 2
    assert session.scalars(select(Invitation)).all() == []
