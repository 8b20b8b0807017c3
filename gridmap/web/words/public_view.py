"""Words of the public page of a station."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "public_title": ("{name}警情公开数据", "Incidents in numbers, {name}"),
    "public_why": (
        "只公布合计数：每个数字至少对应 {events} 起警情、{households} 户人家，相加相减也得不到更小的数。最小的方格边长 {m} 米，不够数的方格合并后公布。每季公布一次，公布后不再改动。",
        (
            "Only sums are published: every number stands for at least {events} incidents and {households} households, and adding or "
            "subtracting them gives none that does not. The smallest square is {m} m wide; squares that fall short are merged. "
            "Each quarter is published once and never changed."
        ),
    ),
    "public_per_km2": ("每平方公里每季起数：", "Incidents per km² and quarter:"),
    "public_from": ("{n} 以上", "{n} or more"),
    "public_disputes": ("纠纷", "Disputes"),
    "public_others": ("其他警情", "Other incidents"),
    "public_total": ("{n} 起", "{n}"),
    "public_nothing": ("数量太少，不公布。", "too few to publish."),
    "public_month": ("{n} 月", "month {n}"),
    "public_data": ("数据（JSON）", "The data (JSON)"),
}  # fmt: skip
