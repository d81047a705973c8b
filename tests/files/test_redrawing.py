"""Pictures drawn anew: small, upright, and telling nothing but what they show."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from marketplace.files.contents import BROKEN, Refused
from marketplace.files.redrawing import TOO_MANY_PIXELS, redrawn
from tests.factories.documents import image, png_that_says


def test_where_a_photo_was_taken_is_forgotten_and_it_stands_upright() -> None:
    tags = Image.Exif()
    tags[0x0112] = 6  # lying on its side
    tags[0x9286] = "Zéphyrine Quincampoix"
    tags.get_ifd(0x8825)[1] = "N"
    data = image("JPEG", 300, 200, exif=tags, comment=b"secret de famille")
    with Image.open(redrawn(io.BytesIO(data), 1600)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (200, 300))
        assert not drawn.getexif()
        assert set(drawn.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
    assert b"secret" in data
    assert b"secret" not in redrawn(io.BytesIO(data), 1600).read()


def test_a_large_picture_is_made_smaller_and_a_small_one_stays() -> None:
    for kind in ("PNG", "JPEG"):
        with Image.open(redrawn(io.BytesIO(image(kind, 4000, 1000)), 1600)) as drawn:
            assert (drawn.format, drawn.size) == (kind, (1600, 400))
        with Image.open(redrawn(io.BytesIO(image(kind, 30, 20)), 1600)) as drawn:
            assert drawn.size == (30, 20)


def test_a_logo_stays_clear_where_it_was() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(written, "PNG")
    with Image.open(redrawn(written, 400)) as drawn:
        assert drawn.getpixel((5, 5)) == (0, 0, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_way_of_writing_colours_is_read(mode: str) -> None:
    kind, written = "JPEG" if mode == "CMYK" else "PNG", io.BytesIO()
    Image.new(mode, (8, 8)).save(written, kind)
    with Image.open(redrawn(written, 400)) as drawn:
        assert drawn.mode in ("RGB", "RGBA")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    for width, height in ((40_000, 40_000), (9_000, 9_000)):
        with pytest.raises(Refused, match=TOO_MANY_PIXELS):
            redrawn(io.BytesIO(png_that_says(width, height)), 400)


def test_a_picture_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(Refused, match=BROKEN):
        redrawn(io.BytesIO(png_that_says(20, 20)), 400)
    with pytest.raises(Refused, match=BROKEN):
        redrawn(io.BytesIO(b"GIF89a"), 400)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG"]), st.data())
def test_no_flaw_in_a_picture_breaks_the_drawing(kind: str, data: st.DataObject) -> None:
    spoilt = bytearray(image(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    assert drawn_or_told(bytes(spoilt))


def drawn_or_told(data: bytes) -> bytes | str:
    try:
        return redrawn(io.BytesIO(data), 400).read()
    except Refused as refused:
        return str(refused)
