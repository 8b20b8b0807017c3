"""What a resident wrote: is it an emergency, is it the same matter; and what must not be shown to others (`masking`)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gridmap.domain.masking import MASK, redact

__all__ = ["ALIKE", "MASK", "alike", "is_urgent", "likeness", "redact"]

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
