"""How the snapshot can fail, by name."""

from __future__ import annotations

from gridmap.errors import Conflict, Invalid, Unavailable


class SnapshotBroken(Unavailable):
    """A file of the snapshot is cut off, changed, or of another version of gridmap."""

    slug, title = "snapshot-broken", "The scan's snapshot is damaged"


class SnapshotMissing(Unavailable):
    """The folder holds no snapshot, or a file it names is gone."""

    slug, title = "snapshot-missing", "There is no snapshot to answer scans from"


class SnapshotNotWritable(Unavailable):
    """The snapshot's folder takes no file: no room, no permission."""

    slug, title = "snapshot-not-writable", "The scan's snapshot cannot be written"


class SnapshotLocked(Conflict):
    """Another process holds the lock that was asked for."""

    slug, title = "snapshot-locked", "Another process is writing the snapshot"


class SnapshotHeld(Conflict):
    """The snapshot was rolled back by a person, and stays so until it is released."""

    slug, title = "snapshot-held", "The snapshot is held where it was rolled back to"


class NoEarlierSnapshot(Conflict):
    """There is no other snapshot to go back to."""

    slug, title = "no-earlier-snapshot", "There is no earlier snapshot to go back to"


class PlateTwice(Conflict):
    """One plate stands in two rows, of one station or of two."""

    slug, title = "plate-twice", "A plate occurs twice"


class SnapshotRowsNotValid(Invalid):
    """The rows of a station do not fit together."""

    slug, title = "snapshot-rows-not-valid", "The rows for the snapshot do not fit together"
