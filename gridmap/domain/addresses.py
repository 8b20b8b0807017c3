"""Standard addresses: written one way for the eye, and one way for comparison.

`tidy` changes only how characters are typed; `normalise` also brings together the ways one address is written, and is
never shown to anybody.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

# Full-width signs and letters to half-width ones; the ideographic space to a space; dashes of all kinds to one.
_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0xA0: 0x20,
    0x200B: None,
    0xFEFF: None,
}
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣"), 0x2D)
_TYPED: Final = _WIDTH | _DASHES
#: Found (by RE2 or Python) in every text that `tidy` changes, and in some it does not.
UNTIDY: Final = "[\\s\u3000\u00a0\u200b\ufeff\uff01-\uff5e\u2010-\u2015\u2212\ufe63]"
_UNTIDY: Final = re.compile(
    r"[^\S ]|  |[\u3000\u00a0\u200b\ufeff\uff01-\uff5e\u2010-\u2015\u2212\ufe63]|^ | $| (?=[^\x00-\x7f])|(?<=[^\x00-\x7f]) "
)
_BETWEEN_CHINESE: Final = re.compile(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])")

# One form of each: traditional signs that stand in addresses, and the words for a building.
_SIGNS: Final = str.maketrans(
    "號樓棟幢單層鄰裡縣鎮鄉區組臺灣東鐵門園廣場龍華與戶", "号楼栋栋单层邻里县镇乡区组台湾东铁门园广场龙华与户"
)
_VARIANTS: Final = (
    (re.compile(r"村?(?:村民委员会|村委会|村委)"), "村"),
    (re.compile(r"(?<=社区)(?:社区)?(?:居民委员会|居委会|居委)"), ""),
    (re.compile(r"(?:社区)?(?:居民委员会|居委会|居委)"), "社区"),
    (re.compile(r"第?(\d+)(?:村民小组|居民小组|小组)"), r"\1组"),
    (re.compile(r"第(\d+)(?=[组社栋号单])"), r"\1"),
    (re.compile(r"(?<=\d)[#＃](?=楼|栋)|(?<=\d)号(?=楼|栋)"), ""),
    (re.compile(r"(?<=\d)#"), "号"),
    (re.compile(r"(?<=\d)号?楼"), "栋"),
    (re.compile(r"(?<=\d)(?:之|附)(?=\d)"), "-"),
    (re.compile(r"(?<=\d)号(?:之|附)(\d+)$"), r"-\1号"),
    (re.compile(r"(?<=\d)(?:户|室|房)$"), "室"),
)  # fmt: skip
_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_COUNTED: Final = re.compile(
    r"[零〇一二两三四五六七八九十百]+(?=(?:号|栋|楼|单元|室|层|组|社|邻|村民小组|居民小组|小组))"
)


def tidy(text: str) -> str:
    """Return an address as it is stored: half-width signs, one kind of dash, no space beside a Chinese sign.

    >>> tidy("南城街道　幸福路１２号")
    '南城街道幸福路12号'
    """
    if _UNTIDY.search(text) is None:
        return text
    typed = re.sub(r"\s+", " ", text.translate(_TYPED)).strip()
    return _BETWEEN_CHINESE.sub("", typed)


def normalise(text: str) -> str:
    """Return the form of an address by which two ways to write it are one; for comparison only.

    Full-width signs, spaces and commas, traditional signs (號, 棟), 幢 / 栋 / 号楼, the ending 村委会 / 村民委员会 of a
    village, 居委会 of a community, numbers in Chinese before 号, 组 and their like.

    >>> normalise("上庄村民委员会第三村民小组 12號") == normalise("上庄村3组１２号")
    True
    """
    plain = re.sub(r"[\s,，、;；·.。()（）]", "", tidy(text)).casefold().translate(_SIGNS)
    plain = _COUNTED.sub(lambda found: str(_number(found[0])), plain)
    for pattern, put in _VARIANTS:
        plain = pattern.sub(put, plain)
    return plain


def code_for(text: str) -> str:
    """Return a code for an address that has none: 14 signs, the same for every way to write it.

    >>> code_for("幸福路12号") == code_for("幸福路　１２號")
    True
    """
    digest = hashlib.blake2b(normalise(text).encode(), digest_size=8).digest()
    return "A" + base64.b32encode(digest).decode()[:13]


def compose(*levels: str) -> str:
    """Return the full text of an address from its levels, the largest first; empty levels are left out."""
    return tidy("".join(levels))


def _number(signs: str) -> int:
    """Return the number that Chinese signs say (below 1,000): 十二 is 12, 二〇三 is 203."""
    if not re.search("[十百]", signs):
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    total = digit = 0
    for sign in signs:
        if sign in "十百":
            total += max(digit, 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit
