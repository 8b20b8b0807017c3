"""Where an incident came to the station's knowledge from, and why that matters to what is learned from it.

An incident that a patrol starts says where the patrol was. A forecast that learned from it would send the next patrol to
the same street and find its own opinion confirmed (Ensign et al. 2018, "Runaway Feedback Loops in Predictive Policing",
PMLR 81, 160-171). What residents report is kept apart.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

#: Every source an incident can have, as the database knows them.
SOURCES: Final = ("call", "visit", "patrol", "resident", "import")


class Origin(StrEnum):
    """Who brought an incident up: residents who reported it, or officers who went and looked."""

    ALL = "all"
    REPORTED = "reported"
    STARTED = "started"


OF_ORIGIN: Final[dict[Origin, tuple[str, ...]]] = {
    Origin.ALL: SOURCES,
    Origin.REPORTED: ("call", "resident", "import"),
    Origin.STARTED: ("visit", "patrol"),
}
"""Sources by origin. What was loaded from a record without a source counts as reported: calls are what records hold."""
