"""Why a file is refused as a whole; each detail says what, where, and what to do."""

from __future__ import annotations

from gridmap.errors import Invalid, NotFound, TooLarge


class FileGone(NotFound):
    """There is no such file, or it may not be read."""

    slug, title = "file-not-found", "The file cannot be found"


class NotWhatItClaims(Invalid):
    """The file's content is not what its name promises, or nothing gridmap reads."""

    slug, title = "not-what-it-claims", "The file is not what it claims to be"


class Truncated(Invalid):
    """The file ends too early: a copy or a download that was cut off."""

    slug, title = "file-cut-off", "The file was cut off"


class Encrypted(Invalid):
    """The archive or the workbook needs a password."""

    slug, title = "file-encrypted", "The file is encrypted"


class Bomb(TooLarge):
    """A small file that would become enormous, or an honest one beyond the limits."""

    slug, title = "file-too-large", "The file is beyond the limits"


class LayerUnclear(Invalid):
    """The file has several layers, or not the one asked for."""

    slug, title = "layer-unclear", "Say which layer"


class NoSystem(Invalid):
    """The file does not say its coordinate reference system, or it is none we know."""

    slug, title = "crs-unclear", "Say the coordinate reference system"
