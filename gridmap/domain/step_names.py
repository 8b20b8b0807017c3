"""How the steps of a dispute are called where a station's loop calls them nothing else: code -> Chinese, English.

The desk's buttons and history, and the API, all read them here.
"""

from __future__ import annotations

from typing import Final

from gridmap.domain.loops import Loop

STEP_NAMES: Final = {
    "opened": ("登记", "Take in"), "accepted": ("受理", "Accept"), "begun": ("开始调处", "Begin"), "passed_on": ("移交", "Hand over"),
    "taken": ("接收", "Take over"), "refused": ("退回", "Give back"), "lapsed": ("移交超时退回", "Offer lapsed"),
    "convened": ("联合调解", "Convene bodies"), "visited": ("上门", "Visit"), "mediated": ("调解", "Mediate"),
    "paused": ("暂缓", "Pause"), "resumed": ("恢复办理", "Resume"), "escalated": ("升级", "Escalate"),
    "settled": ("化解", "Settle"), "reviewed": ("评晒", "Review"), "followed_up": ("回访", "Follow up"),
    "closed": ("结案", "Close"), "reopened": ("重开", "Reopen"), "withdrawn": ("撤回", "Withdraw"),
    "not_ours": ("非本所职责", "Not ours"), "reassigned": ("改派", "Reassign"), "marked": ("风险标记", "Mark risks"),
    "linked": ("关联", "Link"), "warned": ("提前提醒", "Warned"), "reminded": ("催办", "Reminded"), "told": ("告知当事人", "Tell the parties"),
    "paper": ("文书", "Paper"), "added": ("补充", "Added by the reporter"), "note": ("备注", "Note"),
}  # fmt: skip


def step_name(loop: Loop, step: str) -> tuple[str, str]:
    """Return how a station calls a step, in Chinese and English."""
    chinese, english = loop.rules.steps.get(step, ("", ""))
    plain = STEP_NAMES.get(step, (step, step))
    return chinese or plain[0], english or plain[1]
