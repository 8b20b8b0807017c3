"""The form of wishes: what it shows at first, and what it sends made into wishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData

from gridmap.services.proposals import USUAL, PlanWishes, WishNotPossible
from gridmap.services.proposals.wishes import not_possible

#: Fields that hold a number of hundredths.
_PERCENT: Final = ("tolerance", "change", "compact", "travel")
LONGEST: Final = 20_000


def values_of(wishes: PlanWishes) -> dict[str, Any]:
    """Return what the form shows for `wishes`: field -> value."""
    shown: dict[str, Any] = {
        "beats": wishes.beats,
        "base": wishes.base,
        "units": wishes.units,
        "villages": wishes.villages,
        "cross": wishes.cross,
        "seed": wishes.seed,
        "thorough": wishes.thorough,
        "locked": list(wishes.locked),
        "special": "\n".join(f"{name} = {value:g}" for name, value in wishes.special.items()),
        "weights": {part: f"{weight:g}" for part, weight in wishes.weights.items()},
        "capacity": {code: f"{share * 100:g}" for code, share in wishes.capacity.items()},
    }
    return shown | {name: f"{getattr(wishes, name) * 100:g}" for name in _PERCENT}


def values_sent(form: FormData) -> dict[str, Any]:
    """Return what the form shows again after something in it was wrong: as it was sent."""
    told = {name: _text(form, name) for name in ("beats", "base", "units", "villages", "seed", "special", *_PERCENT)}
    return told | {
        "cross": "cross" in form,
        "thorough": "thorough" in form,
        "locked": [str(code) for code in form.getlist("locked")],
        "weights": _prefixed(form, "w."),
        "capacity": _prefixed(form, "cap."),
    }


def wishes_sent(form: FormData) -> PlanWishes:
    """Return the wishes a form holds.

    Raises
    ------
    WishNotPossible
        If a number is none; with its `field`.
    """
    weights = {part: _number("weights", text) for part, text in _prefixed(form, "w.").items() if text}
    base = _text(form, "base")
    return PlanWishes(
        beats=_whole("beats", _text(form, "beats")),
        units=_text(form, "units", "cells"),  # type: ignore[arg-type]  # checked with the rest
        base=_whole("base", base) if base else None,
        weights={part: weight for part, weight in weights.items() if weight} or dict(USUAL),
        special=_special(_text(form, "special")),
        villages=_text(form, "villages", "prefer"),  # type: ignore[arg-type]
        cross="cross" in form,
        thorough="thorough" in form,
        locked=tuple(dict.fromkeys(str(code) for code in form.getlist("locked"))),
        capacity={
            code: share
            for code, text in _prefixed(form, "cap.").items()
            if text and (share := _number("capacity", text) / 100) != 1
        },
        seed=_whole("seed", _text(form, "seed", "0") or "0"),
        tolerance=_number("tolerance", _text(form, "tolerance", "5")) / 100,
        change=_number("change", _text(form, "change", "50")) / 100,
        compact=_number("compact", _text(form, "compact", "100")) / 100,
        travel=_number("travel", _text(form, "travel", "0")) / 100,
    )


def problem_of(error: WishNotPossible) -> Mapping[str, str]:
    """Return where an error is told: field -> sentence; "" is the whole form."""
    return {str(error.facts.get("field", "")): error.detail}


def _special(text: str) -> dict[str, float]:
    """Return the doors of lines `door = households`."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, number = line.replace("＝", "=").rpartition("=")
        if line.strip():
            found[name.strip() or line.strip()] = _number("special", number.strip() if name else "")
    return found


def _prefixed(form: FormData, prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): _text(form, key) for key in dict.fromkeys(form.keys()) if key.startswith(prefix)}


def _text(form: FormData, name: str, default: str = "") -> str:
    value = form.get(name, default)
    text = value.strip() if isinstance(value, str) else default
    if len(text) > LONGEST or "\0" in text:
        raise not_possible(name, f"{name} is longer than {LONGEST} characters or holds what is no text")
    return text


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise not_possible(name, f"{name}: {text[:40]!r} is no number") from None


def _whole(name: str, text: str) -> int:
    value = _number(name, text)
    if not (abs(value) < 2**31 and value == int(value)):
        raise not_possible(name, f"{name}: {text[:40]!r} is no whole number")
    return int(value)
