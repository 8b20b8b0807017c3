"""A picture of a report: read once, turned upright, drawn anew; nothing the phone wrote beside it is kept."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Final

from gridmap.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from PIL import Image

LARGEST_BYTES: Final = 12_000_000
MOST_PIXELS: Final = 50_000_000
#: The longer side of what is kept [pixels].
SIDE: Final = 1_600
#: What the table holds at most [bytes].
KEPT_BYTES: Final = 2_000_000
QUALITIES: Final = (80, 60, 40)
FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: A picture of 50 megapixels takes 200 MB while it is open: one at a time in a process.
ONE: Final = threading.BoundedSemaphore(1)


class PhotoTooLarge(TooLarge):
    """The picture has more bytes or pixels than gridmap opens."""

    slug, title = "photo-too-large", "The picture is too large"


class PhotoNotReadable(Invalid):
    """The file is no JPEG, PNG or WebP picture, or it is damaged."""

    slug, title = "photo-not-readable", "The picture cannot be read"


def redraw(data: bytes, *, side: int = SIDE, most: int = KEPT_BYTES) -> bytes:
    """Return the picture as a JPEG of at most `side` pixels a side and `most` bytes, upright, without any metadata.

    Position, time, phone and owner (EXIF, XMP, IPTC, comments, colour profiles) go, because only the pixels are
    copied. Nothing is decoded before its size is known, so that a few bytes cannot claim gigabytes.

    Raises
    ------
    PhotoTooLarge
        If it has more than 12 MB or 50 megapixels.
    PhotoNotReadable
        If it is no JPEG, PNG or WebP, or damaged.
    """
    # Loaded with the first picture: a process that only answers scans stays small.
    from PIL import Image, ImageOps, WebPImagePlugin  # noqa: F401, PLC0415

    if len(data) > LARGEST_BYTES:
        raise PhotoTooLarge(
            f"a picture may have {LARGEST_BYTES // 1_000_000} MB; send a smaller one", limit=LARGEST_BYTES
        )
    with ONE:
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise PhotoTooLarge(f"a picture may have {MOST_PIXELS // 1_000_000} megapixels", limit=MOST_PIXELS)
                found.draft(
                    "RGB", (side, side)
                )  # a JPEG is decoded at an eighth, a quarter or half where that is enough
                upright = ImageOps.exif_transpose(found)
                upright.thumbnail((side, side), Image.Resampling.LANCZOS)
                plain = _on_white(upright)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise PhotoTooLarge(
                f"a picture may have {MOST_PIXELS // 1_000_000} megapixels", limit=MOST_PIXELS
            ) from None
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, MemoryError):
            # What Pillow's readers raise for damaged files; its messages hold bytes of the file and go no further.
            raise PhotoNotReadable("send a JPEG, PNG or WebP picture that opens on your phone") from None
        return _smallest(plain, most)


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, on white where they were transparent."""
    from PIL import Image  # noqa: PLC0415

    plain = Image.new("RGB", picture.size, "white")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        plain.paste(clear, mask=clear.getchannel("A"))
    else:
        plain.paste(picture.convert("RGB"))
    return plain


def _smallest(picture: Image.Image, most: int) -> bytes:
    """Return the picture as a JPEG in the best quality that the table takes."""
    for quality in QUALITIES:
        kept = io.BytesIO()
        picture.save(kept, "JPEG", quality=quality, optimize=True)
        if kept.tell() <= most:
            break
    return kept.getvalue()
