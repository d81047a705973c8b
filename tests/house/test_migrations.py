"""One head, named as files are, and the tables that the code declares."""

from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, inspect, make_url, text

import marketplace.all_tables  # noqa: F401 - declares every table
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import db

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def test_there_is_one_head_and_each_file_is_named_by_its_revision() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_the_migrations_make_the_tables_that_the_code_declares(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()  # exits with an error on any difference


def test_the_migrations_can_be_undone_and_done_again(config: Config) -> None:
    url = make_url(config.database_url)
    name = f"{url.database}_again"
    other = url.set(database=name).render_as_string(hide_password=False)
    beside = create_engine(url, isolation_level="AUTOCOMMIT")
    with beside.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    with create_app(config.model_copy(update={"database_url": other})).app_context():
        flask_migrate.upgrade()
        made = set(inspect(db.engine).get_table_names())
        flask_migrate.downgrade(revision="base")
        left = set(inspect(db.engine).get_table_names())
        flask_migrate.upgrade()
        assert set(inspect(db.engine).get_table_names()) == made
        db.engine.dispose()
    assert left == {"alembic_version"}
    with beside.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
