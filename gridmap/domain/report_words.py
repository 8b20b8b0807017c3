"""What a resident wrote: is it an emergency, is it the same matter, and what must not be shown to others."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: What stands where a number was.
MASK: Final = "***"
#: Texts whose pairs of letters overlap by so much say the same matter (Jaccard index).
ALIKE: Final = 0.4

#: Fire is also in a train, a hot pot and a bad temper.
_FIRE: Final = (
    r"(?<![恼发红生窝上怒点烟防])火(?!锅|车|腿|热|速|爆|气|柴|炬|龙果|山|星|烧店|鸡|警电话|候|花|机|罐|药师|器)"
)
_ZH: Final = (
    "着火|著火|起火|失火|火灾|救火|冒烟|浓烟|持刀|拿刀|动刀|砍人|捅人|行凶|枪|救命|杀人|自杀|轻生|跳楼|割腕|爆炸|炸弹|"
    "煤气泄漏|燃气泄漏|天然气泄漏|煤气味|漏气|漏煤气|昏倒|晕倒|昏迷|没有呼吸|没呼吸|心脏骤停|流血|大出血|触电|溺水|落水|"
    "被困|绑架|抢劫|强奸|家暴|打人|打起来|正在打|中毒|孩子丢了|走失"
)
_EN: Final = (
    r"\b(?:fire(?!\s*(?:door|exit|extinguisher|hydrant|drill|escape|lane|work))|burning|smoke|kni(?:fe|ves)|stab\w*|"
    r"gun(?:s|man|shot)?|shoot\w*|shot|bleed\w*|blood|kill\w*|murder\w*|suicid\w*|explo\w+|bomb\w*|gas\s+(?:leak|smell)\w*|"
    r"smell\w*\s+(?:of\s+)?gas|unconscious|not\s+breathing|heart\s+attack|drown\w*|electrocut\w*|kidnap\w*|rape\w*|robb\w+|"
    r"help\s+me|collapsed|trapped|poison\w*)\b"
)
_EMERGENCY: Final = re.compile(f"{_FIRE}|{_ZH}|{_EN}", re.IGNORECASE)

_SEPARATOR: Final = r"[ \-‐‑–—.\u3000\u00a0]?"
#: Seven digits or more, with a sign between them at most; the last of an identity number may be X.
_NUMBER: Final = re.compile(rf"(?<!\d)\+?\d(?:{_SEPARATOR}\d){{6,}}(?:{_SEPARATOR}[Xx\uff38\uff58](?![A-Za-z]))?")
_SPOKEN: Final = re.compile(rf"[零〇一二三四五六七八九幺](?:{_SEPARATOR}[零〇一二三四五六七八九幺]){{6,}}")
_DAY: Final = re.compile(r"(?<!\d)(?:19|20)\d\d[ \-‐–—.]?(?:0?[1-9]|1[0-2])[ \-‐–—.]?(?:3[01]|[12]\d|0?[1-9])(?!\d)")
_PERSONAL: Final = re.compile(r"(?:86)?1[3-9]\d{9}|\d{15}|\d{17}[\dXx]")
#: Numbers everybody may call.
_PUBLIC: Final = frozenset({"110", "119", "120", "122", "12345", "12348"})
#: A desk's own number in the answer of staff: 010-12345678, 8888-1234, 400-800-1234.
_OFFICE: Final = re.compile(r"0\d{9,11}|[2-9]\d{6,7}|[48]00\d{7}")


def is_urgent(words: str) -> bool:
    """Return whether the text names an emergency, for which one must call and not write.

    It errs on the side of asking: the page then shows 110, 119 and 120 first and wants the sending confirmed.

    Examples
    --------
    >>> is_urgent("三楼着火了"), is_urgent("There is a FIRE"), is_urgent("楼下火锅店太吵"), is_urgent("the fire door is blocked")
    (True, True, False, False)
    """
    return _EMERGENCY.search(unicodedata.normalize("NFKC", words)) is not None


def _pairs(words: str) -> set[str]:
    """Return the pairs of neighbouring letters, without case, spaces and punctuation."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKC", words).casefold() if sign.isalnum())
    return {letters[place : place + 2] for place in range(max(len(letters) - 1, 1))} - {""}


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, from 0 to 1: the Jaccard index of their pairs of letters.

    References
    ----------
    Jaccard (1912), "The Distribution of the Flora in the Alpine Zone", New Phytologist 11(2), 37-50.

    Examples
    --------
    >>> likeness("路灯坏了", "路灯坏了！"), likeness("路灯坏了", "noise")
    (1.0, 0.0)
    """
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return float(first == second)
    return len(first & second) / len(first | second)


def alike(one: str, other: str) -> bool:
    """Return whether two texts of the same kind and address say the same matter."""
    return likeness(one, other) >= ALIKE


def redact(words: str, *, offices: bool = False) -> str:
    """Return the text with every telephone and identity number masked, wherever it stands and however it is spaced.

    Dates, times and house numbers of up to six digits stay. With `offices` landlines stay too: staff tell a resident
    which office to call.

    Examples
    --------
    >>> redact("电话138 0013-8000，身份证11010519491231002X，2025-06-01 8:30 发生")
    '电话***，身份证***，2025-06-01 8:30 发生'
    >>> redact("请致电 010-12345678", offices=True)
    '请致电 010-12345678'
    """

    def mask(found: re.Match[str]) -> str:
        run = found.group()
        # Digits of any script count: the shape of a number is looked at in plain ones.
        plain = unicodedata.normalize("NFKC", run)
        digits = "".join(sign for sign in plain if sign.isdecimal() or sign in "xX")
        if not _PERSONAL.fullmatch(digits):
            if offices and _OFFICE.fullmatch(digits):
                return run
            left = sum(sign.isdecimal() for sign in _DAY.sub("", plain))
            groups = set(re.split(r"\D+", plain))
            if groups <= _PUBLIC or (left < 7 and _DAY.search(plain)):
                return run
        return MASK

    return _SPOKEN.sub(MASK, _NUMBER.sub(mask, words))
