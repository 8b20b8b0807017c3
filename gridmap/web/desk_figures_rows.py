"""A station's figures beside the span before and a year ago, in words: each number with its list, each rate with its n."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_asking import Changes
from gridmap.services.disputes.figure_changes import Change
from gridmap.services.disputes.figures import Number, Share, SpanFigures, StationFigures
from gridmap.web.words import Language, say

#: A share of fewer is told as so many of so many, without a percentage.
FEW: Final = 5
Listed = Callable[[Number], str]
Cell = dict[str, Any]


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
    found: StationFigures, changes: Changes, language: Language, listed: Listed, map_url: Callable[[Span], str]
) -> list[dict[str, Any]]:
    """Return the lines of the first table: `key`, `cells` of the three spans, and `said` of the two changes.

    A cell has `value`, its address `url`, `n` (a text beside it) and `n_url`.
    """
    spans = (found.now, found.before, found.year)
    lines: list[tuple[str, Callable[[SpanFigures], Cell], tuple[str, str]]] = [
        ("taken", lambda one: _number(one.taken, listed), ("more", "fewer")),
        ("share_settled", lambda one: _share(one.share_settled, one.settled_of, language, listed), ("higher", "lower")),
        ("share_closed", lambda one: _share(one.share_closed, one.closed_of, language, listed), ("higher", "lower")),
        ("done", lambda one: _number(one.took.number, listed), ("more", "fewer")),
        ("took", lambda one: _cell(rounded(one.took.days), n=_n(one.took.number.value, language), n_url=listed(one.took.number)),
         ("", "")),
        ("escalated", lambda one: _part(one.escalated, one.taken.value, language, listed), ("", "")),
        ("reopened", lambda one: _part(one.reopened, one.taken.value, language, listed), ("", "")),
        ("withdrawn", lambda one: _number(one.withdrawn, listed), ("", "")),
        ("not_ours", lambda one: _number(one.not_ours, listed), ("", "")),
        ("calls", lambda one: _calls(one, language, map_url), ("more", "fewer")),
        ("per_thousand", lambda one: _cell(rounded(one.per_thousand), n=say(
            "dfig_households", language, n=f"{one.households:,}")), ("", "")),
        ("ratings", lambda one: _cell(rounded(one.satisfaction[0]), n=_n(one.satisfaction[1], language)), ("", "")),
    ]  # fmt: skip
    keys = {"done": "took", "took": ""}  # of the days it took nothing is tested, of how many were settled it is
    return [
        {
            "key": key,
            "cells": [make(one) if one.recorded else _cell(say("dfig_no_record", language)) for one in spans],
            "said": [_said(one, words, language) for one in changes.get(keys.get(key, key), (None, None))],
        }
        for key, make, words in lines
    ]


def _cell(value: str, url: str = "", n: str = "", n_url: str = "") -> Cell:
    return {"value": value, "url": url, "n": n, "n_url": n_url}


def _n(number: int, language: Language) -> str:
    return say("dfig_n", language, n=f"{number:,}")


def _number(one: Number, listed: Listed) -> Cell:
    return _cell(f"{one.value:,}", listed(one))


def _share(one: Share, part: Number, language: Language, listed: Listed) -> Cell:
    n = say("dfig_of_n", language, part=f"{one.part:,}", of=f"{one.of:,}") if one.of else ""
    return _cell(percent(one), n=n, n_url=listed(part))


def _part(one: Number, of: int, language: Language, listed: Listed) -> Cell:
    share = Share(one.value, of)
    return _cell(f"{one.value:,}", listed(one), n=percent(share) if of >= FEW else _n(of, language))


def _calls(one: SpanFigures, language: Language, map_url: Callable[[Span], str]) -> Cell:
    n = say("dfig_unplaced", language, n=f"{one.unplaced:,}") if one.unplaced else ""
    return _cell(f"{one.calls:,}", map_url(one.span), n=n)


def _said(one: Change | None, words: tuple[str, str], language: Language) -> dict[str, str]:
    if one is None or not words[0]:
        return {"look": "none", "word": ""}
    name = {"more": words[0], "fewer": words[1], "same": "same"}[one.said]
    return {"look": one.said, "word": say(f"dfig_said_{name}", language)}
