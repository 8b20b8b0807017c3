"""A list of disputes as a table: its columns in both languages, and the words that stand in them.

What is written so is read again: every heading and every word is one that an import understands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name (and English heading), its Chinese heading, what it holds, how wide it is drawn [characters]."""

    name: str
    zh: str
    holds: Literal["text", "word", "whole", "moment", "degrees", "flag"] = "text"
    width: int = 12

    def heading(self, language: Language) -> str:
        """Return the heading in a language."""
        return self.zh if language == "zh" else self.name


COLUMNS: Final = (
    Column("number", "纠纷编号", width=16), Column("matter", "事项类别", "word", 9), Column("kind", "纠纷类型", width=16),
    Column("state", "状态", "word", 10), Column("tier", "层级", "whole", 6), Column("grade", "等级", "whole", 6),
    Column("opened_at", "登记时间", "moment", 17), Column("due_at", "期限", "moment", 17),
    Column("settled_at", "化解时间", "moment", 17), Column("closed_at", "结案时间", "moment", 17),
    Column("source", "来源", "word", 10), Column("words", "简要情况", width=48), Column("marks", "标记", "word", 14),
    Column("holder", "承办人", width=14), Column("opened_by", "登记人", width=14), Column("beat", "警格", width=10),
    Column("grid_cell", "网格", width=12), Column("call", "来源警情", width=16), Column("address_text", "地址", width=40),
    Column("lon", "经度", "degrees", 12), Column("lat", "纬度", "degrees", 12), Column("rating", "评价", "whole", 6),
    Column("followed", "回访次数", "whole", 9), Column("reopened", "重启次数", "whole", 9),
    Column("synthetic", "合成数据", "flag", 9),
)  # fmt: skip

#: Our words in Chinese.
WORDS: Final[Mapping[str, str]] = {
    "dispute": "纠纷", "hazard": "隐患", "case": "现案", "open": "待受理", "accepted": "已受理", "in_hand": "处理中",
    "handed": "转办", "joint": "联合调解", "paused": "暂停", "settled": "已化解", "reviewed": "已评议", "closed": "已办结",
    "withdrawn": "已撤回", "not_ours": "不属本所", "visit": "走访", "call": "接警", "plate": "扫码", "patrol": "巡逻",
    "import": "导入", "tip": "线索", "open311": "第三方", "returning": "反复", "worse": "激化", "threats": "扬言威胁",
}  # fmt: skip


def say(words: str, language: Language) -> str:
    """Return our words, with commas between them, in a language.

    >>> say("returning,threats", "zh"), say("in_hand", "en")
    ('反复,扬言威胁', 'in_hand')
    """
    if language == "en":
        return words
    return ",".join(WORDS.get(word, word) for word in words.split(",")) if words else ""


#: What is to be known of the whole, for its second sheet.
NOTES: Final = {
    "station": ("派出所", "station"), "filter": ("筛选条件", "filter"), "rows": ("行数", "rows"), "made_at": ("生成时间", "made at"),
    "times": ("时间所用时区", "times are those of"), "places": ("坐标系", "coordinates"), "privacy": ("隐私", "privacy"),
    "reading": ("填写说明", "how to read it"), "synthetic": ("合成数据", "synthetic data"),
}  # fmt: skip
PRIVACY: Final = (
    "不含当事人信息；文字中的电话和证件号码已遮盖。",
    "No parties are named; numbers of telephones and identity cards in texts are masked.",
)
READING: Final = (
    "以 = + - @ 开头的文字前加一个撇号；“转办”的承办人是接收人。",
    "A text that begins with = + - @ has an apostrophe before it; the holder of what is handed over is whom it is offered to.",
)
SYNTHETIC: Final = ("合成数据：均为虚构。", "SYNTHETIC DATA: all of it is made up.")
EVERYTHING: Final = ("全部", "everything")
