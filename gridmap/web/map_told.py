"""An answer in words for paper, in both languages: its legend, how it was come by, and which incidents it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridmap.services.views import DISPUTES, View
from gridmap.store.tables import IncidentCategory
from gridmap.web.map_layers import Look, Picture, class_of
from gridmap.web.words import LANGUAGES, WEEKDAYS, Language, say
from gridmap.web.words.map_methods import WORDS as METHODS

Both = tuple[str, str]
#: Classes that are told although no cell has them: that nothing is hot is news.
ALWAYS = frozenset({"hot99", "hot95"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend: how it looks, what it means (Chinese, English), how many features have it."""

    look: Look
    words: Both
    count: int


def rounded(value: float) -> str:
    """Return a number with two digits that count, three from a hundred on.

    >>> rounded(0.01234), rounded(1234.5), rounded(30.0)
    ('0.012', '1,230', '30')
    """
    if not value:
        return "0"
    told = float(f"{value:.3g}" if abs(value) >= 100 else f"{value:.2g}")
    return f"{told:,.0f}" if told == int(told) else f"{told:,}"


def legend_of(picture: Picture, body: Mapping[str, Any]) -> list[Entry]:
    """Return the classes of an answer that occur, in words."""
    facts = body["facts"]
    counts: dict[str, int] = {}
    for feature in (body["cells"] or {"features": []})["features"]:
        kind = class_of(picture, feature["properties"])
        counts[kind] = counts.get(kind, 0) + 1
    tally = facts.get("tally") or {}
    if any(look.value in tally for look in picture.looks):
        counts = {str(name): int(count) for name, count in tally.items()}
    shown = [look for look in picture.looks if counts.get(look.value) or look.value in ALWAYS]
    return [Entry(look, _words(picture, look, facts), counts.get(look.value, 0)) for look in shown]


def unit_of(body: Mapping[str, Any]) -> Both | None:
    """Return what the numbers of a legend are, or None where it has none."""
    facts = body["facts"]
    if facts.get("unit"):
        return _both(f"map_{facts['unit']}")
    return _both(f"map_of_{facts['per']}", of=f"{facts.get('of', 0):,}") if facts.get("per") else None


def how_of(name: str, body: Mapping[str, Any]) -> list[Both]:
    """Return the sentences that say how an answer was come by."""
    facts = body["facts"]
    filled = _Facts({"events": body["events"], **facts, **(facts.get("tally") or {})})
    key = "map_how_hotspots_drawn" if facts.get("method") == "gi_star_drawn" else f"map_how_{name}"
    told = [_both(key, filled)]
    extras = (f"map_density_{facts.get('bandwidth')}", "map_density_at_end" if facts.get("at_end") else "")
    told += [_both(extra) for extra in extras if name == "density" and extra in METHODS]
    if name == "emerging":
        told += _rules(facts)
    if facts.get("enough") is False:
        told.append(_both("map_too_few", n=body["events"], least=facts["least_events"]))
    if name == "scan" and facts.get("said") == "none":
        told.append(_both("map_scan_none"))
    if name == "forecast":
        told.append(_both("map_beats" if facts.get("beats_last_year") else "map_beats_not"))
    origin = facts.get("origin") or body["origin"]
    what = _both(f"map_origin_used_{origin}")
    told.append(_each(lambda language: say("map_which_events", language, what=what[LANGUAGES.index(language)])))
    return told


def _rules(facts: Mapping[str, Any]) -> list[Both]:
    """Return the rule of every class that occurs, with its numbers."""
    found = []
    for kind, rule in facts["rules"].items():
        if facts["tally"].get(kind):
            numbers = _Facts({**rule, "least_share": f"{rule['least_share'] or 0:.0%}"})
            name, why = _both(f"map_{kind}"), _both(f"map_why_{kind}", numbers)
            found.append((f"{name[0]}：{why[0]}", f"{name[1]}: {why[1]}"))
    return found


def view_of(view: View, known: Sequence[IncidentCategory]) -> Both:
    """Return which incidents a view means: period, categories, zones, hours, weekdays."""
    return _each(lambda language: " · ".join(_parts(view, known, language)))


def _parts(view: View, known: Sequence[IncidentCategory], language: Language) -> list[str]:
    place = LANGUAGES.index(language)
    names = {one.code: (one.name_zh, one.name_en) for one in known}
    told = [say("map_from_to", language, since=view.since, until=view.until)]
    kinds = [
        say("all_disputes", language) if code == DISPUTES else names.get(code, (code, code))[place] or code
        for code in view.asked.category
    ]
    told.append(("、" if language == "zh" else ", ").join(kinds) or say("all_incidents", language))
    told += [say("map_tier_n", language, n=tier) for tier in view.tiers]
    if view.zones:
        told.append(f"{say('map_zones_chosen', language)} {' '.join(view.zones)}")
    if view.hours:
        told.append(f"{view.hours[0]}:00–{view.hours[1] or 24}:00")
    if view.weekdays:
        told.append(" ".join(WEEKDAYS[day - 1][place] for day in view.weekdays))
    if view.origin != "all":
        told.append(f"{say('map_origin', language)} {say(f'map_origin_{view.origin}', language)}")
    return told


def _words(picture: Picture, look: Look, facts: Mapping[str, Any]) -> Both:
    """Return the words for a class; a step of a ramp is told by its numbers."""
    if not picture.ramp or not look.value.isdigit() or look.value == "0":
        return _both(look.word)
    breaks = facts.get("breaks") or []
    # Either each class begins at a break, or the first begins below the first.
    steps = sum(one.value.isdigit() and one.value != "0" for one in picture.looks)
    place = int(look.value) - (1 if len(breaks) >= steps else 2)
    low = rounded(breaks[place]) if 0 <= place < len(breaks) else None
    high = rounded(breaks[place + 1]) if place + 1 < len(breaks) else None
    if low is None:
        return _both("map_below_n", high=high or "0")
    return _both("map_from_n", low=low) if high is None else _both("map_between", low=low, high=high)


class _Facts(dict[str, Any]):
    """Facts for a sentence: numbers are rounded, what is missing is a dash."""

    def __missing__(self, _key: str) -> str:
        return "–"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, float):
            return rounded(value)
        return "–" if value is None else f"{value:,}" if isinstance(value, int) else value


def _both(key: str, facts: Mapping[str, Any] | None = None, **more: object) -> Both:
    if facts is None:
        return _each(lambda language: say(key, language, **more))
    return _each(lambda language: say(key, language).format_map(facts))


def _each(told: Callable[[Language], str]) -> Both:
    return told("zh"), told("en")
