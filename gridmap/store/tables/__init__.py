"""All tables; importing this package fills `Base.metadata`."""

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.tables.accounts import ROLES, Account, AccountStation, Audit, LogIn
from gridmap.store.tables.addresses import Address, Assignment, DoorNote, Plate, PlateStep
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
from gridmap.store.tables.hooks import WebHook, WebHookDelivery
from gridmap.store.tables.incidents import DISPUTE_STATES, Dispute, DisputeEvent, Incident, IncidentCategory
from gridmap.store.tables.notices import NOTICE_KINDS, BeatNeighbour, Notice
from gridmap.store.tables.people import POSTING_ROLES, Leave, Person, PersonPhoto, Posting, Shift
from gridmap.store.tables.reports import (
    REPORT_KINDS,
    REPORT_STATES,
    REPORT_STEPS,
    Report,
    ReportContact,
    ReportEvent,
    ReportPhoto,
)
from gridmap.store.tables.zones import EDITION_STATES, Beat, Edition, EditionPeriod, GridCell, Place, Road, Station

__all__ = [
    "DISPUTE_STATES",
    "EDITION_STATES",
    "FACILITY_KINDS",
    "NOTICE_KINDS",
    "PLATE_STATES",
    "POSTING_ROLES",
    "REPORT_KINDS",
    "REPORT_STATES",
    "REPORT_STEPS",
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
    "BeatNeighbour",
    "Comment",
    "DataChange",
    "Dispute",
    "DisputeEvent",
    "DoorNote",
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
    "Notice",
    "Person",
    "PersonPhoto",
    "Place",
    "Plate",
    "PlateStep",
    "Posting",
    "Presence",
    "Proposal",
    "ProposalOption",
    "Report",
    "ReportContact",
    "ReportEvent",
    "ReportPhoto",
    "Road",
    "Shift",
    "Station",
    "Visit",
    "WebHook",
    "WebHookDelivery",
    "ZoneLock",
    "ZoneShape",
]
