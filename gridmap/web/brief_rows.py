"""The figures of a briefing in words: each number with what it is compared with, how sure that is, and what lies behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from gridmap.domain.dispute_filter import ANY, Filter
from gridmap.services.brief import Ahead, Compared, Figure, Figures, Spans
from gridmap.services.views import DISPUTES
from gridmap.web import shell
from gridmap.web.desk_open import DISPUTES as DISPUTE
from gridmap.web.desk_open import list_url
from gridmap.web.map_layers import PICTURES, SIGNIFICANT, class_of
from gridmap.web.words import Language, say

#: Figures that are no counts -> the word for more and for fewer of them.
WORDS: Final = {"rate_settled": ("higher", "lower"), "days_to_settle": ("longer", "shorter")}
#: Figures with a map behind them -> the categories it shows.
MAPPED: Final[dict[str, tuple[str, ...]]] = {"incidents": (), "disputes": (DISPUTES,)}
#: Figures with a list of disputes behind them -> what narrows it, of the first and last day of a span.
LISTED: Final[dict[str, Callable[[tuple[date, date]], dict[str, Any]]]] = {
    "cases": lambda days: {"state": ANY, "opened": days},
    "settled": lambda days: {"state": ANY, "settled": days},
}
#: Zones told of a change.
MOST_CHANGED: Final = 6


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of what lies behind a number: the same station, days and categories, unless told otherwise.

    `desk`: whether the reader uses the desk, whose lists lie behind the numbers of disputes.
    """

    station: str
    since: date
    until: date
    category: tuple[str, ...]
    desk: bool = False

    def disputes(self, **narrowed: Any) -> str:
        """Return the address of the desk's list of disputes, narrowed as a `Filter` is; "" for whoever has no desk."""
        return list_url(self.station, Filter(matter=DISPUTE, **narrowed)) if self.desk else ""

    def map(self, **said: Any) -> str:
        """Return the address of the officer's map; `category`, `since`, `until` in place of one's own."""
        category = said.pop("category", self.category) or ("",)
        days = {"since": said.pop("since", self.since), "until": said.pop("until", self.until)}
        pairs = [("station", self.station), *days.items(), *(("category", code) for code in category), *said.items()]
        return f"/map?{urlencode(pairs)}"

    def brief(
        self, since: date | None = None, until: date | None = None, category: tuple[str, ...] | None = None
    ) -> str:
        """Return the address of this page for other days or categories."""
        codes = (self.category if category is None else category) or ("",)
        days = [("since", since or self.since), ("until", until or self.until)]
        return f"/brief?{urlencode([('station', self.station), *days, *(('category', code) for code in codes)])}"

    def gaps(self, **said: Any) -> str:
        """Return the address of the page of gaps."""
        return f"/gaps?{urlencode([('station', self.station), *said.items()])}#list"


def figure_rows(figures: Figures, links: Links, spans: Spans, language: Language) -> list[dict[str, Any]]:
    """Return the lines of the table of figures: `key`, `value`, `url`, `before` and `year` as `compared_words`."""
    return [_figure(one, links, spans, language) for one in figures.lines]


def category_rows(figures: Figures, links: Links, spans: Spans, language: Language) -> list[dict[str, Any]]:
    """Return the lines of the table of categories: `name`, `value`, `url`, `moved`, `before` and `year`."""
    rows = []
    for one in figures.categories:
        code = (one.category.code,)
        rows.append(
            {
                "name": shell.name_of(one.category, language),
                "value": f"{one.count:,}",
                "url": links.map(category=code, layer="density"),
                "moved": one.moved,
                **{
                    key: compared_words(said, "count", _of(links, spans, n, code), language)
                    for n, (key, said) in enumerate((("before", one.before), ("year", one.year)), start=1)
                },
            }
        )
    return rows


def compared_words(one: Compared, key: str, url: str, language: Language) -> dict[str, Any]:
    """Return a comparison: `value`, `url` of what lies behind it, `said` in words, its `look`, and `sure`: ratio, interval, p."""
    told: dict[str, Any] = {"value": shown(one.value, key), "url": url, "said": "", "look": "none", "sure": ""}
    word = one.said
    if word is None or one.ratio is None or one.p is None:
        empty = "brief_no_records" if one.value is None and not one.days else "brief_not_comparable"
        return told | {"said": say(empty, language)}
    more, fewer = WORDS.get(key, ("more", "fewer"))
    name = {"more": more, "fewer": fewer, "same": "same"}[word]
    ratio = "∞" if math.isinf(one.ratio) else f"{one.ratio:.2f}"
    ends = ["∞" if end is None or math.isinf(end) else f"{end:.2f}" for end in (one.low, one.high)]
    p = "< 0.001" if one.p < 0.001 else f"= {one.p:.3f}" if one.p < 0.1 else f"= {one.p:.2f}"
    sure = say("brief_sure", language, ratio=ratio, low=ends[0], high=ends[1], p=p)
    return told | {"said": say(f"brief_said_{name}", language), "look": word, "sure": sure}


def shown(value: float | None, key: str) -> str:
    """Return a figure as it is read: a count, a share in percent, or days; "–" where there is none.

    >>> shown(1234.0, "visits"), shown(0.756, "rate_settled"), shown(None, "days_to_settle")
    ('1,234', '76 %', '–')
    """
    if value is None:
        return "–"
    if key == "rate_settled":
        return f"{100 * value:.0f} %"
    return f"{value:.1f}" if key == "days_to_settle" else f"{value:,.0f}"


def change_rows(body: bytes | None, language: Language) -> list[dict[str, Any]] | None:
    """Return the beats that changed beyond chance: `name`, `code`, `now`, `before`, `look`; None where nothing can be told."""
    if body is None:
        return None
    zones = orjson.loads(body)["tables"].get("zones")
    if zones is None:
        return None
    clear = [row for row in zones if row["q"] is not None and row["q"] <= SIGNIFICANT]
    return [
        {
            "name": shell.name_of(row, language),
            "code": row["code"],
            "now": row["now"],
            "before": row["before"],
            "look": class_of(PICTURES["change"], row),
        }
        for row in clear[:MOST_CHANGED]
    ]


def festival_rows(ahead: Sequence[Ahead], language: Language) -> list[dict[str, Any]]:
    """Return the festivals ahead: `name`, `first`, `last`, `soon`, and `past`: phase, ratio, interval and word of earlier ones."""
    rows = []
    for one in ahead:
        name = one.festival.en if language == "en" else one.festival.zh
        past = []
        for row in one.past:
            if row["ratio"] is None:
                continue
            q = 1.0 if row["q"] is None else row["q"]
            said = Compared(row["expected"], row["ratio"], row["low"], row["high"], q)
            past.append({"phase": say(f"brief_phase_{row['phase']}", language), "events": row["events"],
                         "expected": f"{row['expected']:,.0f}", **compared_words(said, "count", "", language)})  # fmt: skip
        rows.append(
            {"name": name, "first": one.festival.first, "last": one.festival.last, "soon": one.soon, "past": past}
        )
    return rows


def _figure(one: Figure, links: Links, spans: Spans, language: Language) -> dict[str, Any]:
    codes = MAPPED.get(one.key)
    own, urls = "", ["", ""]
    if one.key in LISTED:
        own, *urls = [links.disputes(**LISTED[one.key](spans.dates(span))) for span in spans.all]
    elif codes is not None:
        urls = [_of(links, spans, n, codes) for n in (1, 2)]
        own = links.map(category=codes, panel="change", against="before")
    elif one.key == "visits":
        own = links.gaps(group="attention")
    return {
        "key": one.key,
        "value": shown(one.value, one.key),
        "url": own,
        "before": compared_words(one.before, one.key, urls[0], language),
        "year": compared_words(one.year, one.key, urls[1], language),
    }


def _of(links: Links, spans: Spans, n: int, category: tuple[str, ...]) -> str:
    """Return the map of another span."""
    first, last = spans.dates(spans.all[n])
    return links.map(since=first, until=last, category=category, layer="density")
