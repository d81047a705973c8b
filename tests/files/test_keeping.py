"""Where bytes are kept: the same promises from a folder and from a bucket."""

import io
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from pydantic import ValidationError

from marketplace.config import Config
from marketplace.files.keeping import Bucket, Folder, Missing, Store, store_for

KEY = "0123456789abcdef0123456789abcdef01234567"
OTHER = KEY[::-1]
KEYS = {
    "AWS_ACCESS_KEY_ID": "essai",
    "AWS_SECRET_ACCESS_KEY": "essai",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, config: Config) -> Iterator[Store]:
    if request.param == "folder":
        yield store_for(config.model_copy(update={"files_dir": tmp_path / "not" / "yet"}))
        return
    with pytest.MonkeyPatch.context() as environment:
        for name, value in KEYS.items():
            environment.setenv(name, value)
        environment.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3_address"))
        name = f"tandem-{tmp_path.name}".replace("_", "-")
        made = Bucket(name, "")
        made._s3.create_bucket(Bucket=name)
        yield store_for(config.model_copy(update={"files_url": f"s3://{name}/fichiers"}))


def test_what_is_put_is_given_back_until_it_is_deleted(store: Store) -> None:
    data = bytes(range(256)) * 12_000  # more than what a copy in memory may hold
    store.put(KEY, io.BytesIO(data))
    store.put(OTHER, io.BytesIO(b"autre"))
    with store.open(KEY) as kept:
        assert kept.read() == data
    assert {key for key, _ in store.kept()} == {KEY, OTHER}
    assert all(abs(datetime.now(UTC) - since) < timedelta(minutes=5) for _, since in store.kept())
    store.delete(KEY)
    store.delete(KEY)
    assert [key for key, _ in store.kept()] == [OTHER]
    with pytest.raises(Missing):
        store.open(KEY)


def test_an_empty_store_keeps_nothing(store: Store) -> None:
    assert list(store.kept()) == []


class Torn(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the sender went away")


def test_what_is_cut_on_its_way_leaves_nothing(tmp_path: Path) -> None:
    data: BinaryIO = Torn()
    with pytest.raises(OSError, match="went away"):
        Folder(tmp_path).put(KEY, data)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_lets_nobody_else_of_the_machine_in(tmp_path: Path) -> None:
    Folder(tmp_path / "files").put(KEY, io.BytesIO(b"x"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "files").rglob("*")}
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert modes == {0o600}


@pytest.mark.parametrize(
    "wrong",
    [
        {"files_url": "https://ailleurs.invalid/bucket"},
        {"files_url": "s3:///bucket"},
        {"clamd_url": "127.0.0.1:3310"},
        {"clamd_url": "tcp://"},
        {"clamd_url": "unix://"},
    ],
)
def test_an_address_that_cannot_be_is_refused_at_the_start(
    config: Config, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        Config(**(config.model_dump() | wrong))
