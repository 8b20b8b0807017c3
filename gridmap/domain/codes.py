"""Plate codes: twelve symbols that say nothing about the door and betray a misreading.

Ten random symbols of Crockford's base 32 (50 bits) and two Reed-Solomon check symbols over GF(32). The code has
distance 3: any one or two wrong symbols are noticed, and one wrong symbol can be named and offered back.

References
----------
Crockford (2002), "Base 32". Reed & Solomon (1960), "Polynomial Codes over Certain Finite Fields", J. SIAM 8(2).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from gridmap.errors import Invalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12

#: A zone's code, in any script (成功镇-三仙里-10邻), without what would break a list, a file or a page. The database
#: holds the same rule.
ZONE_CODE = r"""[^\s|,;"<>&\\\x00-\x1f\x7f]{1,64}"""
ZONE_CODE_RULE = 'a code has 1 to 64 letters, digits or signs, without spaces and none of | , ; " < > & \\'

RANDOM = 10

#: Crockford's symbols to the digits that `int(…, 32)` reads.
_DIGITS = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}


class PlateCodeNotValid(Invalid):
    """The code is not one that gridmap ever issued: mistyped or misread."""

    slug, title = "plate-code-not-valid", "This is not a plate code"


def _powers() -> list[int]:
    """Return the powers of alpha, alpha = 2, in GF(32) with x^5 + x^2 + 1, twice over to spare a modulo."""
    powers, value = [], 1
    for _ in range(31):
        powers.append(value)
        value <<= 1
        if value & 32:
            value ^= 0b100101
    return powers * 2


_EXP = _powers()
_LOG = {value: power for power, value in enumerate(_EXP[:31])}


def _times(a: int, b: int) -> int:
    """Return a x b in GF(32)."""
    return 0 if a == 0 or b == 0 else _EXP[_LOG[a] + _LOG[b]]


def _syndromes(word: Sequence[int]) -> tuple[int, int]:
    """Return the word's polynomial at alpha and at alpha squared; both are 0 for a true code."""
    first = second = 0
    for value in word:
        first = _times(first, 2) ^ value
        second = _times(second, 4) ^ value
    return first, second


def _checks(body: Sequence[int]) -> tuple[int, int]:
    """Return the two symbols that make `body` a true code: the remainder by (x + alpha)(x + alpha^2)."""
    high = low = 0  # the remainder, high x + low; the generator is x^2 + 6 x + 8
    for value in body:
        feedback = value ^ high
        high, low = low ^ _times(feedback, 6), _times(feedback, 8)
    return high, low


def new_plate_code() -> str:
    """Return a fresh plate code from the system's source of randomness.

    >>> len(new_plate_code())
    12
    """
    bits = secrets.randbits(5 * RANDOM)
    body = [(bits >> (5 * place)) & 31 for place in range(RANDOM)]
    return "".join(ALPHABET[value] for value in (*body, *_checks(body)))


def _normal(typed: str) -> str:
    """Return what was typed in upper case, without spaces and hyphens."""
    return "".join(symbol for symbol in typed.upper() if symbol not in " -‐‑–—\t\u3000")


def _suggestion(word: Sequence[int]) -> str | None:
    """Return the one true code that differs from `word` in one symbol, or None."""
    first, second = _syndromes(word)
    if first == 0 or second == 0:
        return None
    power = (_LOG[second] - _LOG[first]) % 31  # the error stands at x^power
    if power >= LENGTH:
        return None
    mended = list(word)
    mended[LENGTH - 1 - power] ^= _times(first, _EXP[(31 - power) % 31])
    return "".join(ALPHABET[value] for value in mended)


def parse_plate_code(typed: str) -> str:
    """Return the plate code that `typed` means, as issued.

    Lower case, spaces and hyphens are forgiven; O is read as 0, I and L as 1.

    Raises
    ------
    PlateCodeNotValid
        If the length, a symbol or a check symbol is wrong; the fact `suggestion` holds the code that differs in
        one symbol, where there is one.

    Examples
    --------
    >>> code = new_plate_code()
    >>> parse_plate_code(code[:4].lower() + "-" + code[4:8] + " " + code[8:]) == code
    True
    """
    symbols = _normal(typed)
    if len(symbols) != LENGTH:
        raise PlateCodeNotValid(f"a plate code has {LENGTH} letters and digits, this has {len(symbols)}: read it again")
    strange = sorted({symbol for symbol in symbols if symbol not in _VALUE})
    if strange:
        raise PlateCodeNotValid(f"{''.join(strange)} does not occur in plate codes: read the code again")
    word = [_VALUE[symbol] for symbol in symbols]
    if _syndromes(word) != (0, 0):
        raise PlateCodeNotValid(
            "the code is mistyped or misread: its check symbols do not fit", suggestion=_suggestion(word)
        )
    return "".join(ALPHABET[value] for value in word)


def spaced(code: str) -> str:
    """Return a plate code in groups of four, to read out.

    >>> spaced("0123456789AB")
    '0123-4567-89AB'
    """
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def code_number(code: str) -> int:
    """Return the 50 random bits of a plate code *as issued*, its first symbol highest; the checks follow from them.

    Nothing is checked: `parse_plate_code` comes first. A fifth of a microsecond, for the path of every scan.

    Examples
    --------
    >>> code_number("000000000000"), code_number("000000000168")
    (0, 1)
    """
    return int(code[:RANDOM].translate(_DIGITS), 32)


def number_code(number: int) -> str:
    """Return the plate code of 50 random bits, with its check symbols.

    >>> code = new_plate_code()
    >>> number_code(code_number(code)) == code
    True
    """
    body = [(number >> (5 * (RANDOM - 1 - place))) & 31 for place in range(RANDOM)]
    return "".join(ALPHABET[value] for value in (*body, *_checks(body)))
