"""All tables; importing this package fills `Base.metadata`."""

from gridmap.store.tables.accounts import ROLES, Account, AccountStation, Audit, LogIn
from gridmap.store.tables.addresses import PLATE_STATES, Address, Assignment, Plate
from gridmap.store.tables.analyses import (
    FACILITY_KINDS,
    VISIT_PURPOSES,
    Analysis,
    DataChange,
    Facility,
    Visit,
    ZoneShape,
)
from gridmap.store.tables.base import Base
from gridmap.store.tables.drafts import (
    AllowedGap,
    Comment,
    DraftChange,
    DraftEvent,
    Presence,
    Proposal,
    ProposalOption,
    ZoneLock,
)
from gridmap.store.tables.incidents import DISPUTE_STATES, Dispute, DisputeEvent, Incident, IncidentCategory
from gridmap.store.tables.people import POSTING_ROLES, Leave, Person, Posting, Shift
from gridmap.store.tables.zones import EDITION_STATES, Beat, Edition, EditionPeriod, GridCell, Place, Road, Station

__all__ = [
    "DISPUTE_STATES",
    "EDITION_STATES",
    "FACILITY_KINDS",
    "PLATE_STATES",
    "POSTING_ROLES",
    "ROLES",
    "VISIT_PURPOSES",
    "Account",
    "AccountStation",
    "Address",
    "AllowedGap",
    "Analysis",
    "Assignment",
    "Audit",
    "Base",
    "Beat",
    "Comment",
    "DataChange",
    "Dispute",
    "DisputeEvent",
    "DraftChange",
    "DraftEvent",
    "Edition",
    "EditionPeriod",
    "Facility",
    "GridCell",
    "Incident",
    "IncidentCategory",
    "Leave",
    "LogIn",
    "Person",
    "Place",
    "Plate",
    "Posting",
    "Presence",
    "Proposal",
    "ProposalOption",
    "Road",
    "Shift",
    "Station",
    "Visit",
    "ZoneLock",
    "ZoneShape",
]
