"""The briefing: what a joint meeting looks at for a period, as plain values; every figure with its ratio, interval and p."""

from gridmap.services.brief.again import Again, Door, again_of
from gridmap.services.brief.ahead import Ahead, festivals_ahead
from gridmap.services.brief.figures import CategoryRow, Figure, Figures, figures
from gridmap.services.brief.hot import Area, Hot, hot_of
from gridmap.services.brief.open_disputes import OpenDisputes, Tier, open_disputes
from gridmap.services.brief.spans import Compared, Spans, choices, period_of, settle_spans

__all__ = [
    "Again",
    "Ahead",
    "Area",
    "CategoryRow",
    "Compared",
    "Door",
    "Figure",
    "Figures",
    "Hot",
    "OpenDisputes",
    "Spans",
    "Tier",
    "again_of",
    "choices",
    "festivals_ahead",
    "figures",
    "hot_of",
    "open_disputes",
    "period_of",
    "settle_spans",
]
