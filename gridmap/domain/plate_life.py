"""The life of a plate: the states it may be in, the steps between them, and what its position tells.

A *step* is recorded and bears the name of the state it leads to; nothing else changes a plate's state. The database holds
the same table in `guard_plate_step`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from gridmap.domain.plates import DEAD, PLATE_STATES
from gridmap.errors import Conflict

#: state -> steps it allows. `issued` after `issued` is the first row of a plate's life: the plate is made with that state.
STEPS: Final[dict[str, frozenset[str]]] = {
    "issued": frozenset({"issued", "printed", "installed", "damaged", "lost", "replaced", "retired"}),
    "printed": frozenset({"printed", "installed", "damaged", "lost", "replaced", "retired"}),
    "installed": frozenset({"installed", "damaged", "lost", "moved", "replaced", "retired"}),
    "damaged": frozenset({"installed", "lost", "moved", "replaced", "retired"}),
    "lost": frozenset({"installed", "replaced", "retired"}),
    "moved": frozenset({"installed", "damaged", "lost", "replaced", "retired"}),
    "replaced": frozenset(),
    "retired": frozenset(),
}

#: Steps that whoever stands at the door records.
AT_THE_DOOR: Final = ("installed", "damaged", "lost", "moved")
#: Steps that a list of codes may take at once; `issued` and `replaced` come with a new plate.
OF_MANY: Final = tuple(state for state in PLATE_STATES if state not in {"issued", "replaced"})
#: Living states in which nothing that can be scanned hangs at the door, or not at this door.
TROUBLED: Final = ("damaged", "lost", "moved")

#: state -> (Chinese, English): what a plate is.
WORDS: Final[dict[str, tuple[str, str]]] = {
    "issued": ("已编码", "issued"),
    "printed": ("已制作", "printed"),
    "installed": ("已安装", "installed"),
    "damaged": ("损坏", "damaged"),
    "lost": ("丢失", "lost"),
    "replaced": ("已更换", "replaced"),
    "moved": ("挂在别处", "hangs elsewhere"),
    "retired": ("停用", "out of use"),
}

#: A position farther than this from the door is told [m], where nothing else is set: a phone between houses is rarely worse.
NEAR_M: Final = 100.0
#: A position farther than this is asked about, and the plate is listed until somebody has looked [m].
FAR_M: Final = 500.0

Nearness = Literal["near", "off", "far", "rough"]


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a position is told, and from where on it is asked about and listed [m]."""

    near_m: float = NEAR_M
    far_m: float = FAR_M


LIMITS: Final = Limits()


class PlateStepNotAllowed(Conflict):
    """A plate cannot take this step from the state it is in."""

    slug, title = "plate-step-not-allowed", "The plate cannot take this step"


def may_follow(state: str, step: str) -> bool:
    """Return whether a plate in `state` may take `step`.

    >>> may_follow("installed", "damaged"), may_follow("retired", "installed")
    (True, False)
    """
    return step in STEPS[state]


def state_after(steps: Iterable[str], state: str = "issued") -> str:
    """Return the state a plate is in after `steps`, from `state` on; steps that are not allowed leave it as it is.

    >>> state_after(["printed", "installed", "issued", "damaged"])
    'damaged'
    """
    for step in steps:
        state = step if may_follow(state, step) else state
    return state


def require_step(plate: str, state: str, step: str) -> None:
    """Check that a plate in `state` may take `step`.

    Raises
    ------
    PlateStepNotAllowed
        If it may not; the detail names what it may do.

    Examples
    --------
    >>> require_step("0123456789AB", "issued", "installed")
    """
    if not may_follow(state, step):
        allowed = ", ".join(one for one in PLATE_STATES if one in STEPS[state] and one != "issued")
        if state in DEAD:
            what = "its life has ended; give the door a new plate"
        else:
            what = f"it can become {allowed}, not {step}"
        raise PlateStepNotAllowed(f"plate {plate} is {state}: {what}", plate=plate, state=state, step=step)


def nearness(distance_m: float | None, accuracy_m: float | None = None, limits: Limits = LIMITS) -> Nearness:
    """Return how a position lies to its door: "near", "off" (told), "far" (asked about), or "rough" (tells nothing).

    What counts is how far off the phone is at least: the distance less its own accuracy. A phone that does not know
    better than `limits.far_m` where it is tells nothing.

    >>> nearness(5), nearness(150), nearness(650), nearness(650, 200), nearness(50, 3_000), nearness(None)
    ('near', 'off', 'far', 'off', 'rough', 'rough')
    """
    if distance_m is None or (accuracy_m or 0.0) > limits.far_m:
        return "rough"
    least = distance_m - (accuracy_m or 0.0)
    return "far" if least > limits.far_m else "off" if least > limits.near_m else "near"
