"""Which column of a file is which field: as a person says, else by the names people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridmap.errors import Invalid


class ColumnUnclear(Invalid):
    """A needed column is not there, or a mapping names something that does not exist."""

    slug, title = "column-unclear", "A column cannot be found"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a row may say: its name, other names it goes by, and whether it must be there."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


def plain(name: str) -> str:
    """Return a column's name without case, spaces, underscores and brackets: "Beat_Code (new)" -> "beatcodenew"."""
    return re.sub(r"[\s_\-()（）/:：.]", "", name).casefold()


def match_columns(fields: Sequence[Field], columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return field -> column for each field that the file has.

    Parameters
    ----------
    fields
        What the import understands.
    columns
        The columns of the file.
    mapping
        Field -> column as a person said it; goes before any guess.

    Raises
    ------
    ColumnUnclear
        If `mapping` names a field or a column that does not exist, or a required field is nowhere.
    """
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column), column)
    found = _said({field.name for field in fields}, columns, by_plain, mapping)
    for field in fields:
        if field.name not in found:
            names = (by_plain.get(plain(name)) for name in (field.name, *field.aliases))
            free = next((column for column in names if column is not None and column not in found.values()), None)
            found |= {} if free is None else {field.name: free}
    missing = [field for field in fields if field.required and field.name not in found]
    if missing:
        named = ", ".join(f"{field.name} (or {', '.join(field.aliases[:4])})" for field in missing)
        raise ColumnUnclear(
            f"The file has no column for {named}; it has: {_told(columns)}. "
            f"Say it with --map {missing[0].name}=COLUMN.",
            missing=[field.name for field in missing],
        )
    return found


def _said(
    known: set[str], columns: Sequence[str], by_plain: Mapping[str, str], mapping: Mapping[str, str]
) -> dict[str, str]:
    """Return the mapping with each column as the file spells it."""
    found: dict[str, str] = {}
    for name, column in mapping.items():
        if name not in known:
            raise ColumnUnclear(f"--map {name}=…: there is no such field; there are: {', '.join(sorted(known))}.")
        there = column if column in columns else by_plain.get(plain(column))
        if there is None:
            raise ColumnUnclear(f"--map {name}={column}: the file has no such column; it has: {_told(columns)}.")
        found[name] = there
    return found


def _told(columns: Sequence[str]) -> str:
    return ", ".join(columns[:30]) + (" …" if len(columns) > 30 else "") if columns else "no columns"
