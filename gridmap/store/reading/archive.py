"""ZIP archives and gzip streams, opened without trusting what they say of themselves."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from gridmap.store.reading.faults import Bomb, Encrypted, NotWhatItClaims, Truncated

MAX_MEMBERS: Final = 1_000
#: Bytes one archive may unpack to.
MAX_UNPACKED: Final = 4 << 30
#: Unpacked over packed, above `RATIO_FLOOR` bytes: texts reach 30, Shapefiles 15; a bomb 1,000.
MAX_RATIO: Final = 200
RATIO_FLOOR: Final = 8 << 20
CHUNK: Final = 1 << 20

PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
SINGLE: Final = (".gpkg", ".geojson", ".json", ".kml", ".fgb", ".parquet", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm")


def unpack(path: Path, folder: Path, *, layer: str | None = None) -> Path:
    """Unpack the one data set inside the archive at `path` into `folder` and return its main file.

    Only the members of that data set are written, under names of our own, and bytes are counted as they come.

    Raises
    ------
    NotWhatItClaims
        If it holds no data set, several (and `layer` names none of them), or paths that lead out of the folder.
    Bomb
        If it would unpack to more than the limits.
    Encrypted, Truncated
        If it needs a password, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            main = _choose(members, path, layer)
            wanted = [main]
            if main.lower().endswith(".shp"):
                stem = main[:-4].lower()
                wanted = [name for name in members if name.lower() in {stem + part for part in PARTS}]
            _check_sizes([members[name] for name in wanted], path)
            budget = MAX_UNPACKED
            for name in wanted:
                budget -= _write(
                    archive, members[name], folder / f"data{PurePosixPath(name).suffix.lower()}", budget, path
                )
    except zipfile.BadZipFile as error:
        raise Truncated(
            f"{path.name} is a damaged or cut-off ZIP archive ({error}); copy it again.", file=path.name
        ) from error
    except (zlib.error, EOFError) as error:
        raise Truncated(f"{path.name} cannot be unpacked ({error}); copy it again.", file=path.name) from error
    return folder / f"data{PurePosixPath(main).suffix.lower()}"


def check_package(archive: zipfile.ZipFile, path: Path) -> dict[str, int]:
    """Return the members of an archive that is read in place, with their unpacked sizes [bytes].

    No member gives more bytes than it says: `zipfile` reads no further.

    Raises
    ------
    Bomb, Encrypted, NotWhatItClaims
        As `unpack`.
    """
    members = _members(archive, path)
    _check_sizes(list(members.values()), path)
    for info in members.values():
        _check_ratio(info.file_size, info.compress_size, path)
    return {name: info.file_size for name, info in members.items()}


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Bomb(f"{path.name} has {len(infos):,} members, more than {MAX_MEMBERS:,}; pack only the data set.")
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in info.filename:
            raise NotWhatItClaims(
                f"{path.name} has a member that leads out of the archive: {info.filename!r}; pack it again.",
                file=path.name, member=info.filename,
            )  # fmt: skip
    return {info.filename: info for info in infos if not info.is_dir() and "__MACOSX" not in info.filename}


def _choose(members: dict[str, zipfile.ZipInfo], path: Path, layer: str | None) -> str:
    shapes = [name for name in members if name.lower().endswith(".shp")]
    found = shapes or [name for name in members if name.lower().endswith(SINGLE)]
    if layer is not None and len(found) > 1:
        found = [name for name in found if PurePosixPath(name).stem == layer] or found
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(PurePosixPath(name).stem for name in found)[:10])
        raise NotWhatItClaims(
            f"{path.name} holds {len(found)} data sets ({names}); name one with --layer.", file=path.name
        )
    inside = ", ".join(sorted(members)[:5]) or "nothing"
    raise NotWhatItClaims(
        f"{path.name} holds no .shp and no other data set (it holds {inside}); pack the .shp with its .shx and .dbf.",
        file=path.name,
    )


def _check_sizes(infos: list[zipfile.ZipInfo], path: Path) -> None:
    for info in infos:
        if info.flag_bits & 1:
            raise Encrypted(f"{path.name} is protected by a password; unpack it and give the file inside.")
    unpacked, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    _check_ratio(unpacked, packed, path)


def _check_ratio(unpacked: int, packed: int, path: Path) -> None:
    if unpacked > MAX_UNPACKED:
        raise Bomb(f"{path.name} unpacks to {unpacked / 2**30:.1f} GB, more than {MAX_UNPACKED >> 30}; split it.")
    if unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * max(packed, 1):
        raise Bomb(
            f"{path.name} unpacks to {unpacked // max(packed, 1)} times its size: nothing real does; it is refused.",
            file=path.name,
        )


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: int, path: Path) -> int:
    written = 0
    with archive.open(info) as inside, target.open("wb") as out:
        while chunk := inside.read(CHUNK):
            written += len(chunk)
            if written > budget:
                raise Bomb(f"{path.name} unpacks to more than it says; it is refused.", file=path.name)
            _check_ratio(written, info.compress_size, path)
            out.write(chunk)
    return written


class _Counted:
    """A gzip stream that counts what comes out against what went in."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.raw, self.path, self.out = file, path, 0
        self.stream = gzip.GzipFile(fileobj=file, mode="rb")

    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self.stream.read(CHUNK):
                self.out += len(chunk)
                _check_ratio(self.out, self.raw.tell(), self.path)
                yield chunk
        except EOFError as error:
            raise Truncated(f"{self.path.name} is a gzip file that was cut off; copy it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Truncated(f"{self.path.name} is a damaged gzip file ({error}); copy it again.") from error


def chunks_of(path: Path, *, packed: bool) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes, position in the file) of `path` in order, unpacked if it is gzip.

    Raises
    ------
    Bomb
        As soon as a gzip file has grown beyond the limits.
    Truncated
        If a gzip file ends early or is damaged.
    """
    with path.open("rb") as file:
        if packed:
            for chunk in _Counted(file, path).chunks():
                yield chunk, file.tell()
        else:
            while chunk := file.read(CHUNK):
                yield chunk, file.tell()
