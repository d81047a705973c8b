"""Small files of each format, as the programs that write them would, and bad ones."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from PIL import Image

from marketplace.files.contents import MEDIA_TYPES, Format

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def packed(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return written.getvalue()


def content_types(of: str) -> bytes:
    return f'<?xml version="1.0"?><Types><Override ContentType="{of}"/></Types>'.encode()


def open_xml(found: Format, **more: bytes) -> bytes:
    entries = {
        "[Content_Types].xml": content_types(f"{MEDIA_TYPES[found]}.main+xml"),
        "word/document.xml": b"<document>Tonte</document>",
    }
    return packed(entries | more)


def open_document(found: Format, **more: bytes) -> bytes:
    return packed({"mimetype": MEDIA_TYPES[found].encode(), "content.xml": b"<office/>"} | more)


def image(kind: str = "PNG", width: int = 30, height: int = 20, **more: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, kind, **more)
    return written.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A head with these sides, and nearly nothing behind."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + checked + b"\0\0\0\0IEND\xaeB`\x82"


def each() -> dict[str, tuple[Format, bytes]]:
    """A sound file of each format, by its name."""
    return {
        "cahier.pdf": (Format.PDF, PDF),
        "lettre.docx": (Format.DOCX, open_xml(Format.DOCX)),
        "prix.xlsx": (Format.XLSX, open_xml(Format.XLSX)),
        "lettre.odt": (Format.ODT, open_document(Format.ODT)),
        "prix.ods": (Format.ODS, open_document(Format.ODS)),
        "plan.png": (Format.PNG, image()),
        "photo.jpg": (Format.JPEG, image("JPEG")),
    }
