"""Words of the slip with which somebody follows a dispute."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "desk_language": ("报告人看哪种语言", "Language of whoever told of it"),
    "receipt_title": ("查询凭条", "Receipt"),
    "receipt_once": (
        "此码只显示这一次；再次开具后，前一张即失效。可打印，或请对方拍照。",
        "The code is shown this once; a new receipt ends the one before. Print it, or let them photograph it.",
    ),
}
