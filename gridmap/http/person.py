"""Who asks, and whether they may: the dependencies every route that is not public names in its signature.

`PersonDep` is somebody who is logged in; `MaybePersonDep` may be nobody; `allowed(Action.X)` is somebody whose role
includes X, and `StationDep` the `{station}` of the path if it is in their scope (else 404, as if it did not exist).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Path, Request

from gridmap.domain.access import Action, Actor, NobodyLoggedIn, require_action, require_station
from gridmap.http.session_dep import SessionDep


def maybe_person(request: Request, _session: SessionDep) -> Actor | None:
    """Return who is logged in, or None."""
    actor: Actor | None = request.state.actor
    return actor


MaybePersonDep = Annotated[Actor | None, Depends(maybe_person)]


def person(actor: MaybePersonDep) -> Actor:
    """Return who is logged in.

    Raises
    ------
    NobodyLoggedIn
        If nobody is.
    """
    if actor is None:
        raise NobodyLoggedIn("nobody is logged in; log in and ask again")
    return actor


PersonDep = Annotated[Actor, Depends(person)]


def allowed(action: Action) -> Callable[[Actor | None], Actor]:
    """Return the dependency that lets pass only somebody whose role includes `action`, and gives that person."""

    def check(actor: MaybePersonDep) -> Actor:
        return require_action(actor, action)

    check.action = action  # type: ignore[attr-defined]  # read by the matrix test
    return check


def station_in_scope(
    actor: PersonDep,
    station: Annotated[
        str, Path(description="Code of a station in your scope.", examples=["990000000000"], max_length=16)
    ],
) -> str:
    """Return the station of the path if it is in the person's scope.

    Raises
    ------
    StationNotInScope
        If it is not, or there is none: the two are told alike.
    """
    return require_station(actor, station)


StationDep = Annotated[str, Depends(station_in_scope)]
