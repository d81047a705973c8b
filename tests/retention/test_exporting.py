"""What a person takes away: all of it, in words, and nothing that opens an account."""

import csv
import io
import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.retention.exporting import as_csv, as_json, everything_about
from tests.factories import people
from tests.factories.market import MONDAY
from tests.factories.traces import ADDRESS, NAME, WORDS, person_everywhere

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=30),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def test_the_export_holds_the_person_its_words_and_its_times(session: Session) -> None:
    person = person_everywhere(session)
    export = json.loads(as_json(everything_about(session, person.id)))
    assert export["compte"][0]["nom"] == NAME
    assert export["compte"][0]["adresse_electronique"] == ADDRESS
    assert export["demandes_aux_structures"][0]["message"] == WORDS
    assert datetime.fromisoformat(export["decisions"][0]["le"]) == MONDAY
    assert export["besoins_deposes"][0]["besoin"] == "Entretien des espaces verts"


def test_no_hash_no_token_and_no_mailed_link_is_handed_over(session: Session) -> None:
    person = person_everywhere(session)
    export = everything_about(session, person.id)
    written = as_json(export) + as_csv(export)
    assert person.password_hash is not None
    for secret in (person.password_hash, "a" * 64, "b" * 64, "c" * 64, "/lien/secret"):
        assert secret not in written


def test_a_person_is_handed_nothing_of_another(session: Session) -> None:
    person_everywhere(session)
    other = people.user(session, "Dominique Bernard")
    export = everything_about(session, other.id)
    assert {section: len(rows) for section, rows in export.items() if rows} == {"compte": 1}
    assert NAME not in as_json(export)


def test_an_address_that_is_not_confirmed_gives_no_right_to_what_was_sent_there(
    session: Session,
) -> None:
    """Anybody may sign up with somebody else's address."""
    person_everywhere(session).email = "ailleurs@example.fr"
    session.flush()
    impostor = people.user(session, email=ADDRESS, email_verified_at=None)
    export = everything_about(session, impostor.id)
    assert export["invitations_recues"] == export["courriels"] == []


def test_acts_of_others_are_told_without_where_they_came_from(session: Session) -> None:
    from marketplace import audit

    person, administrator = people.user(session), people.user(session)
    about = ("user", person.id)
    audit.note(
        session,
        audit.Action.ROLE_CHANGED,
        actor_id=administrator.id,
        about=about,
        ip="198.51.100.9",
    )
    audit.note(session, audit.Action.EXPORTED, actor_id=person.id, about=about, ip="203.0.113.5")
    session.flush()
    told = everything_about(session, person.id)["journal"]
    assert [(row["par_vous"], row["adresse_ip"]) for row in told] == [
        (False, ""),
        (True, "203.0.113.5"),
    ]


ROWS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=3)


@given(st.dictionaries(st.text(max_size=4), ROWS, max_size=3))
def test_both_files_hold_every_value_whatever_was_typed(
    export: dict[str, list[dict[str, object]]],
) -> None:
    assert set(json.loads(as_json(export))) == set(export)
    lines = list(
        csv.reader(io.StringIO(as_csv(export).removeprefix("\ufeff"), newline=""), delimiter=";")
    )
    values = [value for rows in export.values() for row in rows for value in row.values()]
    assert len(lines) == 1 + len(values)


def test_the_sheet_has_a_line_for_each_value_and_runs_no_formula() -> None:
    export = {
        "compte": [{"nom": "=1+1", "cree_le": date(2026, 1, 2), "est_ouvert": True, "x": None}]
    }
    assert as_csv(export).removeprefix("\ufeff").split("\r\n") == [
        "rubrique;ligne;champ;valeur",
        "compte;1;nom;'=1+1",
        "compte;1;cree_le;2026-01-02",
        "compte;1;est_ouvert;oui",
        "compte;1;x;",
        "",
    ]
