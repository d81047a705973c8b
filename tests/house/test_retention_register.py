"""Each column that says who somebody is stands in the register, which holds what it says."""

import pytest
from sqlalchemy import Column, Table, func, select
from sqlalchemy.orm import Session

import marketplace.all_tables  # noqa: F401 - declares every table
from marketplace.db import Base, transaction
from marketplace.retention.erasing import erase_own_account
from marketplace.retention.exporting import ROOMS, everything_about
from marketplace.retention.register import REGISTER, Fate
from tests.factories.market import MONDAY
from tests.factories.traces import TELLTALES, person_everywhere

TABLES: dict[str, Table] = Base.metadata.tables
NAMES_A_PERSON = {"user_id", "actor_id", "author_id", "owner_id", "moderator_id"}


def is_personal(column: Column[object]) -> bool:
    points_to_a_person = any(key.target_fullname == "users.id" for key in column.foreign_keys)
    return points_to_a_person or column.name in NAMES_A_PERSON or column.name.endswith("_by_id")


def column_of(name: str) -> Column[object]:
    table, column = name.split(".")
    return TABLES[table].c[column]


def rows_that_name(session: Session, name: str, user_id: int) -> int:
    column = column_of(name)
    named = select(func.count()).select_from(column.table).where(column == user_id)
    return session.scalar(named) or 0


def room_of(name: str) -> str:
    """The room whose file declares the table of a column."""
    table = column_of(name).table
    declared = {m.local_table: m.class_.__module__ for m in Base.registry.mappers}
    return declared[table].split(".")[1]


def test_every_column_that_names_a_person_is_in_the_register() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if is_personal(column)
    }
    missing = named - set(REGISTER)
    assert not missing, (
        f"{sorted(missing)}: hand their rows over in export_of and forget them in erase, in the "
        "personal.py of their room; then say so in retention/register.py, and leave such a row "
        "in tests/factories/traces.py"
    )


@pytest.mark.parametrize("name", REGISTER)
def test_the_register_names_columns_that_exist_in_the_room_it_says(name: str) -> None:
    assert room_of(name) == REGISTER[name].room


def test_every_room_of_the_register_hands_its_rows_over() -> None:
    handing_over = {room.__name__.split(".")[1] for room in ROOMS}
    assert handing_over == {entry.room for entry in REGISTER.values()}


def test_what_names_a_person_is_handed_over_in_the_section_that_the_register_says(
    session: Session,
) -> None:
    person = person_everywhere(session)
    export = everything_about(session, person.id)
    for name, entry in REGISTER.items():
        assert rows_that_name(session, name, person.id), f"traces.py leaves no row in {name}"
        assert export[entry.section], name
    assert set(export) == {entry.section for entry in REGISTER.values()}


def test_the_rows_that_name_an_erased_person_go_or_stay_as_the_register_says(
    session: Session,
) -> None:
    person_id = person_everywhere(session).id
    before = {name: rows_that_name(session, name, person_id) for name in REGISTER}
    with transaction() as writing:
        erase_own_account(writing, person_id, MONDAY)
    for name, entry in REGISTER.items():
        left = rows_that_name(session, name, person_id)
        if entry.fate is Fate.DELETED:
            assert (before[name] > 0, left) == (True, 0), name
        else:
            assert left >= before[name] > 0, name


def test_no_table_says_any_more_who_an_erased_person_was(session: Session) -> None:
    """All but the mail that says farewell, which ends a week later."""
    person_id = person_everywhere(session).id
    telling = set(tables_that_tell(session))
    assert telling >= {"users", "user_sessions", "account_links", "invitations", "outgoing_mails"}
    with transaction() as writing:
        erase_own_account(writing, person_id, MONDAY)
    assert tables_that_tell(session) == ["outgoing_mails"]
    mails = TABLES["outgoing_mails"]
    assert session.scalars(select(mails.c.kind)).all() == ["retention/account_erased"]


def tables_that_tell(session: Session) -> list[str]:
    """The tables with a row that holds a word of the person, whatever the column."""
    return [
        table.name
        for table in TABLES.values()
        if any(
            word in str(value)
            for row in session.execute(select(table).execution_options(yield_per=1000))
            for value in row
            for word in TELLTALES
        )
    ]
