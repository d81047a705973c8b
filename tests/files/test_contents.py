"""What a file is, whatever its name says; what is refused, and in which words."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.files.contents import (
    BROKEN,
    FORMER_OFFICE,
    HAS_MACROS,
    IMAGES,
    LOCKED,
    MB,
    TOO_LARGE_AN_IMAGE,
    TOO_PACKED,
    Format,
    Refused,
    clean_name,
    ending_names,
    examined,
    size_in_words,
)
from tests.factories import documents
from tests.factories.documents import PDF, content_types, image, open_document, open_xml, packed

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def refusal_of(data: bytes, name: str = "") -> str:
    with pytest.raises(Refused) as refused:
        examined(io.BytesIO(data), name)
    return str(refused.value)


@pytest.mark.parametrize("name", documents.each())
def test_each_format_is_known_by_its_contents(name: str) -> None:
    found, data = documents.each()[name]
    for named in (name, name.upper(), "sans point"):
        file = io.BytesIO(data)
        assert examined(file, named) is found
        assert file.tell() == 0


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00" + b"\0" * 200,
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 50,
        b"Bonjour",
        packed({"un.txt": b"une archive comme une autre"}),
        packed({"[Content_Types].xml": content_types(SLIDES)}),
        packed({"mimetype": b"application/vnd.oasis.opendocument.presentation"}),
    ],
)
def test_a_file_renamed_pdf_is_refused(data: bytes) -> None:
    assert refusal_of(data, "cahier.pdf") == (
        "Ce fichier n'est pas dans un format accepté : PDF, DOCX, XLSX, ODT, ODS, PNG ou JPEG"
    )


def test_a_name_that_says_another_format_than_the_contents_is_refused() -> None:
    assert "en « .pdf » mais c'est une image PNG" in refusal_of(image(), "plan.pdf")
    assert "en « .exe » mais c'est un document PDF" in refusal_of(PDF, "cahier.pdf.exe")


def test_an_empty_and_a_heavy_file_are_refused_with_the_size_that_they_may_have() -> None:
    assert refusal_of(b"") == "Ce fichier est vide"
    heavy = PDF[:9] + b"0" * (10 * MB) + PDF[9:]
    assert refusal_of(heavy) == "Ce fichier fait 10\u00a0Mo : 10 Mo au plus"


@pytest.mark.parametrize("name", documents.each())
def test_a_file_that_was_cut_is_refused(name: str) -> None:
    _, data = documents.each()[name]
    start = data[: len(data) // 2] if not name.endswith("jpg") else data[:40]
    assert refusal_of(start, name) == BROKEN


@pytest.mark.parametrize("name", ["lettre.docx", "prix.ods", "plan.png"])
def test_something_hidden_behind_the_end_of_a_file_is_refused(name: str) -> None:
    _, data = documents.each()[name]
    assert refusal_of(data + b"<script>" + b"x" * 40, name) == BROKEN


@pytest.mark.parametrize(
    "data",
    [
        packed({"[Content_Types].xml": content_types(MACROS)}),
        open_xml(Format.DOCX, **{"word/vbaProject.bin": b"Sub AutoOpen()"}),
        packed({"[Content_Types].xml": content_types(WORD + " vnd.ms-office.vbaProject")}),
        packed({"[Content_Types].xml": content_types(WORD + " ms-excel.macrosheet+xml")}),
        open_document(Format.ODS, **{"Basic/Standard/Module1.xml": b"Sub Main"}),
        open_document(Format.ODT, **{"Scripts/python/x.py": b"import os"}),
    ],
)
def test_macros_are_refused(data: bytes) -> None:
    assert refusal_of(data) == HAS_MACROS


def test_macros_hidden_behind_entities_are_refused() -> None:
    hidden = (
        content_types(WORD) + b"<Default ContentType='application/vnd.ms-office.vb&#97;Project'/>"
    )
    assert refusal_of(packed({"[Content_Types].xml": hidden})) == BROKEN


def test_a_locked_file_is_refused_and_its_owner_told_what_to_do() -> None:
    manifest = b"<manifest:encryption-data/>"
    assert refusal_of(open_document(Format.ODT, **{"META-INF/manifest.xml": manifest})) == LOCKED
    assert refusal_of(OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")) == LOCKED
    assert refusal_of(OLE + b"\0" * 500, "lettre.doc") == FORMER_OFFICE
    locked = bytearray(open_xml(Format.DOCX))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + place] |= 1
            at = locked.find(mark, at + 4)
    assert refusal_of(bytes(locked)) == LOCKED


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = open_xml(Format.DOCX, **{"word/media/image.bin": b"\0" * (101 * MB)})
    assert len(bomb) < MB
    assert refusal_of(bomb) == TOO_PACKED
    crowd = {f"{number}.xml": b"" for number in range(2_100)}
    assert refusal_of(open_xml(Format.DOCX, **crowd)) == TOO_PACKED


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    """Else a bomb would only have to say that it is small."""
    bomb = open_xml(Format.DOCX, **{"image.bin": b"\0" * (150 * MB)})
    said, small = (150 * MB).to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert said in bomb
    assert refusal_of(bomb.replace(said, small)) == BROKEN


def test_an_archive_that_holds_a_name_twice_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", content_types(WORD))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("[Content_Types].xml", content_types(MACROS))
    assert refusal_of(written.getvalue()) == BROKEN


def test_an_archive_packed_as_no_office_program_does_is_refused() -> None:
    odd = {"[Content_Types].xml": content_types(WORD)}
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert refusal_of(packed(odd, compression)) == BROKEN


def test_an_image_of_40_000_by_40_000_pixels_is_refused_without_being_decoded() -> None:
    assert refusal_of(documents.png_that_says(40_000, 40_000)) == TOO_LARGE_AN_IMAGE
    assert refusal_of(documents.png_that_says(0, 10)) == BROKEN
    jpeg = bytearray(image("JPEG"))
    frame = jpeg.find(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = (40_000).to_bytes(2, "big") * 2
    assert refusal_of(bytes(jpeg)) == TOO_LARGE_AN_IMAGE


def test_only_the_formats_that_are_asked_for_are_accepted() -> None:
    with pytest.raises(Refused, match="PNG ou JPEG"):
        examined(io.BytesIO(PDF), "cahier.pdf", IMAGES)


def said_of(data: bytes, name: str) -> str:
    """Its format, or the sentence that refuses it; anything else is raised."""
    try:
        return examined(io.BytesIO(data), name)
    except Refused as refused:
        return str(refused)


STARTS = [PDF[:9], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"PK\x03\x04", OLE, b""]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=400), st.text(max_size=40))
def test_no_bytes_break_the_examination(start: bytes, rest: bytes, name: str) -> None:
    assert said_of(start + rest, name)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(documents.each())), st.data())
def test_no_flaw_in_a_sound_file_breaks_the_examination(name: str, data: st.DataObject) -> None:
    spoilt = bytearray(documents.each()[name][1])
    for _ in range(data.draw(st.integers(1, 8))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    assert said_of(bytes(spoilt), name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("C:\\Bureau\\cahier des charges.PDF", "cahier des charges.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("Zoé\u202efdp.exe\u200b\0", "Zoéfdp.exe"),
        ("..", "fichier.pdf"),
        ("", "fichier.pdf"),
        ('a<b>"c"?*|:d.pdf', "a-b--c-----d.pdf"),
        ("deux\nlignes\r\n.pdf", "deux lignes.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("bilan\U0001f33f.pdf", "bilan\U0001f33f.pdf"),
    ],
)
def test_a_name_is_cleaned_and_keeps_its_ending(typed: str, kept: str) -> None:
    assert clean_name(typed, Format.PDF) == kept


@given(st.text(max_size=200))
def test_a_clean_name_is_short_visible_and_stays_as_it_is(typed: str) -> None:
    name = clean_name(typed, Format.PDF)
    assert 0 < len(name) <= 120
    assert name.isprintable()
    assert not set(name) & set('/\\<>:"|?*')
    assert clean_name(name, Format.PDF) == name


def test_sizes_and_endings_read_as_in_french() -> None:
    assert size_in_words(1_300_000) == "1,2\u00a0Mo"
    assert size_in_words(20) == "1\u00a0Ko"
    assert ending_names({Format.PDF}) == "PDF"
    assert ending_names(IMAGES) == "PNG ou JPEG"
