"""What is kept of a picture is its pixels and nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from gridmap.services.reports import photo
from gridmap.services.reports.photo import PhotoNotReadable, PhotoTooLarge, redraw

SECRET = "made-up phone 13800138000"


def picture(size: tuple[int, int] = (40, 20), mode: str = "RGB", kind: str = "JPEG", **save: object) -> bytes:
    """Return a picture whose left half is red and right half blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    kept = io.BytesIO()
    drawn.convert(mode).save(kept, kind, **save)
    return kept.getvalue()


def with_position(orientation: int = 1) -> bytes:
    """Return a JPEG as a phone makes it, with where it was taken."""
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Make] = orientation, SECRET
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (35.0, 48.0, 12.5)})
    return picture(exif=exif.tobytes(), comment=SECRET.encode())


def test_position_phone_and_comment_are_gone() -> None:
    sent = with_position()
    with Image.open(io.BytesIO(sent)) as before:
        assert before.getexif().get_ifd(IFD.GPSInfo)  # or the test tests nothing
        assert before.info["comment"]
    kept = redraw(sent)
    with Image.open(io.BytesIO(kept)) as after:
        assert after.format == "JPEG"
        assert dict(after.getexif()) == {}
        assert not {"exif", "comment", "xmp", "icc_profile", "photoshop"} & set(after.info)
    assert SECRET.encode() not in kept
    assert b"Exif" not in kept


def test_text_in_a_png_is_gone() -> None:
    told = PngInfo()
    told.add_text("Author", SECRET)
    sent = picture(kind="PNG", pnginfo=told)
    assert SECRET.encode() in sent
    assert SECRET.encode() not in redraw(sent)


@pytest.mark.parametrize(
    ("orientation", "size", "red"), [(1, (40, 20), (5, 10)), (6, (20, 40), (10, 5)), (3, (40, 20), (35, 10))]
)
def test_it_is_turned_upright(orientation: int, size: tuple[int, int], red: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(redraw(with_position(orientation)))) as upright:
        assert upright.size == size
        seen = upright.getpixel(red)
        assert isinstance(seen, tuple)
        assert (seen[0] > 200, seen[2] < 60) == (True, True)


@pytest.mark.parametrize(
    ("size", "kept"), [((3200, 1600), (1600, 800)), ((1000, 4000), (400, 1600)), ((30, 20), (30, 20))]
)
def test_it_is_made_small_and_never_larger(size: tuple[int, int], kept: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(redraw(picture(size)))) as small:
        assert small.size == kept


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "PNG"), ("RGBA", "PNG"), ("P", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("I;16", "PNG"), ("1", "PNG"), ("CMYK", "JPEG"),
     ("L", "JPEG"), ("RGBA", "WEBP"), ("RGB", "WEBP")],
)  # fmt: skip
def test_each_kind_of_picture_is_taken(mode: str, kind: str) -> None:
    sent = io.BytesIO()
    Image.new(mode, (40, 20)).save(sent, kind)
    with Image.open(io.BytesIO(redraw(sent.getvalue()))) as kept:
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (40, 20))


def test_what_was_transparent_is_white() -> None:
    sent = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(sent, "PNG")
    with Image.open(io.BytesIO(redraw(sent.getvalue()))) as kept:
        assert kept.getpixel((4, 4)) == (255, 255, 255)


def claiming(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims a size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1_000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(10_000, 5_001), (12_000, 9_000), (60_000, 60_000), (2**31 - 1, 1_000)])
def test_a_few_bytes_cannot_claim_gigabytes(width: int, height: int) -> None:
    with pytest.raises((PhotoTooLarge, PhotoNotReadable)):
        redraw(claiming(width, height))


def test_more_than_12_megabytes_are_not_opened() -> None:
    with pytest.raises(PhotoTooLarge):
        redraw(picture() + bytes(photo.LARGEST_BYTES))


GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", GIF, picture()[:200], b"\xff\xd8\xff" + bytes(100), b"%PDF-1.7", b"RIFF\x10\x00\x00\x00WEBPVP8 ",
     b'<svg xmlns="http://www.w3.org/2000/svg"/>', claiming(10, 10_000)],
)  # fmt: skip
def test_what_is_no_picture_or_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoNotReadable):
        redraw(data)
