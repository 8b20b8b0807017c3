"""Read the tables of a loop's file value by value; what is wrong is kept as sentences that say where and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
PHONE: Final = re.compile(r"[0-9+][0-9 -]{2,20}")
UNITS: Final = ("minutes", "hours", "days")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


class Table:
    """One table of the file: gives its values, and keeps a sentence for each that is missing, of another type or unknown.

    `where`: how the clerk finds it, as "[[tier]] 2"; `faults`: of the whole file, added to.
    """

    def __init__(self, where: str, values: object, faults: list[str]) -> None:
        """Take the table; what is no table is told and then empty."""
        self.where, self.faults, self._asked = where, faults, set[str]()
        self.values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self.fault(f"this is a table: write {where} on a line of its own")

    def __contains__(self, key: str) -> bool:
        """Return whether the key is given."""
        return key in self.values

    def fault(self, sentence: str) -> None:
        """Keep a sentence about this table."""
        self.faults.append(f"{self.where}: {sentence}")

    def word(self, key: str, usual: str | None = None) -> str:
        """Return a text; it may not be left out where there is no usual one."""
        found = self._get(key, (str,), f'{key} is a text: {key} = "…"', usual)
        if isinstance(found, str) and not found.strip() and usual is None:
            self.fault(f'{key} is empty: {key} = "…"')
        return str(found if isinstance(found, str) else usual or "").strip()

    def code(self, key: str = "code", usual: str | None = None) -> str:
        """Return a code: small Latin letters, digits and _, 2 to 40 of them."""
        found = self.word(key, usual)
        if found and found != usual and not CODE.fullmatch(found):
            self.fault(f"{key} = {found!r}: 2 to 40 of a-z, 0-9 and _, a letter first")
        return found

    def one_of(self, key: str, choices: Iterable[str], usual: str | None = None) -> str:
        """Return a text that is one of `choices`."""
        found, known = self.word(key, usual), tuple(choices)
        if found and found not in known:
            self.fault(f"{key} = {found!r}: it is one of {', '.join(known)}{_near(found, known)}")
        return found

    def phone(self, key: str = "phone") -> str | None:
        """Return a telephone number, None where there is none."""
        found = self.word(key, "")
        if found and not PHONE.fullmatch(found):
            self.fault(f"{key} = {found!r}: digits, spaces and -, + before them")
        return found or None

    def whole(self, key: str, usual: int | None = None) -> int:
        """Return a whole number of at least 0."""
        found = self._get(key, (int,), f"{key} is a whole number: {key} = 1", usual)
        if isinstance(found, int) and found < 0:
            self.fault(f"{key} = {found}: it is at least 0")
        return int(found) if isinstance(found, int) else usual or 0

    def number(self, key: str, usual: float) -> float:
        """Return a number."""
        found = self._get(key, (int, float), f"{key} is a number: {key} = 500", usual)
        return float(found) if isinstance(found, int | float) else usual

    def tier(self, key: str = "tier") -> int | None:
        """Return the number of a tier, None where the key is left out."""
        return self.whole(key) if key in self else None

    def flag(self, key: str, *, usual: bool) -> bool:
        """Return true or false."""
        if key in self and not isinstance(self.values[key], bool):
            self._asked.add(key)
            self.fault(f"{key} is true or false, without quotes")
            return usual
        self._asked.add(key)
        return bool(self.values.get(key, usual))

    def words(self, key: str, usual: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts, none of them twice."""
        found = self._get(key, (list,), f'{key} is a list of texts: {key} = ["…", "…"]', list(usual))
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            if isinstance(found, list):
                self.fault(f'{key} is a list of texts: {key} = ["…", "…"]')
            return usual
        if len(set(found)) < len(found):
            self.fault(f"{key} names something twice")
        return tuple(dict.fromkeys(found))

    def wholes(self, key: str, usual: tuple[int, ...]) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        found = self._get(key, (list,), f"{key} is a list of whole numbers: {key} = [30, 90]", list(usual))
        if not isinstance(found, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in found):
            if isinstance(found, list):
                self.fault(f"{key} is a list of whole numbers: {key} = [30, 90]")
            return usual
        return tuple(found)

    def names(self) -> tuple[str, str]:
        """Return the Chinese and the English name."""
        return self.word("name_zh"), self.word("name_en")

    def span(self, stem: str) -> timedelta | None:
        """Return a length of time, given in minutes, hours or days: `stem`_hours = 4; None where it is left out."""
        self._asked |= {f"{stem}_{unit}" for unit in UNITS}
        given = [unit for unit in UNITS if f"{stem}_{unit}" in self]
        if len(given) > 1:
            self.fault(f"give one of {', '.join(f'{stem}_{unit}' for unit in given)}, not both")
        found = None
        for unit in given:
            amount = self._get(f"{stem}_{unit}", (int, float), f"{stem}_{unit} is a number: {stem}_{unit} = 4", None)
            if isinstance(amount, int | float):
                if not 0 < amount <= 100_000:
                    self.fault(f"{stem}_{unit} = {amount}: it is more than 0 and at most 100,000")
                else:
                    found = timedelta(**{unit: amount})
        return found

    def need_span(self, stem: str) -> timedelta:
        """Return a length of time that may not be left out."""
        found = self.span(stem)
        if found is None and not any(f"{stem}_{unit}" in self for unit in UNITS):
            self.fault(f"{stem}_hours or {stem}_days is missing: write {stem}_hours = 24")
        return found or timedelta(hours=1)

    def end(self) -> None:
        """Tell of the keys nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                self.fault(f"there is no key {key!r}{_near(key, self._asked)}")

    def _get(self, key: str, types: tuple[type, ...], said: str, usual: object) -> object:
        self._asked.add(key)
        if key not in self.values:
            if usual is None:
                self.fault(f"{key} is missing; {said}")
            return usual
        found = self.values[key]
        if not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
            self.fault(said)
            return usual
        return found


def tables(document: Mapping[str, Any], name: str, faults: list[str]) -> list[Table]:
    """Return the tables written as [[name]], in order; each is called by its number, and its code where it has one."""
    found = document.get(name, [])
    if not isinstance(found, list):
        faults.append(f"[{name}]: there may be several: write [[{name}]]")
        found = [found]
    made = []
    for number, one in enumerate(found, 1):
        called = one.get("code", one.get("step", "")) if isinstance(one, dict) else ""
        made.append(Table(f"[[{name}]] {number}{f' ({called})' if called else ''}", one, faults))
    return made


def _near(word: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""
