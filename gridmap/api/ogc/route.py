"""A route that is found with and without a slash at the end: clients of OGC's standards write both."""

from __future__ import annotations

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope


class Route(APIRoute):
    """A route that a slash at the end of the path leads to as well."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the path is this route's, the slash left aside."""
        path = scope["path"]
        if path.endswith("/") and len(path) > 1:
            scope = {**scope, "path": path.rstrip("/")}
        return super().matches(scope)
