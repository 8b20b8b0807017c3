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
}  # fmt: skip
