"""Pictures drawn anew: of what was handed in only the pixels stay, neither the place where it
was taken nor what else may hide in a picture. Pure."""

import io
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps

from marketplace.files.contents import BROKEN, Refused

MOST_DECODED = 50_000_000
"""Pixels. A telephone's picture has 12 to 50 million."""

TOO_MANY_PIXELS = "Cette image est trop grande : 50 millions de pixels au plus"
FORMATS = ("PNG", "JPEG")


def redrawn(data: BinaryIO, longest_side: int) -> BinaryIO:
    """The same picture in the same format, upright, no side longer than that. Raises Refused."""
    data.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # measured below
            picture = Image.open(data, formats=FORMATS)
            if picture.width * picture.height > MOST_DECODED:
                raise Refused(TOO_MANY_PIXELS)
            return _drawn(picture, longest_side)
    except Image.DecompressionBombError as error:
        raise Refused(TOO_MANY_PIXELS) from error
    # Pillow's decoders say so of broken files in many ways.
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError) as error:
        raise Refused(BROKEN) from error


def _drawn(picture: Image.Image, longest_side: int) -> BinaryIO:
    kind = picture.format or ""
    picture.draft("RGB", (longest_side, longest_side))  # a JPEG is read at half its size or less
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((longest_side, longest_side))
    is_clear = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    canvas = upright.convert("RGBA" if is_clear and kind == "PNG" else "RGB")
    canvas.info = {}
    drawn = io.BytesIO()
    if kind == "PNG":
        canvas.save(drawn, "PNG", optimize=True)
    else:
        canvas.save(drawn, "JPEG", quality=85, optimize=True, progressive=True)
    drawn.seek(0)
    return drawn
