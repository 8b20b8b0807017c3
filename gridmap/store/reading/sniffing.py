"""What a file is, told by its first and last bytes, and whether its name agrees."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Final

from gridmap.store.reading.faults import Encrypted, FileGone, NotWhatItClaims, Truncated

HEAD: Final = 4096

#: What each ending promises.
PROMISES: Final = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".csv.gz": "gzip", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "excel", ".geojson": "geojson", ".json": "geojson",
    ".gpkg": "gpkg", ".shp": "shapefile", ".zip": "zip", ".kmz": "zip", ".kml": "kml", ".fgb": "flatgeobuf",
    ".parquet": "parquet", ".geoparquet": "parquet",
}  # fmt: skip

NAMES: Final = {
    "csv": "a text table (CSV)", "gzip": "a gzip file", "geojson": "JSON", "gpkg": "a GeoPackage",
    "shapefile": "a Shapefile", "zip": "a ZIP archive", "kml": "KML", "flatgeobuf": "FlatGeobuf",
    "parquet": "Parquet", "html": "a web page (HTML)", "xml": "XML that is not KML", "excel": "an old Excel workbook (.xls)", "xlsx": "an Excel workbook (.xlsx)",
    "xlsb": "a binary Excel workbook (.xlsb)", "ods": "an OpenDocument table (.ods)", "word": "a text document (.docx)",
    "pdf": "a PDF", "picture": "a picture", "rar": "a RAR or 7z archive", "binary": "no format gridmap reads",
    "bare_shapefile": "one part of a Shapefile",
}  # fmt: skip

MENDS: Final = {
    "html": "the download was probably an error or log-in page; fetch the file itself",
    "excel": "save it as .xlsx in Excel",
    "xlsb": "save it as .xlsx in Excel",
    "ods": "save it as .xlsx",
    "word": "put the table into a workbook and save it as .xlsx",
    "xml": "export it as GeoPackage, GeoJSON or KML",
    "rar": "unpack it and give the file inside",
    "bare_shapefile": "give the .shp with .shx and .dbf beside it, or all of them in one .zip",
}

#: The compound files of old Office programs; newer ones wrap what has a password in them.
_OLE: Final = b"\xd0\xcf\x11\xe0"
_WRAPPED: Final = "EncryptedPackage".encode("utf-16-le")

_MAGIC: Final = (
    (b"SQLite format 3\x00", "gpkg"), (b"fgb\x03fgb", "flatgeobuf"), (b"PAR1", "parquet"), (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gzip"), (b"\x00\x00\x27\x0a", "shapefile"), (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"), (b"\xff\xd8\xff", "picture"), (b"Rar!", "rar"), (b"7z\xbc\xaf", "rar"),
    (_OLE, "excel"),
)  # fmt: skip
#: Member of a ZIP archive -> what the archive is, then.
_PACKAGES: Final = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "xlsb",
    "word/document.xml": "word",
    "content.xml": "ods",
}


def ending(path: Path) -> str:
    """Return the ending of `path` that tells its format, lower case: ".geojson", ".csv.gz"."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return "".join(suffixes[-2:]) if suffixes[-2:] == [".csv", ".gz"] else (suffixes[-1] if suffixes else "")


def sniff(path: Path) -> str:
    """Return what the file at `path` is ("csv", "gzip", "geojson", "gpkg", "shapefile", "zip", "kml", …).

    Raises
    ------
    FileGone
        If it is not there, a folder, or not readable.
    NotWhatItClaims
        If it is empty, nothing gridmap reads, or not what its ending promises.
    Truncated
        If it is shorter than its own header says.
    """
    head, size = _read_head(path)
    if head.startswith(_OLE) and _needs_password(path):
        raise Encrypted(
            f"{path.name} is protected by a password; open it, save it without one, and give that.", file=path.name
        )
    if size == 0:
        raise NotWhatItClaims(f"{path.name} is empty (0 bytes); export or copy it again.", file=path.name)
    promised = PROMISES.get(ending(path))
    found = _kind_of(head)
    if found == "zip":
        found = _kind_of_package(path, promised)
    if promised is None and ending(path) in {".dbf", ".shx", ".prj", ".cpg"}:
        promised = found = "bare_shapefile"
    if found in MENDS or found in {"pdf", "picture", "binary"}:
        mend = MENDS.get(
            found, "give GeoPackage, Shapefile, GeoJSON, KML, FlatGeobuf, GeoParquet, Excel (.xlsx) or CSV"
        )
        raise NotWhatItClaims(f"{path.name} is {NAMES[found]}; {mend}.", file=path.name, found=found)
    if promised is None:
        endings = ", ".join(sorted(PROMISES))
        raise NotWhatItClaims(
            f"{path.name}: the ending {ending(path) or '(none)'} tells nothing; gridmap reads {endings}.",
            file=path.name, found=found,
        )  # fmt: skip
    if found != promised:
        raise NotWhatItClaims(
            f"{path.name} promises {NAMES[promised]} but is {NAMES[found]}; "
            "give it its right ending, or export it again.",
            file=path.name, found=found, promised=promised,
        )  # fmt: skip
    _check_whole(path, found, head, size)
    return found


def _read_head(path: Path) -> tuple[bytes, int]:
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise FileGone(f"{path} is {what}; give the path of a file.", file=str(path))
    try:
        with path.open("rb") as file:
            return file.read(HEAD), path.stat().st_size
    except OSError as error:
        raise FileGone(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error


def _kind_of(head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:1024].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "html"
    if start.startswith(b"<"):
        return "kml" if b"<kml" in head.lower() or b"/kml/2" in head.lower() else "html" if b"<html" in start else "xml"
    if start.startswith((b"{", b"[")):
        return "geojson"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"  # UTF-16, as Excel's "Unicode text"
    control = sum(head.count(byte) for byte in (b"\x00", b"\x01", b"\x02", b"\x03"))
    return "binary" if control > len(head) // 100 else "csv"


def _kind_of_package(path: Path, promised: str | None) -> str:
    """Return what a ZIP archive is by what is in it; one that is cut off is what it promised to be."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if promised == "xlsx":
            raise Truncated(
                f"{path.name} is a damaged or cut-off workbook ({error}); copy it again.", file=path.name
            ) from error
        return "zip"
    return next((kind for member, kind in _PACKAGES.items() if member in names), "zip")


def _needs_password(path: Path) -> bool:
    """Return whether a compound file holds an encrypted workbook; all of it is looked through."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if _WRAPPED in rest + chunk:
                return True
            rest = chunk[-len(_WRAPPED) :]
    return False


def _check_whole(path: Path, kind: str, head: bytes, size: int) -> None:
    """Compare the size of the file with what its header says of it."""
    wanted = None
    if kind == "gpkg" and len(head) >= 100:  # pages x page size, if the header's count is valid (offsets 24 and 92)
        page, count = struct.unpack_from(">H", head, 16)[0], struct.unpack_from(">I", head, 28)[0]
        if head[24:28] == head[92:96]:
            wanted = count * (65536 if page == 1 else page)
    elif kind == "shapefile" and len(head) >= 28:
        wanted = 2 * int(struct.unpack_from(">i", head, 24)[0])
    if wanted is not None and size < wanted:
        raise Truncated(
            f"{path.name} ends after {size:,} bytes, its header says {wanted:,}: it was cut off; copy it again.",
            file=path.name, size=size, wanted=wanted,
        )  # fmt: skip
    if kind == "parquet":
        with path.open("rb") as file:
            file.seek(-4, 2)
            if file.read(4) != b"PAR1":
                raise Truncated(f"{path.name} has no Parquet footer: it was cut off; copy it again.", file=path.name)
