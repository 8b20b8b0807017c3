"""What the comparison of options shows: columns, rows with differences marked, and the scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from gridmap.services.proposals import Kept

Better = Literal["less", "more", ""]

#: heading, (key, how it is written, which way is better)...
ROWS: Final[tuple[tuple[str, tuple[tuple[str, str, Better], ...]], ...]] = (
    ("balance", (
        ("deviation", "share", "less"), ("cv", "three", "less"), ("load_most", "whole", "less"), ("load_least", "whole", "more"),
    )),
    ("shape", (
        ("compactness", "two", "more"), ("compactness_least", "two", "more"), ("villages_split", "whole", "less"),
        ("crossings", "whole", "less"),
    )),
    ("change", (
        ("changed_doors", "doors", ""), ("officer_doors", "doors", ""), ("new", "codes", ""), ("gone", "codes", ""),
    )),
    ("residents", (
        ("response_min", "one", "less"), ("response_most", "one", "less"), ("elsewhere", "share", "less"),
    )),
)  # fmt: skip
_SHARES: Final = {"changed_doors": "changed_share", "officer_doors": "officer_share"}
#: The scatter in its own units.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 270, 46, 40, 26, 18
_SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: as it is written, the difference to the present edition, and whether that is better or worse."""

    text: str
    delta: str
    verdict: Literal["better", "worse", "same", ""]


def columns(kept: Kept) -> list[dict[str, Any]]:
    """Return the head of each column: the present edition first where there is one."""
    found: list[dict[str, Any]] = []
    if kept.present is not None:
        found.append({"n": 0, "figures": kept.present, "drawing": kept.present["drawing"], "opened_as": None})
    options = (
        {"n": one.n, "figures": one.figures, "drawing": one.plan["drawing"], "opened_as": one.opened_as}
        for one in kept.options
    )
    return [*found, *options]


def rows(kept: Kept) -> list[tuple[str, list[tuple[str, list[Cell]]]]]:
    """Return the figures by heading: (heading, [(key, a cell for each column)])."""
    told = [one["figures"] for one in columns(kept)]
    base = kept.present
    found = []
    for heading, keys in ROWS:
        lines = [
            (key, [_cell(one, base, key, form, better) for one in told])
            for key, form, better in keys
            if any(one.get(key) not in (None, []) for one in told)
        ]
        if lines:
            found.append((heading, lines))
    return found


def none_within(kept: Kept) -> tuple[str, str] | None:
    """Return the tolerance asked for and the nearest reached, where no option keeps to it."""
    if not kept.options or any(one.figures["within"] for one in kept.options):
        return None
    best = min(one.figures["deviation"] for one in kept.options)
    return written(kept.wishes.tolerance, "share"), written(best, "share")


def scatter(kept: Kept) -> dict[str, Any]:
    """Return the scatter of deviation over change: ticks, the tolerance line, and a point for each column."""
    told = columns(kept)
    most_x = _ceiling(max([one["figures"]["changed_share"] for one in told] + [0.05]))
    most_y = _ceiling(max([one["figures"]["deviation"] for one in told] + [kept.wishes.tolerance * 1.2]))
    across = WIDTH - LEFT - RIGHT
    up = HEIGHT - BOTTOM - TOP

    def x(share: float) -> float:
        return round(LEFT + across * share / most_x, 1)

    def y(deviation: float) -> float:
        return round(HEIGHT - BOTTOM - up * deviation / most_y, 1)

    round_ = [one["figures"]["compactness"] for one in told]
    low, high = min(round_), max(round_)
    points = [
        {
            "n": one["n"],
            "x": x(one["figures"]["changed_share"]),
            "y": y(one["figures"]["deviation"]),
            "shade": 1 + round((_SHADES - 1) * ((one["figures"]["compactness"] - low) / (high - low) if high > low else 1)),
            "text": [written(one["figures"][key], form) for key, form in
                     (("deviation", "share"), ("changed_share", "share"), ("compactness", "two"))],
        }
        for one in told
    ]  # fmt: skip
    steps = (0, 0.25, 0.5, 0.75, 1)
    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM,
        "x_ticks": [(x(most_x * step), written(most_x * step, "share")) for step in steps],
        "y_ticks": [(y(most_y * step), written(most_y * step, "share")) for step in steps],
        "tolerance": y(kept.wishes.tolerance), "points": points,
    }  # fmt: skip


def written(value: Any, form: str) -> str:
    """Return a figure as the page writes it.

    >>> written(0.0512, "share"), written(1234, "doors"), written(["J23"], "codes"), written(None, "one")
    ('5.1%', '1,234', 'J23', '–')
    """
    if value is None or value == []:
        return "–"
    if form == "codes":
        return ", ".join(value)
    forms = {"share": "{:.1%}", "three": "{:.3f}", "two": "{:.2f}", "one": "{:.1f}"}
    return forms.get(form, "{:,.0f}").format(value)


def _cell(figures: dict[str, Any], base: dict[str, Any] | None, key: str, form: str, better: Better) -> Cell:
    value, before = figures.get(key), (base or {}).get(key)
    text = written(value, form)
    if key in _SHARES and value is not None and figures is not base:
        return Cell(text, written(figures.get(_SHARES[key]), "share"), "")
    if figures is base or form == "codes" or value is None or before is None:
        return Cell(text, "", "")
    if written(before, form) == text:
        return Cell(text, "", "same")
    change = value - before
    delta = ("+" if change > 0 else "−") + written(abs(change), form).removesuffix("%")
    if not better:
        return Cell(text, delta, "")
    return Cell(text, delta, "better" if (change < 0) == (better == "less") else "worse")


def _ceiling(share: float) -> float:
    """Return the next round share above."""
    return next(step for step in (0.04, 0.08, 0.12, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 10.0, 1e9) if step >= share)
