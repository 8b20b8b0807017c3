"""What a list of disputes is narrowed to, in words: one chip each, with the address of the list without it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from gridmap.domain.dispute_filter import EVER, Filter
from gridmap.domain.dispute_words import STATES
from gridmap.web import shell
from gridmap.web.words import Language, say

Choices = Mapping[str, Sequence[Mapping[str, str]]]
#: Field of a filter -> which choices name it.
_CHOSEN: Final = {"kind": "kinds", "beat": "beats", "cell": "cells"}
#: Field -> how the key of its word begins.
_WORDS: Final = {
    "matter": "desk_matter_",
    "mark": "desk_mark_",
    "source": "desk_from_",
    "due": "desk_due_",
    "step": "desk_step_",
}
#: Field -> the key of a word that names it, and what is filled in there.
_FILLED: Final = {
    "series": ("desk_series", "n"),
    "rating": ("desk_rating", "n"),
    "opened_by": ("desk_opened_by", "who"),
}
_RANGES: Final = ("opened", "settled", "closed")


def chips(
    wanted: Filter, choices: Choices, language: Language, address: Callable[[Filter], str]
) -> list[tuple[str, str]]:
    """Return each thing a list is narrowed to, in words, and the address of the list without it."""
    plain = Filter()
    return [
        (words, address(dataclasses.replace(wanted, **{field: getattr(plain, field)})))
        for field, words in _told(wanted, choices, language)
    ]


def _told(wanted: Filter, choices: Choices, language: Language) -> Iterator[tuple[str, str]]:
    plain = Filter()
    for one in dataclasses.fields(wanted):
        value = getattr(wanted, one.name)
        if value != getattr(plain, one.name):
            yield one.name, _words(one.name, value, choices, language)


def _words(field: str, value: Any, choices: Choices, language: Language) -> str:
    """Return what a field of a filter says."""
    if field in _CHOSEN:
        return next(
            (shell.name_of(one, language) for one in choices[_CHOSEN[field]] if one["code"] == value), str(value)
        )
    if field in _WORDS:
        return say(f"{_WORDS[field]}{value}", language)
    if field in _FILLED:
        key, name = _FILLED[field]
        return say(key, language, **{name: value})
    if field == "state" or value in {"me", "mine"}:
        stem = "held" if field == "holder" else "is" if value in STATES else "state"
        return say(f"desk_{stem}_{value}", language)
    if field in _RANGES and value != EVER:
        return f"{say(f'desk_{field}', language)} {value[0] or ''} – {value[1] or ''}"
    told = _holder(str(value), choices, language) if field == "holder" else value
    return f"{say('desk_held_by' if field == 'holder' else f'desk_{field}', language)} {told}"


def _holder(value: str, choices: Choices, language: Language) -> str:
    """Return the name of a holder where the list knows it, else the code."""
    found = next((one for one in choices.get("holders", ()) if one["code"] == value), None)
    return value.partition(":")[2] if found is None else shell.name_of(found, language)
