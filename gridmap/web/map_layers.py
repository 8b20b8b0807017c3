"""The pictures of the officer's map: classes with their colour, texture and words, the same on screen and on paper.

Colours are read without colour: sequential ramps fall in lightness from first to last (CIE L*), the two ends of a diverging
one are red and blue, which every kind of colour-blind eye tells apart, and classes that could be mistaken have a texture.

References
----------
Brewer (1994), "Color Use Guidelines for Mapping and Visualization". Machado, Oliveira & Fernandes (2009), "A Physiologically-
based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), by which the ramps were looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Texture = Literal["", "dots", "rise", "fall", "flat", "cross"]
Panel = Literal["where", "when", "again", "next", "change", "gaps"]
PANELS: Final[tuple[Panel, ...]] = ("where", "when", "again", "next", "change", "gaps")


@dataclass(frozen=True, slots=True)
class Look:
    """One class of a picture: its value in the answer, fill (hex), how much shows through, texture, and its word's key."""

    value: str
    fill: str
    word: str
    texture: Texture = ""
    opacity: float = 0.85


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: the analysis that makes it, where it is offered, which property holds the class, its classes.

    `options`: what an address may say of how it is counted -> the choices, the first where it says none of them. `ramp`: the classes are steps of a number, with breaks in `facts.breaks`.
    """

    name: str
    panel: Panel
    looks: tuple[Look, ...]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    column: str = "class"
    ramp: bool = False
    rule: Literal["", "scan", "change", "places"] = ""


#: A circle or a change is called one up to this p or q, a change from this many events in both spans on.
SIGNIFICANT: Final = 0.05
LEAST_CHANGED: Final = 5
FEW: Final = Look("too_few", "#cfcabc", "map_few", "dots", 0.45)
#: Amber to brown: CIE L* 92, 84, 71, 52, 31.
AMBER: Final = ("#fde8b4", "#fbca62", "#ee9431", "#c25b1a", "#7a2d10")
#: Pale to deep teal: CIE L* 94, 85, 72, 55, 38.
TEAL: Final = ("#e6f0ec", "#bddad2", "#85bab4", "#46918f", "#17636b")
#: Deep to pale violet: CIE L* 25, 51, 67, 83.
VIOLET: Final = ("#4a1f7c", "#7b68b5", "#a59fce", "#d0cee6")
SIZES: Final = ("300", "200", "400", "500", "1000")
LATTICES: Final = ("square", "hexagon")
#: Analyses without a picture of their own -> their options, as `Picture.options`.
TABLES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "when": {}, "near_repeat": {}, "back_test": {"ahead": ("week", "month"), "size": SIZES},
}  # fmt: skip


def _ramp(colours: tuple[str, ...]) -> tuple[Look, ...]:
    return tuple(Look(str(place), fill, "map_from_n") for place, fill in enumerate(colours, start=1))


PICTURES: Final[dict[str, Picture]] = {
    one.name: one
    for one in (
        Picture(
            "hotspots",
            "where",
            (
                Look("hot99", "#a50f27", "map_hot99", "rise"), Look("hot95", "#e0603f", "map_hot95"),
                Look("cold95", "#6ba3cf", "map_cold95"), Look("cold99", "#2a62a0", "map_cold99", "flat"),
                Look("not_significant", "#8d8775", "map_not_significant", opacity=0.1), FEW,
            ),
            {"shape": LATTICES, "size": SIZES, "weight": ("none", "tier"), "control": ("bh", "by")},
        ),
        Picture(
            "density",
            "where",
            _ramp(AMBER),
            {"bandwidth": ("", "100", "150", "200", "300", "500", "1000"), "per": ("none", "household")},
            ramp=True,
        ),
        Picture(
            "rates",
            "where",
            (
                Look("0", "#f4f1e8", "map_none_here", opacity=0.6), *_ramp(TEAL),
                Look("small_number", "#85bab4", "map_small_number", "fall", 0.6),
                Look("no_denominator", "#b9b4a4", "map_no_denominator", "cross", 0.5),
            ),
            {
                "shape": ("beat", "grid_cell", "village", *LATTICES), "per": ("household", "resident", "km2", "none"),
                "size": SIZES, "against": ("before", "year"),
            },
            column="level",
            ramp=True,
        ),
        Picture(
            "emerging",
            "where",
            (
                Look("new", "#fb9a29", "map_new", "dots"), Look("growing", "#d7301f", "map_growing", "rise"),
                Look("persistent", "#8b1029", "map_persistent"), Look("fading", "#e9a79c", "map_fading", "fall"),
                Look("sporadic", "#d8c17a", "map_sporadic", "flat"), Look("gone", "#7fa8c9", "map_gone", "cross"),
            ),
            {"size": SIZES},
        ),
        Picture(
            "moran",
            "where",
            (
                Look("hh", "#a50f27", "map_hh", "rise"), Look("hl", "#f0a15c", "map_hl", "dots"),
                Look("lh", "#a9cde6", "map_lh", "fall"), Look("ll", "#2a62a0", "map_ll", "flat"),
            ),
            {"shape": LATTICES, "size": SIZES},
        ),
        Picture(
            "scan",
            "where",
            (
                Look("now", "#a50f27", "map_scan_now", "fall", 0.5), Look("space_time", "#e08a1e", "map_scan_space_time", "rise", 0.5),
                Look("space", "#4a1f7c", "map_scan_space", "dots", 0.4), Look("chance", "#8d8775", "map_scan_chance", opacity=0.12),
            ),
            rule="scan",
        ),
        Picture("series", "again", (Look("*", "#7a2d10", "map_one_series", "rise", 0.5),)),
        Picture(
            "change",
            "change",
            (
                Look("more", "#c25b1a", "map_change_more", "rise"), Look("fewer", "#2a62a0", "map_change_fewer", "flat"),
                Look("same", "#8d8775", "map_change_same", opacity=0.12), FEW,
            ),
            {"against": ("before", "year"), "shape": ("beat", "grid_cell", "village")},
            rule="change",
        ),
        Picture(
            "repeat_places",
            "again",
            (Look("more", "#8b1029", "map_one_place"), Look("chance", "#8d8775", "map_place_chance", opacity=0.4)),
            rule="places",
        ),
        Picture(
            "forecast",
            "next",
            (
                Look("1", VIOLET[0], "map_top1", "rise"), Look("5", VIOLET[1], "map_top5"),
                Look("10", VIOLET[2], "map_top10"), Look("20", VIOLET[3], "map_top20"),
            ),
            {"ahead": ("week", "month"), "size": SIZES},
        ),
    )
}  # fmt: skip
#: The picture that comes with a panel that has none of its own chosen yet.
FIRST: Final[dict[Panel, str]] = {"where": "hotspots", "again": "repeat_places", "next": "forecast", "change": "change"}
#: What a panel asks for besides its picture.
ASKED: Final[dict[Panel, tuple[str, ...]]] = {
    "when": ("when",), "again": ("repeat_places", "series", "near_repeat"), "next": ("forecast",), "change": ("change",),
}  # fmt: skip
NONE: Final = "none"


def picture_of(name: str | None, panel: Panel) -> str:
    """Return the picture an address means: the one it names, else the first of its panel."""
    if name is not None and (name in PICTURES or name == NONE):
        return name
    return FIRST.get(panel, "hotspots")


def class_of(picture: Picture, facts: Mapping[str, Any]) -> str:
    """Return the class of a feature by its properties; "*" where a picture has but one.

    >>> class_of(PICTURES["rates"], {"class": "small_number", "level": 3})
    'small_number'
    """
    if len(picture.looks) == 1:
        return "*"
    if picture.rule == "scan":
        return str(facts["kind"]) if facts["p"] <= SIGNIFICANT else "chance"
    if picture.rule == "places":
        return "more" if facts["q"] is not None and facts["q"] <= SIGNIFICANT else "chance"
    if picture.rule == "change":
        return _change(facts)
    kind = str(facts.get("class"))
    if picture.column == "class" or kind in {"small_number", "no_denominator"}:
        return kind
    return str(facts.get(picture.column))


def _change(facts: Mapping[str, Any]) -> str:
    if facts["now"] + facts["before"] < LEAST_CHANGED:
        return "too_few"
    if facts["q"] is None or facts["q"] > SIGNIFICANT:
        return "same"
    return "more" if facts["ratio"] is None or facts["ratio"] > 1 else "fewer"


def options_of(name: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return the options an analysis is asked with: what an address says where that is a choice, else the first.

    >>> options_of("rates", {"shape": "hexagon", "per": "nonsense"})["per"]
    'household'
    """
    choices = PICTURES[name].options if name in PICTURES else TABLES.get(name, {})
    chosen = {option: said.get(option, "") if said.get(option) in some else some[0] for option, some in choices.items()}
    return {option: value for option, value in chosen.items() if value}


def catalogue() -> dict[str, dict[str, Any]]:
    """Return the pictures as the page's modules read them."""
    return {
        name: {
            "panel": one.panel,
            "options": dict(one.options),
            "column": one.column,
            "ramp": one.ramp,
            "rule": one.rule,
            "looks": [[look.value, look.fill, look.word, look.texture, look.opacity] for look in one.looks],
        }
        for name, one in PICTURES.items()
    }
