"""Words on door-plates, on the sheets they are printed on, and on the notice boards of entrances."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "plates_scan": ("扫码找到您的社区民警", "Scan for your officer"),
    "plates_desk": ("派出所 Desk {phone}", "Desk {phone}"),
    "plates_emergency": ("报警 Emergency 110", "Emergency 110"),
    "plates_cell": ("网格 Grid cell", "Grid cell"),
    "plates_synthetic": ("合成数据", "SYNTHETIC"),
    "plates_title": ("二维码门牌", "QR door-plates"),
    "plates_edition": ("第 {n} 版", "edition {n}"),
    "plates_batch": ("批次 batch {batch}", "batch {batch}"),
    "plates_count": ("共 {n} 块 plates", "{n} plates"),
    "plates_these": ("本张 {first}–{last}", "{first}–{last}"),
    "plates_check": ("校验 check {check}", "check {check}"),
    "plates_cut": ("沿角线裁切，勿缩放 · cut along the marks, print at 100 %", "cut along the marks, print at 100 %"),
    "boards_title": ("社区综治小组公示", "Who looks after this building"),
    "boards_cell": ("网格", "Grid cell"),
    "boards_beat": ("警格", "Beat"),
    "boards_officer": ("社区民警", "Officer"),
    "boards_auxiliary": ("辅警", "Auxiliary"),
    "boards_grid_member": ("网格员", "Grid member"),
    "boards_property_manager": ("物业负责人", "Property manager"),
    "boards_volunteer": ("志愿者", "Volunteer"),
    "boards_badge": ("警号 No. {badge}", "No. {badge}"),
    "boards_member_badge": ("工号 No. {badge}", "No. {badge}"),
    "boards_nobody": ("请联系派出所值班", "Please call the duty desk"),
    "boards_by_desk": ("经值班电话转接", "through the duty desk"),
    "boards_desk": ("派出所昼夜值班", "Police station, day and night"),
    "boards_110": ("报警", "Police"),
    "boards_119": ("火警", "Fire"),
    "boards_120": ("急救", "Ambulance"),
    "boards_122": ("交通事故", "Traffic"),
    "boards_other": ("紧急电话", "Emergency"),
    "boards_now": ("扫一扫您家门牌上的二维码，可查此刻谁在值班。", "Scan the code on your own door-plate to see who is on duty now."),
    "boards_more": ("另有 {n} 人，请致电派出所。", "and {n} more: call the station."),
    "boards_as_of": ("{day} 张贴 · 第 {n} 版", "as of {day}, edition {n}"),
}  # fmt: skip
