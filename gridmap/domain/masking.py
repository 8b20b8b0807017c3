"""Numbers that tell who somebody is, masked in a text: what such a number is, and what only looks like one.

Masked, in any digits (full width, 一二三 too) and with the signs people put between groups of them:

- mobile numbers: eleven digits from 13 to 19, with or without 0, 86, +86 or 0086 before them;
- land lines: an area code and seven or eight digits, or seven or eight digits after a word such as 电话 or "tel";
- resident identity numbers: eighteen digits (the last may be X) or fifteen, of a province and a day that can be;
- bank cards: sixteen to nineteen digits from 3 to 6 or 9 with a right check digit (Luhn); any number after 卡号 or 账号.

Left as they are: sums (before 元, 万, 块, RMB, yuan; after ¥, 人民币), days, times, years, house numbers, and numbers of orders,
files, cars and frames, which have none of these forms, or stand after a word that says what they are.

References
----------
GB 11643-1999, "Citizen identification number"; ISO/IEC 7812-1:2017, annex B (Luhn).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

#: What stands where a number was.
MASK: Final = "***"
#: What stands in a text that is looked through where something was found: no digit, and no sign between digits.
_TAKEN: Final = "\0"
_MARK: Final = r"[\s\-‐-―−.·•・,、/\\|_~()\[\]【】:\u200b-\u200f\u2060\ufeff\u00ad]"
#: Up to three signs between two groups.
_GAP: Final = f"{_MARK}{{0,3}}"
#: The same without those that stand between things of a list, or in a time.
_DASH: Final = r"[\s\-‐-―−.·•・/\\|_~()\[\]【】\u200b-\u200f\u2060\ufeff\u00ad]{0,3}"
_COUNTRY: Final = rf"(?<!\d)(?:\(?(?:\+|00)?86{_GAP}|0)?"
_MOBILE: Final = re.compile(
    f"{_COUNTRY}(?:1[3-9]\\d{_GAP}\\d{{4}}{_GAP}\\d{{4}}|1[3-9]\\d\\d{_GAP}\\d{{4}}{_GAP}\\d{{3}}|1[3-9]\\d{_GAP}\\d{{3}}{_GAP}\\d{{5}}|"
    rf"1(?:{_MARK}[3-9])(?:{_MARK}\d){{9}})(?!\d)"
)
#: However it is cut.
_MOBILE_CUT: Final = re.compile(rf"{_COUNTRY}1{_DASH}[3-9](?:{_DASH}\d){{9}}(?!\d)")
_PROVINCE: Final = (
    f"(?:1{_DASH}[1-5]|2{_DASH}[1-3]|3{_DASH}[1-7]|4{_DASH}[1-6]|5{_DASH}[0-4]|6{_DASH}[1-5]|7{_DASH}1|8{_DASH}[1-3])"
)
_DAY_OF_YEAR: Final = f"(?:0{_DASH}[1-9]|1{_DASH}[0-2]){_DASH}(?:0{_DASH}[1-9]|[12]{_DASH}\\d|3{_DASH}[01])"
_IDENTITY: Final = re.compile(
    rf"(?<!\d){_PROVINCE}(?:{_DASH}\d){{4}}{_DASH}(?:1{_DASH}[89]|2{_DASH}0)(?:{_DASH}\d){{2}}{_DASH}{_DAY_OF_YEAR}(?:{_DASH}\d){{3}}{_DASH}[\dXx](?![\dA-Za-z])"
)
_IDENTITY_OLD: Final = re.compile(
    rf"(?<![\dA-Za-z]){_PROVINCE}(?:{_DASH}\d){{6}}{_DASH}{_DAY_OF_YEAR}(?:{_DASH}\d){{3}}(?![\dA-Za-z])"
)
_CARDS: Final = tuple(
    re.compile(rf"(?<![\dA-Za-z])[3-69](?:[\s\-]?\d){{{more}}}(?![\dA-Za-z])") for more in (18, 17, 16, 15)
)
_AFTER_CARD: Final = re.compile(
    r"(?:卡号|账号|帐号|账户|银行卡|身份证号?码?|证件号?码?|card|account|passport|护照)[^\d*\0。;\n]{0,6}?([A-Za-z]{0,2}(?:\d[\s\-]?){7,18}\d[Xx]?)(?![\dA-Za-z])",
    re.IGNORECASE,
)
_LAND_LINE: Final = re.compile(rf"(?<![\dA-Za-z])\(?0(?:10|2\d|[3-9]\d\d){_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)")
_AFTER_CALL: Final = re.compile(
    rf"(?:电话|致电|来电|回电|手机|座机|固话|热线|号码|传真|拨|打|联系|(?<![A-Za-z])(?:tel|phone|telephone|call|mobile|fax|ring))[^\d*\0。;\n]{{0,8}}?"
    rf"([1-9]\d{{2,3}}{_GAP}\d{{4}})(?!\d)",
    re.IGNORECASE,
)
#: What a number of another kind follows.
_NAMED: Final = re.compile(
    r"(?:订单|单号|编号|案号|文号|字号|车架|发动机|流水|票号|运单|快递|合同|型号|序列|工号|批号|发票|工单|(?<![A-Za-z])order|(?<![A-Za-z])invoice|(?<![A-Za-z])frame|(?<![A-Za-z])vin|(?<![A-Za-z])serial)[^\d*\0]{0,8}$",
    re.IGNORECASE,
)
_UNIT: Final = r"\s*[余多来几]?\s*(?:[十百千万亿]*(?:元(?![旦月宵])|圆|块)|[百千]?万(?!一)|亿|RMB|CNY|yuan|人民币)"
_BEFORE_UNIT: Final = re.compile(_UNIT, re.IGNORECASE)
_FIGURE: Final = r"(?:\d{1,3}(?:,\d{3})+|\d{1,10})(?:\.\d+)?"
_SUM: Final = re.compile(
    rf"(?<![\d.])(?:{_FIGURE}(?={_UNIT})|(?<=[¥￥])\s?{_FIGURE}(?!\d)|(?:人民币|RMB|CNY)\s?{_FIGURE}(?!\d))",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:([-‐-―./ ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])|[-‐-―./](?:0?[1-9]|1[0-2])[-‐-―./](?:3[01]|[12]\d|0?[1-9]))(?!\d)|"
    r"(?<!\d)(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?!\d)"
)
_HAN: Final = {"零": "0", "〇": "0", "一": "1", "幺": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7",
               "八": "8", "九": "9"}  # fmt: skip
Spans = Iterator[tuple[int, int]]


def redact(words: str, *, offices: bool = False) -> str:
    """Return the text with every number masked that tells who somebody is, or how to reach them; the module says which.

    With `offices` land lines stay: staff tell a resident which office to call. Masked again, a text stays as it is.

    Examples
    --------
    >>> redact("电话138 0013-8000，身份证11010519491231002X，2025-06-01 8:30 发生")
    '电话***，身份证***，2025-06-01 8:30 发生'
    >>> redact("赔偿1200000元，三日内付清"), redact("138，0013，8000"), redact("请致电 010-12345678", offices=True)
    ('赔偿1200000元，三日内付清', '***', '请致电 010-12345678')
    """
    shown = words
    for plain in (_plain, _spoken, _mixed):
        found = sorted(_found(plain(shown), offices=offices))
        for begin, end in reversed(found):
            shown = f"{shown[:begin]}{MASK}{shown[end:]}"
    return shown


def _plain(words: str) -> str:
    """Return a text of the same length with plain digits, letters and marks."""
    return "".join(_sign(sign) for sign in words)


def _spoken(words: str) -> str:
    """Return a text of the same length in which Chinese numerals alone are digits."""
    return "".join(_HAN.get(sign, "#" if _sign(sign).isdigit() else _sign(sign)) for sign in words)


def _mixed(words: str) -> str:
    """Return a text of the same length in which Chinese numerals are digits too."""
    return "".join(_HAN.get(sign) or _sign(sign) for sign in words)


def _sign(sign: str) -> str:
    if sign.isascii():
        return sign if sign != _TAKEN else " "
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _found(plain: str, *, offices: bool) -> Spans:
    """Yield from and to where numbers of people stand; what is certain first, what else it could be kept before the rest."""
    text = plain
    finders: list[Callable[[str], Spans]] = [_cards, _identities, _mobiles]
    for find in finders:
        spans = list(find(text))
        yield from spans
        text = _without(text, spans)
    text = _without(text, [found.span() for pattern in (_SUM, _DATE) for found in pattern.finditer(text)])
    finders = [_cut, _old_identities, *([] if offices else [_land_lines])]
    for find in finders:
        spans = list(find(text))
        yield from spans
        text = _without(text, spans)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for begin, end in spans:
        text = f"{text[:begin]}{_TAKEN * (end - begin)}{text[end:]}"
    return text


def _identities(text: str) -> Spans:
    return (found.span() for found in _IDENTITY.finditer(text))


def _mobiles(text: str) -> Spans:
    for found in _MOBILE.finditer(text):
        # 150、2000、3000元 are sums, 13000000，110 a sum and a number to call, 150，20250601 a sum and a day.
        told, groups = found.group(), re.findall(r"\d+", found.group())
        a_pair = len(groups) == 2 and re.search(r"[,、]", told) is not None
        a_day = re.search(r"[,、\n]", told) is not None and _DATE.search(told) is not None
        a_sum = len(groups) > 1 and _BEFORE_UNIT.match(text, found.end()) is not None
        if not (a_pair or a_day or a_sum):
            yield found.span()


def _cut(text: str) -> Spans:
    return (found.span() for found in _MOBILE_CUT.finditer(text))


def _old_identities(text: str) -> Spans:
    return (found.span() for found in _IDENTITY_OLD.finditer(text) if not _is_named(text, found.start()))


def _cards(text: str) -> Spans:
    last = 0
    told = [found.span(1) for found in _AFTER_CARD.finditer(text)]
    right = [
        found.span() for pattern in _CARDS for found in pattern.finditer(text)
        if _is_right(found.group()) and not _is_named(text, found.start())
    ]  # fmt: skip
    for begin, end in sorted([*told, *right], key=_longest):
        if begin >= last:
            yield begin, end
            last = end


def _land_lines(text: str) -> Spans:
    last = 0
    area = [found.span() for found in _LAND_LINE.finditer(text)]
    local = [found.span(1) for found in _AFTER_CALL.finditer(text)]
    for begin, end in sorted([*area, *local], key=_longest):
        if begin >= last and not _is_named(text, begin):
            yield begin, end
            last = end


def _longest(span: tuple[int, int]) -> tuple[int, int]:
    """Return the key by which the first comes first, and of two that begin together the longer."""
    return span[0], -span[1]


def _is_named(text: str, at: int) -> bool:
    """Return whether a word before a place says that a number there is none of a person."""
    return _NAMED.search(text, max(at - 16, 0), at) is not None


def _is_right(card: str) -> bool:
    """Return whether the check digit of a card is right (Luhn).

    >>> _is_right("4111 1111 1111 1111"), _is_right("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(sign) for sign in reversed(card) if sign.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
