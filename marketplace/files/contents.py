"""What a file is, by what it holds, whatever its name says. Pure.

Nothing is opened by the program that it is meant for, and no image is decoded: heads are
read, and of office files the list of what is packed in them. Sources: PDF 32000-1 §7.5,
PNG (W3C) §5 and §11.2.2, JPEG (ITU T.81) annex B, ZIP APPNOTE 6.3.10 §4.3, ECMA-376 part 2
§10.1.2 and OpenDocument 1.3 part 2 §3.3 for the marks of office files.
"""

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from enum import StrEnum
from typing import BinaryIO

from marketplace import formats

MB = 1024 * 1024
LARGEST_MB = 10
LONGEST_NAME = 120

MOST_ENTRIES = 2_000
MOST_UNPACKED = 100 * MB
LARGEST_LISTING = MB
"""Bytes of the list of what an archive holds, read at once."""

LONGEST_SIDE = 20_000
MOST_PIXELS = 200_000_000
"""A plan in A0 scanned at 300 points an inch has 140 million."""


class Format(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    ODT = "odt"
    ODS = "ods"
    PNG = "png"
    JPEG = "jpeg"
    CSV = "csv"
    """Only what we write ourselves: nothing in it tells it from another text."""


_OOXML = "application/vnd.openxmlformats-officedocument."

MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.DOCX: f"{_OOXML}wordprocessingml.document",
    Format.XLSX: f"{_OOXML}spreadsheetml.sheet",
    Format.ODT: "application/vnd.oasis.opendocument.text",
    Format.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Format.PNG: "image/png",
    Format.JPEG: "image/jpeg",
    Format.CSV: "text/csv",
}
ENDINGS = {one: (one.value,) for one in Format} | {Format.JPEG: ("jpg", "jpeg")}
IMAGES = frozenset({Format.PNG, Format.JPEG})
DOCUMENTS = frozenset(Format) - {Format.CSV}

WHAT_IT_IS = {
    Format.PDF: "un document PDF",
    Format.DOCX: "un document DOCX",
    Format.XLSX: "un classeur XLSX",
    Format.ODT: "un document ODT",
    Format.ODS: "un classeur ODS",
    Format.PNG: "une image PNG",
    Format.JPEG: "une image JPEG",
    Format.CSV: "un tableau CSV",
}

BROKEN = "Ce fichier est abîmé ou incomplet : ouvrez-le, enregistrez-le de nouveau, puis joignez-le"
TOO_PACKED = "Ce fichier contient trop de données compressées : enregistrez-le en PDF"
LOCKED = "Ce fichier est protégé par un mot de passe : joignez-le sans cette protection"
HAS_MACROS = "Ce fichier contient des macros : enregistrez-le sans elles, ou en PDF"
FORMER_OFFICE = "Ce fichier est dans un ancien format : enregistrez-le en DOCX, en XLSX ou en PDF"
TOO_LARGE_AN_IMAGE = "Cette image est trop grande : réduisez-la à 10 000 pixels de côté au plus"


class Refused(Exception):
    """This file is not taken in; the message says why, in French, without its name."""


def ending_names(accepted: Collection[Format]) -> str:
    """« PDF, DOCX ou PNG »."""
    *first, last = [one.value.upper() for one in Format if one in accepted]
    return f"{', '.join(first)} ou {last}" if first else last


def size_in_words(size: int) -> str:
    """« 1,2 Mo », « 340 Ko »."""
    if size >= MB:
        return f"{formats.number(round(size / MB, 1))}\u00a0Mo"
    return f"{formats.number(max(1, round(size / 1024)))}\u00a0Ko"


def examined(file: BinaryIO, name: str, accepted: Collection[Format] = DOCUMENTS) -> Format:
    """What this file is; it is read from its start, and left there. Raises Refused."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise Refused("Ce fichier est vide")
    if size > LARGEST_MB * MB:
        raise Refused(f"Ce fichier fait {size_in_words(size)} : {LARGEST_MB} Mo au plus")
    found = _format_of(file, size)
    file.seek(0)
    if found is None or found not in accepted:
        raise Refused(f"Ce fichier n'est pas dans un format accepté : {ending_names(accepted)}")
    ending = ending_of(name)
    if ending and ending not in ENDINGS[found]:
        raise Refused(
            f"Ce fichier porte un nom en « .{ending[:10]} » mais c'est {WHAT_IT_IS[found]} :"
            " donnez-lui le nom qui convient"
        )
    return found


def ending_of(name: str) -> str:
    """What follows the last point of a name, in small letters."""
    _, point, ending = clean_name(name).rpartition(".")
    return ending.lower() if point else ""


def clean_name(name: str, found: Format | None = None) -> str:
    """The name alone, without its folders nor what no one can see or another system refuses.

    Short, its ending kept; given one when it has none and the file's format is known.
    """
    alone = re.split(r"[/\\]", name)[-1]
    spaced = "".join(" " if c.isspace() else c for c in alone)
    seen = "".join(c for c in spaced if c.isprintable())
    words = re.sub(r'[<>:"|?*]', "-", " ".join(seen.split())).strip(". ") or "fichier"
    stem, point, ending = words.rpartition(".")
    if not point or len(ending) > 10:
        stem, ending = words, ENDINGS[found][0] if found else ""
    if not ending:
        return stem[:LONGEST_NAME].strip(". ")
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip('. ')}.{ending}"


def _format_of(file: BinaryIO, size: int) -> Format | None:
    file.seek(0)
    head = file.read(8)
    if head.startswith(b"%PDF-"):
        return _pdf(file, size)
    if head == b"\x89PNG\r\n\x1a\n":
        return _png(file, size)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(file, size)
    if head.startswith(b"PK\x03\x04"):
        return _office(file, size)
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        file.seek(0)
        # Word and Excel put a locked document in a container of their former formats.
        is_locked = "EncryptedPackage".encode("utf-16-le") in file.read()
        raise Refused(LOCKED if is_locked else FORMER_OFFICE)
    return None


def _pdf(file: BinaryIO, size: int) -> Format:
    file.seek(max(0, size - 2048))
    if b"%%EOF" not in file.read():
        raise Refused(BROKEN)
    return Format.PDF


def _png(file: BinaryIO, size: int) -> Format:
    file.seek(8)
    head = file.read(16)
    file.seek(max(0, size - 12))
    if len(head) < 16 or head[:8] != b"\0\0\0\rIHDR" or file.read()[:8] != b"\0\0\0\0IEND":
        raise Refused(BROKEN)
    width, height = struct.unpack(">II", head[8:])
    _check_sides(width, height)
    return Format.PNG


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Marks of a JPEG image: those that tell its sides, those without a length."""


def _jpeg(file: BinaryIO, size: int) -> Format:
    file.seek(2)
    while file.tell() < size:
        mark = file.read(2)
        if len(mark) < 2 or mark[0] != 0xFF:
            break
        if mark[1] == 0xFF:  # filling
            file.seek(-1, os.SEEK_CUR)
            continue
        if mark[1] in _ALONE:
            continue
        said = file.read(2)
        length = struct.unpack(">H", said)[0] if len(said) == 2 else 0
        if length < 2 or mark[1] in (0xD9, 0xDA):
            break
        if mark[1] in _FRAMES:
            frame = file.read(5)
            if len(frame) == 5:
                height, width = struct.unpack(">HH", frame[1:])
                _check_sides(width, height)
                return Format.JPEG
            break
        file.seek(length - 2, os.SEEK_CUR)
    raise Refused(BROKEN)


def _check_sides(width: int, height: int) -> None:
    if not width or not height:
        raise Refused(BROKEN)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise Refused(TOO_LARGE_AN_IMAGE)


UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What zipfile says of archives that are none, or not of our age."""


def _office(file: BinaryIO, size: int) -> Format | None:
    _check_listing(file, size)
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
            _check_entries(entries)
            _unpack_all(packed, entries)
            return _open_document(packed, entries) or _open_xml(packed, entries)
    except UNREADABLE as error:
        raise Refused(BROKEN) from error


def _check_listing(file: BinaryIO, size: int) -> None:
    """Before the list of an archive is read whole: how long it says that it is.

    Office programs write no comment at the end and nothing after it, so that the end is
    where it must be; the longer form of the list is for archives of 4 GB.
    """
    if size < 42:
        raise Refused(BROKEN)
    file.seek(size - 42)
    tail = file.read()
    if tail[20:24] != b"PK\x05\x06":
        raise Refused(BROKEN)
    entries, length = struct.unpack("<HI", tail[30:36])
    if tail[:4] == b"PK\x06\x07" or entries > MOST_ENTRIES or length > LARGEST_LISTING:
        raise Refused(TOO_PACKED)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED:
        raise Refused(TOO_PACKED)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused(LOCKED)
    # The same name twice: programs do not agree on which of the two counts.
    if len({entry.filename for entry in entries}) < len(entries):
        raise Refused(BROKEN)
    if any(e.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for e in entries):
        raise Refused(BROKEN)


def _unpack_all(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Each entry is as long as the list says, and whole: the sum above is then true."""
    for entry in entries:
        with packed.open(entry) as unpacking:
            while unpacking.read(MB):
                pass


MANIFEST = "META-INF/manifest.xml"


def _open_document(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Format | None:
    names = {entry.filename for entry in entries}
    if "mimetype" not in names:
        return None
    told = _start_of(packed, "mimetype")
    found = {MEDIA_TYPES[one].encode(): one for one in (Format.ODT, Format.ODS)}.get(told)
    if found is None:
        return None
    if MANIFEST in names and b"encryption-data" in _start_of(packed, MANIFEST):
        raise Refused(LOCKED)
    if any(name.startswith(("Basic/", "Scripts/")) for name in names):
        raise Refused(HAS_MACROS)
    return found


def _open_xml(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Format | None:
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names:
        return None
    told = _start_of(packed, "[Content_Types].xml")
    if b"<!" in told or b"&#" in told:  # no office program writes them: they hide something
        raise Refused(BROKEN)
    said = told.lower()
    if any(mark in said for mark in (b"macroenabled", b"vbaproject", b"macrosheet")) or any(
        "vbaproject" in name.lower() for name in names
    ):
        raise Refused(HAS_MACROS)
    for one in (Format.DOCX, Format.XLSX):
        if f"{MEDIA_TYPES[one]}.main+xml".encode() in told:
            return one
    return None


def _start_of(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as unpacking:
        return unpacking.read(MB)
