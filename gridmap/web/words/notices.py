"""Words of the page on which notices to residents are posted."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "notices": ("通知", "Notices"),
    "notices_page": ("给居民的通知", "Notices to residents"),
    "notices_why": ("居民扫门牌时，在责任人旁边看到。", "Residents read them beside the names when they scan their plate."),
    "notices_new": ("发通知", "Post a notice"),
    "notices_zh": ("中文", "Chinese"),
    "notices_en": ("英文（可不填）", "English (may be left out)"),
    "notices_kind": ("种类", "Kind"),
    "notice_info": ("通知", "Notice"),
    "notice_warning": ("提醒", "Warning"),
    "notices_zone": ("通知谁", "Who is told"),
    "notices_whole": ("全所", "The whole station"),
    "notices_since": ("起（不填为现在）", "From (now if left out)"),
    "notices_until": ("止（不填为直到撤下）", "Until (until ended if left out)"),
    "notices_post": ("发布", "Post"),
    "notices_end": ("撤下", "End"),
    "notices_none": ("现在没有通知。", "No notice holds now."),
    "notices_doors": ("{n} 扇门", "{n} doors"),
    "notices_from_to": ("{since} 至 {until}", "{since} to {until}"),
    "notices_from": ("{since} 起，直到撤下", "from {since} until ended"),
    "notices_over": ("已结束", "over"),
    "notices_past": ("也看已结束的", "Show those that are over too"),
    "notices_now": ("只看有效的", "Show what holds only"),
    "notices_by": ("{who} 发布", "posted by {who}"),
    "notices_wrong": ("没有发布：中文须有 1 至 500 字，结束须晚于开始和现在，最长一年。",
                      "Not posted: it needs 1 to 500 Chinese letters, and ends after it begins, after now and within a year."),
}  # fmt: skip
