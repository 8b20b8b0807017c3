"""Work on a draft: change it, undo and redo, lock zones, see who is there and what a change does."""

from gridmap.services.drafts.history import redo, roll_back, undo
from gridmap.services.drafts.make import edit, give_place, replace
from gridmap.services.drafts.people import keep_presence, lock_zone, unlock_zone
from gridmap.services.drafts.record import DraftMoved, ZoneLocked, lock, told
from gridmap.services.drafts.state import Done, Draft, open_state

__all__ = [
    "Done",
    "Draft",
    "DraftMoved",
    "ZoneLocked",
    "edit",
    "give_place",
    "keep_presence",
    "lock",
    "lock_zone",
    "open_state",
    "redo",
    "replace",
    "roll_back",
    "told",
    "undo",
    "unlock_zone",
]
