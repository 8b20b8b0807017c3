"""The figures of a station or a city beside the span before and a year ago, in words: each number with its list, each rate with its n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_asking import Changes
from gridmap.services.disputes.figure_changes import Change
from gridmap.services.disputes.figure_span import Compared, Number, Share, SpanFigures
from gridmap.web.words import Language, say

#: A share of fewer is told as so many of so many, without a percentage.
FEW: Final = 5
Cell = dict[str, Any]
#: A figure (one of `FIGURES`), a span, and the number that is told -> the address that opens what it counts.
Opens = Callable[[str, Span, Number | None], str]
#: The figures that are told beside the span before and a year ago, in their order.
FIGURES: Final = (
    "taken", "share_settled", "share_closed", "done", "took", "escalated", "reopened", "withdrawn", "not_ours", "calls",
    "per_thousand", "followed", "ratings", "report_ratings",
)  # fmt: skip
_MORE: Final = ("more", "fewer")
_HIGHER: Final = ("higher", "lower")


def percent(one: Share) -> str:
    """Return a share as it is read: in percent, or "–" of fewer than `FEW`; its n is told beside it.

    >>> percent(Share(1984, 1989)), percent(Share(5, 5)), percent(Share(3, 4))
    ('99.75 %', '100 %', '–')
    """
    if one.value is None or one.of < FEW:
        return "–"
    # As many digits as there are cases: 99.75 % of two thousand, 83 % of six; never 100 % while one is left.
    digits = 2 if one.of >= 1_000 else 1 if one.of >= 100 else 0
    told = f"{100 * one.value:.{digits}f}"
    if one.part < one.of and float(told) == 100:
        told = f"{100 - 10**-digits:.{digits}f}" if digits else "99"
    elif one.part == one.of:
        told = "100"
    return f"{told} %"


def rounded(value: float | None, digits: int = 1) -> str:
    """Return a number with its digits, "–" where there is none.

    >>> rounded(2.345), rounded(None)
    ('2.3', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def comparisons(
    found: Compared, changes: Changes, language: Language, opens: Opens, only: str | None = None
) -> list[dict[str, Any]]:
    """Return the lines of the first table: `key`, `cells` of the three spans, and `said` of the two changes.

    A cell has `value`, its address `url`, `n` (a text beside it) and `n_url`.

    Parameters
    ----------
    opens
        The address a figure's number of a span opens; the number is None where it counts no disputes.
    only
        Of `FIGURES`, the one that is wanted; None: all of them.
    """
    keys = {"done": "took", "took": ""}  # of the days it took nothing is tested, of how many were settled it is
    words = {"taken": _MORE, "done": _MORE, "calls": _MORE, "share_settled": _HIGHER, "share_closed": _HIGHER}
    return [
        {
            "key": key,
            "cells": [
                _told(key, one, language, opens) if one.recorded else _cell(say("dfig_no_record", language))
                for one in (found.now, found.before, found.year)
            ],
            "said": [_said(one, words.get(key), language) for one in changes.get(keys.get(key, key), (None, None))],
        }
        for key in (FIGURES if only is None else (only,))
    ]


def _told(key: str, one: SpanFigures, language: Language, opens: Opens) -> Cell:
    numbers = {"taken": one.taken, "done": one.took.number, "withdrawn": one.withdrawn, "not_ours": one.not_ours}
    shares = {"share_settled": (one.share_settled, one.settled_of), "share_closed": (one.share_closed, one.closed_of)}
    parts = {
        "escalated": (one.escalated, one.taken), "reopened": (one.reopened, one.taken), "followed": (one.followed, one.took.number),
    }  # fmt: skip
    if key in numbers:
        return _cell(f"{numbers[key].value:,}", opens(key, one.span, numbers[key]))
    if key in shares:
        share, number = shares[key]
        n = say("dfig_of_n", language, part=f"{share.part:,}", of=f"{share.of:,}") if share.of else ""
        return _cell(percent(share), n=n, n_url=opens(key, one.span, number))
    if key in parts:
        part, of = parts[key]
        n = percent(Share(part.value, of.value)) if of.value >= FEW else _n(of.value, language)
        return _cell(f"{part.value:,}", opens(key, one.span, part), n=n)
    if key == "took":
        url = opens(key, one.span, one.took.number)
        return _cell(rounded(one.took.days), n=_n(one.took.number.value, language), n_url=url)
    return _uncounted(key, one, language, opens(key, one.span, None))


def _uncounted(key: str, one: SpanFigures, language: Language, url: str) -> Cell:
    """Return the cell of a figure that counts no disputes: calls and stars."""
    if key == "calls":
        n = say("dfig_unplaced", language, n=f"{one.unplaced:,}") if one.unplaced else ""
        return _cell(f"{one.calls:,}", url, n=n)
    if key == "per_thousand":
        return _cell(rounded(one.per_thousand), url, n=say("dfig_households", language, n=f"{one.households:,}"))
    mean, rated = one.satisfaction if key == "ratings" else one.report_satisfaction
    return _cell(rounded(mean), url, n=_n(rated, language))


def _cell(value: str, url: str = "", n: str = "", n_url: str = "") -> Cell:
    return {"value": value, "url": url, "n": n, "n_url": n_url}


def _n(number: int, language: Language) -> str:
    return say("dfig_n", language, n=f"{number:,}")


def _said(one: Change | None, words: tuple[str, str] | None, language: Language) -> dict[str, str]:
    if one is None or words is None:
        return {"look": "none", "word": ""}
    name = {"more": words[0], "fewer": words[1], "same": "same"}[one.said]
    return {"look": one.said, "word": say(f"dfig_said_{name}", language)}
