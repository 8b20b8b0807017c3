"""Words of the page that compares two editions."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "compare_page": ("版次比较", "Compare editions"),
    "compare_before": ("前", "Before"),
    "compare_after": ("后", "After"),
    "compare_go": ("比较", "Compare"),
    "compare_swap": ("互换前后", "Swap"),
    "compare_view": ("对照方式", "View"),
    "compare_swipe": ("卷帘", "Swipe"),
    "compare_side": ("并排", "Side by side"),
    "compare_slider": ("卷帘位置：左侧为前一版次，右侧为后一版次；方向键移动", "Divider: the edition before on its left, the one after on its right; arrow keys move it"),
    "compare_sum": ("变化总览", "What changes"),
    "compare_same": ("两个版次完全相同。", "The two editions are the same."),
    "compare_area": ("易手面积", "Ground changing hands"),
    "compare_doors": ("易手门户", "Doors changing hands"),
    "compare_households": ("易手户数", "Households changing hands"),
    "compare_of_all": ("占 {share}", "{share} of all"),
    "compare_heaviest": ("最重分区为平均的几倍", "Heaviest zone, times the mean"),
    "compare_zones": ("各分区", "Zones"),
    "compare_zones_n": ("分区数", "Zones"),
    "compare_ground": ("易手的地面", "Ground that changes hands"),
    "compare_more": ("另有 {n} 块更小的未列出。", "{n} smaller pieces are not listed."),
    "compare_officers": ("各民警负责户数", "Households per officer"),
    "compare_members": ("各网格员负责户数", "Households per grid member"),
    "compare_officers_why": (
        "按 {at} 的任职计；一个分区有两人时各计一半。",
        "By the postings of {at}; a zone of two people counts half for each.",
    ),
    "compare_kind": ("变化", "Change"),
    "compare_kept": ("不变", "kept"),
    "compare_from": ("原属", "From"),
    "compare_to": ("划归", "To"),
    "compare_nowhere": ("无分区", "no zone"),
    "compare_piece": ("第 {n} 块", "Piece {n}"),
    "compare_hectares": ("公顷", "ha"),
    "compare_print": ("打印此页", "Print this page"),
    "compare_pdf": ("评审单（PDF）", "Review sheet (PDF)"),
    "compare_show_pieces": ("标出易手的地面", "Mark the ground that changes hands"),
    "compare_broken": (
        "其中一个版次的分区不完整，无法比较：{why}",
        "One of the two has zones that are no polygons, so they cannot be compared: {why}",
    ),
    "compare_review": ("前往审核", "Go to the review"),
    "compare_gain": ("增加 {n}", "{n} more"),
    "compare_loss": ("减少 {n}", "{n} fewer"),
    "compare_map_before": ("前一版次的地图", "Map of the edition before"),
    "compare_now_swipe": ("卷帘对照", "Swipe view"),
    "compare_now_side": ("并排对照", "Side-by-side view"),
    "compare_at": ("分界在 {n}%", "divider at {n}%"),
}  # fmt: skip
