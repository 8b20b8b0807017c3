"""The parties of a dispute: how a list calls them, and when two numbers are the same number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from gridmap.errors import Invalid

#: Surnames of two letters (复姓).
DOUBLE: Final = frozenset({
    "欧阳", "司马", "诸葛", "上官", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "轩辕", "夏侯", "端木", "百里",
    "呼延", "南宫", "闻人", "独孤", "司空", "太史", "申屠",
})  # fmt: skip
SIDES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9)
LONGEST_REFERENCE: Final = 40
LONGEST: Final = 200
LONGEST_NOTE: Final = 1_000
_DIGITS: Final = re.compile(r"\d{5}")
_PHONE_DIGITS: Final = 5


class PartyNotValid(Invalid):
    """A party lacks its reference, or the reference tells too much."""

    slug, title = "party-not-valid", "The party cannot be added"


@dataclass(frozen=True, slots=True)
class Personal:
    """Who a party is; sealed before it is kept. `id_number`: of an identity card or passport."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    language: str = "zh"
    note: str = ""

    def __bool__(self) -> bool:
        """Return whether anything personal is told."""
        return any((self.name, self.phone, self.id_number, self.note))

    def __repr__(self) -> str:
        """Say nothing of the person: a log or a traceback may show it."""
        return "Personal(…)"


def reference_of(name: str) -> str:
    """Return how a list calls somebody: the surname and 某, or the initials.

    >>> reference_of("张三丰"), reference_of("欧阳修"), reference_of("Mary Jane Watson")
    ('张某', '欧阳某', 'M.J.W.')
    """
    told = unicodedata.normalize("NFKC", name).strip()
    if not told:
        return ""
    if "一" <= told[0] <= "鿿":
        return f"{told[:2] if told[:2] in DOUBLE else told[0]}某"
    return "".join(f"{word[0].upper()}." for word in told.split()[:4] if word[0].isalpha())


def check(side: int, reference: str) -> str:
    """Return a reference as it is kept.

    Raises
    ------
    PartyNotValid
        If it is empty, too long, or holds a number: a list must not tell who somebody is.
    """
    told = " ".join(unicodedata.normalize("NFKC", reference).split())
    faults = []
    if side not in SIDES:
        faults.append(f"a side is {SIDES[0]} to {SIDES[-1]}")
    if not told:
        faults.append(
            "say how to call the party: initials such as 张某, or the name, of which only the initials are shown"
        )
    if len(told) > LONGEST_REFERENCE:
        faults.append(f"a reference has at most {LONGEST_REFERENCE} letters")
    if _DIGITS.search(told.replace(" ", "").replace("-", "")):
        faults.append("a reference holds no number of a person")
    if faults:
        raise PartyNotValid("; ".join(faults), faults=faults)
    return told


def same_number(personal: Personal) -> str | None:
    """Return what two entries of one person have in common, None where no number was told.

    The telephone number where there is one, for it is asked at every door; else the number of the identity card. Spaces,
    signs and the country's prefix make no difference.

    >>> same_number(Personal(phone="+86 138-0000 0000")) == same_number(Personal(phone="13800000000"))
    True
    >>> same_number(Personal(id_number="11010119900101123x"))
    'id 11010119900101123X'
    """
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", personal.phone) if sign.isdigit() or sign == "+")
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    digits = digits.replace("+", "00")
    if len(digits) >= _PHONE_DIGITS:
        return f"phone {digits}"
    told = "".join(sign for sign in unicodedata.normalize("NFKC", personal.id_number).upper() if sign.isalnum())
    return f"id {told}" if len(told) >= _PHONE_DIGITS else None
