"""Words of the resident's page, Chinese and English; further languages stand in modules of their own beside it."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "scan_title": ("这扇门由谁负责", "Who is responsible for this door"),
    "scan_languages": ("语言", "Languages"),
    "scan_synthetic": ("演示数据：派出所和人员均为虚构。", "Synthetic data: this station and its people are made up."),
    # numbers for emergencies
    "scan_emergency": ("紧急求助", "Emergency"),
    "scan_110": ("报警", "Police"),
    "scan_119": ("火警", "Fire"),
    "scan_120": ("急救", "Ambulance"),
    "scan_122": ("交通事故", "Road accident"),
    "scan_12345": ("政务服务热线", "City services"),
    # what the plate must say
    "scan_compare": ("请与门牌核对", "Compare with the plate"),
    "scan_street": ("街路巷", "Street"),
    "scan_village": ("村（社区）", "Village or community"),
    "scan_tail": ("号码末尾", "Number ends in"),
    "scan_code": ("门牌码", "Plate code"),
    "scan_differs": (
        "与门牌不一致？请不要继续，拨打 110 或派出所值班电话。",
        "Different on your plate? Go no further: call 110 or the duty desk.",
    ),
    "scan_never": (
        "本页不收钱，不要密码和银行卡号，也不要求安装应用。",
        "This page never asks for money, a password, a bank card or an app.",
    ),
    # the state of the plate
    "scan_moved": (
        "这块门牌登记为移位，可能挂在别的门上，请以地址为准。",
        "This plate is recorded as moved and may hang at another door: go by the address.",
    ),
    "scan_damaged": ("这块门牌登记为损坏，将予更换。", "This plate is recorded as damaged and will be replaced."),
    "scan_lost": (
        "这块门牌登记为遗失。如您拾得，请交派出所。",
        "This plate is recorded as lost. If you found it, please hand it in at the station.",
    ),
    "scan_replaced": ("这块门牌已更换。", "This plate has been replaced."),
    "scan_see_new": ("查看新门牌", "See the new plate"),
    "scan_retired": (
        "这块门牌已停用，请联系派出所值班室。",
        "This plate is out of use. The duty desk will help you.",
    ),
    "scan_stale": (
        "以下内容截至 {at}，此后的变动可能未显示。如无人接听，请拨打值班电话。",
        "This is as of {at}; later changes may be missing. If nobody answers, call the duty desk.",
    ),
    # who answers
    "scan_officer": ("社区民警", "Community police officer"),
    "scan_auxiliary": ("辅警", "Auxiliary officer"),
    "scan_grid_member": ("网格员", "Grid member"),
    "scan_property_manager": ("物业", "Property manager"),
    "scan_volunteer": ("志愿者", "Volunteer"),
    "scan_duty_desk": ("派出所值班室", "Station duty desk"),
    "scan_via_duty": ("正在值班", "On duty now"),
    "scan_via_substitute": ("代请假同事值班", "Stands in for a colleague on leave"),
    "scan_via_team": ("同警格同事", "A colleague of the same beat"),
    "scan_via_neighbour": ("来自相邻警格", "From the neighbouring beat"),
    "scan_no_officer": (
        "这扇门此刻没有民警在岗，值班室会为您办理。",
        "No officer is on duty for this door now; the duty desk will help you.",
    ),
    "scan_badge": ("警号 {badge}", "Badge {badge}"),
    "scan_number": ("工号 {badge}", "No. {badge}"),
    "scan_call": ("拨打", "Call"),
    "scan_by_desk": ("由值班室转接", "The duty desk puts you through"),
    "scan_day_and_night": ("昼夜有人接听", "Answered day and night"),
    "scan_until": ("以上安排到 {at} 为止。", "This holds until {at}."),
    "scan_then": ("此后", "After that"),
    # notices
    "scan_notices": ("通知与提醒", "Notices and warnings"),
    "scan_warning": ("提醒", "Warning"),
    "scan_info": ("通知", "Notice"),
    "scan_notice_until": ("至 {at}", "until {at}"),
    # what one can do
    "scan_more": ("我要办理", "What you can do"),
    "scan_visit": ("预约走访", "Ask for a visit"),
    "scan_dispute": ("反映纠纷", "Report a dispute"),
    "scan_hazard": ("报告隐患", "Report a hazard"),
    "scan_follow": ("查询我的反映", "Follow my report"),
    "scan_other": ("门牌有误或损坏", "Plate wrong or damaged"),
    # small print
    "scan_about": ("关于本页", "About this page"),
    "scan_zones": ("警格与网格", "Beat and grid cell"),
    "scan_edition": ("第 {n} 版，{date} 发布", "Edition {n}, published {date}"),
    "scan_as_of": ("截至 {at}", "As of {at}"),
    "scan_privacy": (
        "本页不用脚本和 Cookie，不记录谁扫了码。",
        "No script and no cookie here; who scans is not recorded.",
    ),
    # no answer
    "scan_unknown": ("没有这个门牌码", "There is no such plate code"),
    "scan_help": (
        "门牌码是二维码旁的 12 位字母和数字。其中没有字母 I、L、O、U：像 O 的是数字 0，像 I 或 L 的是数字 1。请核对后重新输入。",
        (
            "A plate code is the 12 letters and digits beside the QR code. It has no I, L, O or U: what looks like O is the "
            "digit 0, what looks like I or L is the digit 1. Compare and type it again."
        ),
    ),
    "scan_did_you_mean": ("您要找的是不是", "Did you mean"),
    "scan_open": ("打开", "Open"),
    "scan_false": (
        "如果二维码是贴上去的，或门牌看起来是假的，请拨打 110。",
        "If the QR code is a sticker over the plate, or the plate looks false, call 110.",
    ),
    "scan_wait": ("输错次数过多，请稍后再试", "Too many wrong codes; try again a little later"),
    "scan_wait_help": ("正确的门牌码随时可以打开。", "A right code opens at any time."),
    "scan_missing": ("暂时查不到由谁负责", "Who is responsible cannot be told right now"),
    "scan_missing_help": (
        "请稍后再扫。紧急情况请拨打 110，其他事项请拨打 12345。",
        "Scan again in a little while. In an emergency call 110; for anything else call 12345.",
    ),
}  # fmt: skip
