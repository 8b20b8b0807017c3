"""The parties of a dispute: what is kept of them, and when two numbers are the same number."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from gridmap.domain.party_names import Called, called, reference_of, tells_too_much, tidy
from gridmap.errors import Invalid

__all__ = ["reference_of"]

SIDES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9)
LONGEST_REFERENCE: Final = 40
LONGEST: Final = 200
LONGEST_NOTE: Final = 1_000
_SHORTEST: Final = 5


#: Why a reference is refused, and what to do.
WRONG: Final = {
    "side": f"a side is {SIDES[0]} to {SIDES[-1]}",
    "empty": "say how to call the party: initials such as 张某, or the name, of which only the initials are shown",
    "long": f"a reference has at most {LONGEST_REFERENCE} letters: call the party shortly, such as 张某; what else is known of them "
    "is sealed in the fields name, phone, id_number and note",
    "number": "a reference holds no number of a person, for all who see the dispute read it: call the party 张某; the number is "
    "sealed in the field phone or id_number",
    "address": "a reference holds no address, for all who see the dispute read it: call the party 张某; where they live is sealed "
    "in the field note",
}  # fmt: skip


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


def check(side: int, reference: str) -> Called:
    """Return how a list calls a party, and the name that was typed for it where it was one: to be sealed.

    Raises
    ------
    PartyNotValid
        If it is empty, too long, or holds a number or an address: a list must not tell who somebody is. Its fact `reason`
        is "side", "empty", "long", "number" or "address".
    """
    told = called(reference)
    reason = ""
    if side not in SIDES:
        reason = "side"
    elif not told.reference:
        reason = "empty"
    elif max(len(told.reference), len(tidy(reference))) > LONGEST_REFERENCE:
        reason = "long"
    else:
        reason = tells_too_much(reference)
    if reason:
        raise PartyNotValid(WRONG[reason], reason=reason, faults=[WRONG[reason]])
    return told


def with_name(personal: Personal, name: str) -> Personal:
    """Return who a party is with a name that was typed as their reference; it becomes a note where they have another name.

    >>> with_name(Personal(), "张三丰").name, with_name(Personal("张三丰"), "张三丰夫妇").note
    ('张三丰', '张三丰夫妇')
    """
    if not personal.name:
        return replace(personal, name=name)
    told = (personal.name, *personal.note.splitlines())
    return personal if name in told else replace(personal, note=f"{personal.note}\n{name}".strip())


def numbers(personal: Personal) -> tuple[str | None, str | None]:
    """Return by which numbers two entries are of one person: the telephone's and the document's, None where none was told.

    Spaces, signs and the country's prefix make no difference.

    >>> numbers(Personal(phone="+86 138-0000 0000", id_number="11010119900101123x"))
    ('phone 13800000000', 'id 11010119900101123X')
    >>> numbers(Personal(name="张三", phone="110"))
    (None, None)
    """
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", personal.phone) if sign.isdigit() or sign == "+")
    for prefix in ("+86", "0086"):
        digits = digits.removeprefix(prefix)
    digits = digits.replace("+", "00")
    told = "".join(sign for sign in unicodedata.normalize("NFKC", personal.id_number).upper() if sign.isalnum())
    return (
        f"phone {digits}" if len(digits) >= _SHORTEST else None,
        f"id {told}" if len(told) >= _SHORTEST else None,
    )
