"""The further rules of a loop as plain JSON, as the database keeps them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gridmap.domain.loops import Grade, Ground, KindRule, MatterRule, Named, Rules, SeriesRule


def to_json(rules: Rules) -> dict[str, Any]:
    """Return rules as JSON; times are seconds.

    >>> from_json(to_json(Rules())) == Rules()
    True
    """
    return {
        "follow_ups": list(rules.follow_ups), "close_after": rules.close_after, "hand_over": rules.hand_over.total_seconds(),
        "kinds": [
            {"kind": one.kind, "tier": one.tier, "trades": list(one.trades), "accept": _seconds(one.accept),
             "settle": _seconds(one.settle)} for one in rules.kinds
        ],
        "grades": [
            {"number": one.number, "zh": one.name_zh, "en": one.name_en, "tier": one.tier, "settle": _seconds(one.settle)}
            for one in rules.grades
        ],
        "trades": [_named(one) for one in rules.trades], "groups": [_named(one) for one in rules.groups],
        "languages": list(rules.languages),
        "group_kinds": {code: list(kinds) for code, kinds in rules.group_kinds.items()},
        "steps": {step: list(names) for step, names in rules.steps.items()},
        "told": {step: list(names) for step, names in rules.told.items()},
        "mark_tiers": dict(rules.mark_tiers),
        "series": {"kinds": list(rules.series.kinds), "within_m": rules.series.within_m,
                   "within_days": rules.series.within_days, "least": rules.series.least},
        "templates": {paper: dict(texts) for paper, texts in rules.templates.items()},
        "types": [_named(one) for one in rules.types],
        "matters": [
            {"matter": one.matter, "accept": _seconds(one.accept), "settle": _seconds(one.settle),
             "follow_ups": None if one.follow_ups is None else list(one.follow_ups)} for one in rules.matters
        ],
        "grounds": [
            {"body": one.body, "of": one.of, "beats": list(one.beats), "cells": list(one.cells)} for one in rules.grounds
        ],
        "review": _seconds(rules.review), "review_late": rules.review_late,
        "pauses": rules.pauses.total_seconds(), "source": rules.source, "synthetic": rules.synthetic,
    }  # fmt: skip


def from_json(told: Mapping[str, Any]) -> Rules:
    """Return the rules that `to_json` wrote; what is left out is as in `Rules()`."""
    plain, series = Rules(), told.get("series", {})
    return Rules(
        follow_ups=tuple(told.get("follow_ups", plain.follow_ups)),
        close_after=told.get("close_after", plain.close_after),
        hand_over=timedelta(seconds=told["hand_over"]) if "hand_over" in told else plain.hand_over,
        kinds=tuple(
            KindRule(one["kind"], one.get("tier"), tuple(one.get("trades", ())), _span(one.get("accept")), _span(one.get("settle")))
            for one in told.get("kinds", ())
        ),
        grades=tuple(
            Grade(one["number"], one["zh"], one["en"], one.get("tier"), _span(one.get("settle")))
            for one in told.get("grades", ())
        ),
        trades=tuple(Named(**one) for one in told.get("trades", ())),
        groups=tuple(Named(**one) for one in told.get("groups", ())),
        languages=tuple(told.get("languages", ())),
        group_kinds={code: tuple(kinds) for code, kinds in told.get("group_kinds", {}).items()},
        steps={step: (names[0], names[1]) for step, names in told.get("steps", {}).items()},
        told={step: (names[0], names[1]) for step, names in told.get("told", {}).items()},
        mark_tiers=dict(told.get("mark_tiers", {})),
        series=SeriesRule(
            tuple(series.get("kinds", ())), series.get("within_m", 500.0), series.get("within_days", 14), series.get("least", 3)
        ),
        templates={paper: dict(texts) for paper, texts in told.get("templates", {}).items()},
        types=tuple(Named(**one) for one in told.get("types", ())),
        matters=tuple(_matter(one) for one in told["matters"]) if "matters" in told else plain.matters,
        grounds=tuple(
            Ground(one["body"], one["of"], tuple(one["beats"]), tuple(one["cells"])) for one in told.get("grounds", ())
        ),
        pauses=timedelta(seconds=told["pauses"]) if "pauses" in told else plain.pauses,
        review=_span(told.get("review")), review_late=told.get("review_late", plain.review_late), source=told.get("source", ""), synthetic=told.get("synthetic", False),
    )  # fmt: skip


def _matter(one: Mapping[str, Any]) -> MatterRule:
    days = one.get("follow_ups")
    return MatterRule(
        one["matter"], _span(one.get("accept")), _span(one.get("settle")), None if days is None else tuple(days)
    )


def _named(one: Named) -> dict[str, str]:
    return {"code": one.code, "name_zh": one.name_zh, "name_en": one.name_en}


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
