"""The sealer of the running service: put there by whoever starts it."""

from __future__ import annotations

from fastapi import FastAPI

from gridmap.errors import Unavailable
from gridmap.services.sealing import Sealer


class NoSealKey(Unavailable):
    """The service runs without a key for what is sealed."""

    slug, title = "no-seal-key", "Nothing sealed can be opened here"


def sealer_of(app: FastAPI) -> Sealer:
    """Return what opens sealed texts.

    Raises
    ------
    NoSealKey
        If the service was started without a key.
    """
    sealer: Sealer | None = getattr(app.state, "sealer", None)
    if sealer is None:  # the desk that takes reports has it
        sealer = getattr(getattr(app.state, "report_desk", None), "sealer", None)
    if sealer is None:
        raise NoSealKey("set GRIDMAP_SEAL_KEY, or start with `gridmap serve`, which keeps a key in its data folder")
    return sealer
