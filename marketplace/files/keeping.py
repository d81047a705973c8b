"""Where the bytes of files are kept: a folder of this machine, or a bucket of S3's protocol."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

from flask import Flask, current_app

from marketplace.config import Config


class Missing(Exception):
    """The store has nothing under this key."""


class Store(Protocol):
    """Bytes by key. A key is drawn by us: 40 hexadecimal digits, never what a person typed."""

    def put(self, key: str, data: BinaryIO) -> None:
        """Keep what is read from here on. Whole, or not at all."""

    def open(self, key: str) -> BinaryIO:
        """Raises Missing."""

    def delete(self, key: str) -> None:
        """Nothing happens where there is nothing."""

    def kept(self) -> Iterator[tuple[str, datetime]]:
        """Each key, and since when, in no order."""


class Folder:
    """A folder that the web and the workers share, outside of what the web serves."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: BinaryIO) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._root, prefix="new-", delete=False) as partial:
            try:
                shutil.copyfileobj(data, partial)
                partial.flush()
                os.fsync(partial.fileno())
                Path(partial.name).replace(self._root / key)
            except BaseException:
                Path(partial.name).unlink(missing_ok=True)
                raise

    def open(self, key: str) -> BinaryIO:
        try:
            return (self._root / key).open("rb")
        except FileNotFoundError as error:
            raise Missing(key) from error

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def kept(self) -> Iterator[tuple[str, datetime]]:
        """What a killed process left half written is told too, under the name it had."""
        for path in self._root.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)


class Bucket:
    """A bucket of S3's protocol. Whose keys open it is said by AWS's own variables."""

    def __init__(self, name: str, prefix: str) -> None:
        import boto3
        from botocore.config import Config as Settings

        self._name, self._prefix = name, f"{prefix}/" if prefix else ""
        patience = Settings(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2})
        self._s3: Any = boto3.client("s3", config=patience)

    def put(self, key: str, data: BinaryIO) -> None:
        self._s3.put_object(Bucket=self._name, Key=self._prefix + key, Body=data)

    def open(self, key: str) -> BinaryIO:
        copy = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - the reader closes
        try:
            self._s3.download_fileobj(self._name, self._prefix + key, copy)
        except self._s3.exceptions.ClientError as error:
            copy.close()
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                raise Missing(key) from error
            raise
        copy.seek(0)
        return copy  # type: ignore[return-value]  # typeshed: reads as any binary file does

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._name, Key=self._prefix + key)

    def kept(self) -> Iterator[tuple[str, datetime]]:
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._name, Prefix=self._prefix):
            for found in page.get("Contents", ()):
                yield found["Key"].removeprefix(self._prefix), found["LastModified"]


def store_for(config: Config) -> Store:
    if not config.files_url:
        return Folder(config.files_dir)
    where = urlsplit(config.files_url)
    return Bucket(where.netloc, where.path.strip("/"))


def init_app(app: Flask, config: Config) -> None:
    app.extensions["files"] = store_for(config)
    app.config["CLAMD_URL"] = config.clamd_url


def store() -> Store:
    """The store of the application at work."""
    found: Store = current_app.extensions["files"]
    return found
