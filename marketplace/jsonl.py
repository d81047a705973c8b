"""JSON Lines for the command line: every bad line named, nothing half-written."""

import contextlib
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

T = TypeVar("T")
Object = dict[str, Any]
Write = Callable[[Object], None]


class Unreadable(Exception):
    """An input that cannot be read at all: absent, a directory, empty, not UTF-8."""


class Refused(Exception):
    """One line of the input is not taken; the others are."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Complaints:
    """Says on standard error what was refused, and once each what was only odd."""

    def __init__(self) -> None:
        self.refused = 0
        self._warned: set[str] = set()

    def refuse(self, line: int, refusal: Refused) -> None:
        self.refused += 1
        print(f"line {line}: {refusal.field}: {refusal.reason}", file=sys.stderr)

    def warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            print(f"warning: {message}", file=sys.stderr)


def own_id(item: Object) -> Any:
    return item.get("id")


def read(
    path: str,
    parse: Callable[[Object], T],
    complaints: Complaints,
    id_of: Callable[[Object], Any] = own_id,
) -> Iterator[T]:
    """What `parse` makes of each line of a file (`.gz` accepted, `-` is standard input).

    `parse` raises Refused for a line that it cannot take. Every line must carry its own
    "id", or another that `id_of` finds, a string that is not empty. Blank lines are passed
    over. An id is said again in the answer, so it is made of characters that can be.

    Raises Unreadable.
    """
    seen: set[str] = set()
    number = 0
    for number, line in enumerate(_lines_of(path), start=1):
        if not line.strip():
            continue
        try:
            item = _object_of(line)
            item_id = id_of(item)
            if not isinstance(item_id, str) or not item_id:
                raise Refused("id", "required, a string")
            if not item_id.isprintable():
                raise Refused("id", "holds characters that cannot be printed")
            if item_id in seen:
                raise Refused("id", f"duplicate of an earlier line: {item_id!r}")
            parsed = parse(item)
        except Refused as refusal:
            complaints.refuse(number, refusal)
            continue
        seen.add(item_id)
        yield parsed
    if number == 0:
        raise Unreadable(f"{path}: the file is empty")


def _object_of(line: str) -> Object:
    try:
        item = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused("line", f"not JSON ({error})") from error
    if not isinstance(item, dict):
        raise Refused("line", "not a JSON object")
    return item


def _lines_of(path: str) -> Iterator[str]:
    try:
        with _opened(path) as lines:
            yield from lines
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8") from error
    except (OSError, EOFError) as error:
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _opened(path: str) -> contextlib.AbstractContextManager[TextIO]:
    if path == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig")  # type: ignore[union-attr]  # a TextIOWrapper
        return contextlib.nullcontext(sys.stdin)
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return open(path, encoding="utf-8-sig")


@contextlib.contextmanager
def writing(path: str) -> Iterator[Write]:
    """Gives the function that writes one object a line to `path` (`-` is standard output).

    A regular file appears only when the block ends well: until then the lines stand in a
    temporary file beside it. Devices and pipes are written straight.

    Raises Unreadable when the target cannot be written.
    """
    target = Path(path)
    if path == "-":
        yield _writer(sys.stdout)
        sys.stdout.flush()
        return
    try:
        if target.exists() and not target.is_file():
            with open(target, "w", encoding="utf-8") as out:
                yield _writer(out)
            return
        target = target.resolve()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    try:
        with open(handle, "w", encoding="utf-8") as out:
            yield _writer(out)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _writer(out: TextIO) -> Write:
    return lambda item: print(json.dumps(item, ensure_ascii=False), file=out)
