"""Words about what is open: numbers that lead to the desk's list, and what an empty list says to do next."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "desk_open_now": ("在办纠纷 {n} 件", "{n} open disputes"),
    # an empty list
    "desk_next_everything": ("看全所的 {n} 件", "See the station's {n}"),
    "desk_next_cells": ("看我的网格的 {n} 件", "See the {n} in my cells"),
    "desk_next_i_see": ("看我可见的 {n} 件", "See the {n} I may see"),
    "desk_next_new": ("登记一件", "Take one in"),
    "desk_next_clear": ("去掉全部条件", "Drop every filter"),
    "desk_next_any": ("连已了结的一起找", "Look among closed ones too"),
    # sending over a line that dies
    "desk_no_line": ("没有网络，看到的是打开时的内容。", "No network: this is as it was when you opened it."),
    "desk_waiting_line": ("没有网络。已存在本机，有信号就自动发送。", "No network. Kept on this phone; sent by itself once there is a line."),
    "desk_waiting_reply": ("已发出，等待回应……信号弱时可能要一会儿。", "Sent; waiting for the answer. On a weak line this takes a while."),
    # one tap in a step's form
    "desk_sent_hand": ("移交", "Hand over"),
    "desk_straight_to": ("直接交给", "Straight to"),
    "desk_ask_one": ("只请一家", "Ask one body"),
    "desk_ask_several": ("请几家", "Ask several"),
}  # fmt: skip
