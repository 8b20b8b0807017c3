"""How people write the states, sources, grades and marks of disputes, in either language."""

from __future__ import annotations

from typing import Final

from gridmap.domain.dispute_words import MARKS, MATTERS, STATES
from gridmap.domain.dispute_words import SOURCES as OUR_SOURCES


def _words(own: tuple[str, ...], other: dict[str, str]) -> dict[str, str]:
    """Return word -> our word, from our word -> other words, with spaces between."""
    found = {word: word for word in own} | {word.replace("_", " "): word for word in own if "_" in word}
    return found | {word: ours for ours, words in other.items() for word in words.split()}


STATE_WORDS: Final = _words(STATES, {
    "open": "new 待受理 未受理 登记 已登记 新增 待办 待处理 待分流 未处理",
    "accepted": "已受理 受理 已接收 已分流 待调解",
    "in_hand": "active 处理中 办理中 调解中 化解中 调处中 正在化解 未化解 未办结 在办 稳控中 跟踪中",
    "handed": "转办 已转办 待接收 待签收 移交 已移交 转交 交办 转派 待确认",
    "joint": "联调 联合调解 联合调处 会商 联合化解 三调联动 会办",
    "paused": "中止 暂停 挂起 调解中止 中止调解 延期",
    "settled": "resolved done 已化解 已调解 化解 调解成功 化解成功 已调处 调处成功 达成协议 已办理",
    "reviewed": "评晒 公示 已评议 评议 已公示 回访评价 已评价",
    "closed": "archived 已办结 办结 结案 已结案 已归档 归档 销号 已销号",
    "withdrawn": "cancelled canceled 撤回 撤销 已撤回 已撤销 作废 当事人撤回",
    "not_ours": "不属本所 非本所 非本辖区 不予受理 已退回 退回 移送 已移送 不属管辖",
})  # fmt: skip
SOURCES: Final = _words(OUR_SOURCES, {
    "visit": "走访 走访发现 入户走访 入户 排查 排查发现 上门 日常走访",
    "call": "phone 110 110警情 警情 接警 接处警 报警 电话 来电 12345 热线 来访 来所 群众求助 窗口 当事人申请",
    "plate": "resident 扫码 门牌 二维码 门牌扫码 居民 群众 居民上报 群众上报 网上 微信",
    "patrol": "巡逻 巡逻发现 巡查 网格巡查",
    "import": "导入 历史 历史数据 其他 其它 other",
    "tip": "线索 举报 线索转办 上级交办 部门移送",
    "open311": "接口 第三方",
})  # fmt: skip
MATTER_WORDS: Final = _words(MATTERS, {
    "dispute": "纠纷 矛盾 矛盾纠纷", "tip": "线索 情报 情报线索", "hazard": "隐患 安全隐患 风险隐患", "case": "现案 案件",
})  # fmt: skip
MARK_WORDS: Final = _words(MARKS, {
    "returning": "反复 反复发生 复发 多次", "worse": "激化 升级 易激化 可能激化 有激化可能 苗头性",
    "threats": "threat 扬言 扬言威胁 威胁 扬言报复", "": "none 无 否 正常",
})  # fmt: skip
GRADES: Final = {
    **{f"{word}级": number for number, word in enumerate("一二三四五六七八九", 1)},
    **{word: number for number, word in enumerate("一二三四五六七八九", 1)}, **{f"{number}级": number for number in range(1, 10)},
    "红": 1, "红色": 1, "red": 1, "橙": 2, "橙色": 2, "orange": 2, "黄": 3, "黄色": 3, "yellow": 3, "蓝": 4, "蓝色": 4, "blue": 4,
}  # fmt: skip
TIERS: Final = {
    **{f"{word}{end}": number for number, word in enumerate("一二三四五六七八九", 1) for end in ("级", "层", "")},
    **{f"第{word}{end}": number for number, word in enumerate("一二三四五六七八九", 1) for end in ("级", "层")},
}
