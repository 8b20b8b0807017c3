"""The states of an edition (版次) and the steps between them."""

from __future__ import annotations

from gridmap.errors import Conflict

#: state -> states it may go to. The database holds the same table in `guard_edition_step`.
STEPS: dict[str, frozenset[str]] = {
    "draft": frozenset({"published"}),
    "published": frozenset({"superseded", "withdrawn"}),
    "superseded": frozenset({"published"}),
    "withdrawn": frozenset(),
}


class EditionStepNotAllowed(Conflict):
    """An edition cannot go from its state to the one asked for."""

    slug, title = "edition-step-not-allowed", "The edition cannot take this step"


def require_step(station: str, number: int, present: str, wanted: str) -> None:
    """Check that an edition may go from state `present` to `wanted`.

    Raises
    ------
    EditionStepNotAllowed
        If it may not; the detail names both states.

    Examples
    --------
    >>> require_step("990000000000", 3, "draft", "published")
    """
    if wanted not in STEPS[present]:
        allowed = ", ".join(sorted(STEPS[present])) or "nothing further"
        raise EditionStepNotAllowed(
            f"edition {number} of station {station} is {present}; it can become {allowed}, not {wanted}",
            station=station,
            number=number,
            state=present,
        )
