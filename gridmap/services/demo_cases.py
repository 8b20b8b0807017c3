"""What is on its way at the made-up station's desk, for each of the five loops a dozen matters. Every word is made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """A step somebody takes: `who` is the officer, the mediator or the grid member of the log-ins; `to`: a body, or "mediator"."""

    what: str
    note: str = "演示"
    to: str = ""
    bodies: tuple[str, ...] = ()
    who: str = "officer"


@dataclass(frozen=True, slots=True)
class Case:
    """A matter opened so many days ago; `mine`: the officer took it in for themselves; `near`: next door to the one before."""

    kind: str
    days: float
    words: str
    steps: tuple[Step, ...] = ()
    marks: tuple[str, ...] = ()
    matter: str = "dispute"
    grade: int | None = None
    mine: bool = False
    near: bool = False
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Script:
    """What is carried through a loop, and which mediator of its file the log-in `mediator` is."""

    mediator: str
    cases: tuple[Case, ...]


BEGUN, ACCEPTED = Step("begun"), Step("accepted")
_EVERYWHERE: Final = (
    Case("neighbours", 0.1, "楼上空调滴水，淋湿楼下晾的被子。（演示）"),
    Case("family", 0.3, "兄弟二人为老人轮流照料起争执。（演示）", (ACCEPTED,), mine=True),
    Case("housing", 1.2, "物业停了门禁卡，住户不交物业费。（演示）", (ACCEPTED, BEGUN, Step("visited", "到两家听了情况")), mine=True),
    Case("debt", 4.6, "合伙买货车，散伙时账算不拢。（演示）", (ACCEPTED, BEGUN, Step("paused", "等对账单")), mine=True),
    Case("other_dispute", 1.0, "有人在楼道口收购药品，像是医保药贩。（演示）", matter="tip", mine=True),
    Case("neighbours", 33.0, "广场舞音响吵到夜班司机。（演示）", (ACCEPTED, BEGUN, Step("settled", "音响九点半关，音量调小")), mine=True),
)  # fmt: skip

NANCHENG: Final = Script("NC-C1", (
    *_EVERYWHERE,
    Case("neighbours", 0.35, "宅基地边界的排水沟被填。（演示）", (BEGUN, Step("passed_on", "涉及宅基地，请接手", "court")), mine=True),
    Case("labour", 3.1, "装修队三名工人讨要半个月工钱。（演示）", (BEGUN, Step("mediated", "老板愿先付一半")), ("worse",)),
    Case("consumer", 6.0, "理发店充卡后关门，十几人要退钱。（演示）", (BEGUN, Step("escalated", "人多，请小法庭接手")), mine=True),
    Case("land", 8.5, "承包地转租，租金涨价不认旧约。（演示）",
         (ACCEPTED, Step("convened", "请三方一起坐下来谈", bodies=("joint_table", "resources_bureau"))), ("threats",), mine=True),
    Case("school", 9.0, "两个学生打闹受伤，家长要求赔偿。（演示）", (BEGUN, Step("settled", "医药费各担一半，孩子互相道歉"))),
    Case("traffic_dispute", 50.0, "倒车剐蹭，双方都不认责任。（演示）",
         (BEGUN, Step("settled", "走保险，互不追究"), Step("followed_up", "都说没再来往")), mine=True),
))  # fmt: skip

PINGCHUAN: Final = Script("PC-P1", (
    *_EVERYWHERE,
    Case("water", 2.0, "上下两社争轮灌的顺序。（演示）",
         (Step("accepted", who="mediator"), Step("convened", "村、镇一起谈", bodies=("group_heads", "justice_office"), who="mediator")),
         grade=3),
    Case("land", 7.0, "两家为地埂往哪边移争了三年。（演示）", (Step("accepted", who="mediator"), Step("escalated", "村里谈不拢，请镇里接手", who="mediator")),
         grade=3),
    Case("neighbours", 6.0, "院墙占了公共巷道半米。（演示）",
         (Step("accepted", who="mediator"), Step("begun", who="mediator"), Step("settled", "退回半米，村里帮着砌", who="mediator")), grade=3),
    Case("family", 12.0, "分家时老宅归谁说不清。（演示）",
         (Step("accepted", who="mediator"), Step("begun", who="mediator"), Step("settled", "老宅共有，轮流住", who="mediator"),
          Step("reviewed", "村务公开栏评晒三日，无异议", who="mediator")), grade=3),
    Case("labour", 3.0, "合作社临时工的工钱拖了一个月。（演示）", (Step("passed_on", "请镇里出面", "town_centre"),), grade=4, mine=True),
))  # fmt: skip

BEIJIE: Final = Script("BJ-P1", (
    *_EVERYWHERE,
    Case("housing", 2.4, "电梯停了三天，物业说没钱修。（演示）", (ACCEPTED, Step("passed_on", "请物业联盟接手", "property_union")), mine=True),
    Case("housing", 5.0, "地下车位租金涨了一倍。（演示）",
         (ACCEPTED, Step("passed_on", "请物业联盟接手", "property_union"), Step("taken", who="mediator"), Step("begun", who="mediator")), mine=True),
    Case("stall", 3.2, "夜市两家为摊位的宽窄推搡。（演示）", (ACCEPTED, BEGUN, Step("convened", "和市场所一起划线", bodies=("market_office",))), mine=True),
    Case("delivery", 8.0, "外卖洒在门口，骑手和住户互不相让。（演示）", (ACCEPTED, BEGUN, Step("settled", "平台赔一半，骑手道歉")), mine=True),
    Case("noise", 0.8, "烧烤摊音箱开到半夜。（演示）", (ACCEPTED,), matter="hazard", mine=True),
    Case("family", 6.5, "离婚后孩子探视的日子谈不拢。（演示）", (ACCEPTED, Step("begun"), Step("escalated", "社区谈了两次，请团队接手")), mine=True),
))  # fmt: skip

JINHUA: Final = Script("JH-01", (
    *_EVERYWHERE,
    Case("trade", 2.2, "外商说货与样品不符，拒付尾款。（演示）", (BEGUN, Step("passed_on", "请懂阿语的调解员接手", "mediator")), mine=True, language="ar"),
    Case("trade", 6.0, "集装箱晚到十天，谁担仓储费。（演示）",
         (BEGUN, Step("passed_on", "请懂阿语的调解员接手", "mediator"), Step("taken", who="mediator"),
          Step("mediated", "双方愿各担一半", who="mediator")), mine=True, language="ar"),
    Case("theft", 0.03, "店门口的电动车刚被骑走。（演示）", (ACCEPTED,), matter="case"),
    Case("theft", 0.06, "仓库门锁被撬，少了两箱货。（演示）", (BEGUN,), matter="case"),
    Case("consumer", 4.0, "退货的运费买卖双方都不肯出。（演示）",
         (BEGUN, Step("convened", "和涉外调委会一起谈", bodies=("foreign_room",))), mine=True),
    Case("labour", 9.0, "厂里辞退翻译，少算了半个月工资。（演示）", (BEGUN, Step("settled", "补半个月，当面结清")), mine=True, language="en"),
))  # fmt: skip

SHANXI: Final = Script("SX-P1", (
    *_EVERYWHERE,
    Case("battery_theft", 9.0, "车棚里两块电瓶夜里不见了。（演示）", (BEGUN,), matter="case"),
    Case("battery_theft", 6.0, "隔壁单元也少了一块电瓶。（演示）", (ACCEPTED,), matter="case", near=True),
    Case("battery_theft", 2.5, "同一个小区，电瓶线被剪断。（演示）", matter="case", near=True),
    Case("charging", 1.4, "楼道里拉线给电动车充电。（演示）",
         (ACCEPTED, Step("convened", "小队一起上门", bodies=("property", "volunteers"))), matter="hazard", mine=True),
    Case("housing", 3.0, "消防通道被杂物堵了一半。（演示）",
         (BEGUN, Step("passed_on", "请物业清理", "mediator"), Step("taken", who="mediator")), mine=True),
    Case("family", 10.0, "彩礼退多少，两家各说各的。（演示）", (BEGUN, Step("escalated", "小队谈不拢，请一村一警接手")), mine=True),
))  # fmt: skip

SCRIPTS: Final = {
    "nancheng": NANCHENG, "pingchuan": PINGCHUAN, "beijie": BEIJIE, "jinhua": JINHUA, "shanxi": SHANXI,
}  # fmt: skip
