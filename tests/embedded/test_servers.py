"""PostgreSQL and Valkey by themselves."""

import os
import subprocess
import sys
from pathlib import Path

from marketplace.embedded.places import (
    LONGEST_SOCKET_PATH,
    Places,
    passing_folder,
    socket_folder,
)
from marketplace.embedded.postgres import forget_a_crash


def test_the_lock_of_a_server_that_is_no_more_is_removed_even_if_its_number_is_reused(
    tmp_path: Path,
) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{tmp_path}\n")

    forget_a_crash(tmp_path)

    assert not lock.exists()


def test_the_lock_of_a_living_server_is_left_until_it_has_closed(tmp_path: Path) -> None:
    closing = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"], cwd=tmp_path)
    (tmp_path / "postmaster.pid").write_text(f"{closing.pid}\n{tmp_path}\n")

    forget_a_crash(tmp_path)

    assert closing.wait(0) == 0


def test_a_socket_whose_path_would_be_too_long_lies_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()

    with socket_folder(deep, None) as folder:
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_what_a_killed_test_run_left_is_removed_and_a_living_one_is_not(tmp_path: Path) -> None:
    where = Places(tmp_path, tmp_path, None)
    left = tmp_path / "tests-killed"
    left.mkdir()
    (left / "lock").touch()

    with passing_folder(where) as ours, passing_folder(where) as others:
        assert not left.exists()
        assert ours.exists()
        assert others.exists()
    assert list(tmp_path.iterdir()) == []
