"""What each worker process of `gridmap serve` runs; its settings come from the environment, as the parent filled them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def everything() -> ASGIApp:
    """Return the whole service."""
    from gridmap.app import create_app  # noqa: PLC0415 -- the other application goes without

    return create_app(Settings())


def public() -> ASGIApp:
    """Return the service for residents alone."""
    from gridmap.public_app import create_public_app  # noqa: PLC0415

    return create_public_app(Settings())
