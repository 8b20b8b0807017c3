"""Who may do what: the roles, the actions, the one table that joins them, and the person who asks.

A role says *what* a person may do, the scope (数据范围) *where*: the stations whose rows they may read. Both must allow.
Scope is by station, and for what is analysed narrower still: a grid member sees the zones and colleagues of the whole
station, but hotspots and gaps only of the grid cells they are posted to, and no door, incident or dispute by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gridmap.errors import Forbidden, NotFound, NotLoggedIn


class Role(StrEnum):
    """What somebody who can log in is."""

    PLANNER = "planner"
    OFFICER = "officer"
    GRID_MEMBER = "grid_member"
    MEDIATOR = "mediator"
    COMMANDER = "commander"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody may do; each endpoint asks for one."""

    READ_ZONES = "read zones"
    READ_DRAFTS = "read drafts"
    DRAW_DRAFT = "draw a draft"
    COMMENT = "comment on a draft"
    REVIEW = "approve or give back a draft"
    PUBLISH = "publish an edition"
    WITHDRAW = "withdraw an edition"
    READ_ADDRESSES = "read addresses"
    READ_PLATES = "read plates"
    ISSUE_PLATES = "issue plates"
    RESOLVE = "resolve points"
    READ_ANALYSES = "read coverage gaps and hotspots"
    READ_OWN_ANALYSES = "read coverage gaps and hotspots of one's own grid cells"
    READ_INCIDENTS = "read incidents"
    READ_DISPUTES = "read disputes"
    READ_PEOPLE = "read people and postings"
    READ_PHONES = "read people's telephone numbers"
    READ_AUDIT = "read the audit"
    MANAGE_ACCOUNTS = "manage accounts"
    READ_DOORS = "read a door's own page"
    RECORD_VISITS = "record visits"
    WRITE_NOTES = "write notes about doors"
    INSTALL_PLATES = "install and report plates"
    READ_REPORTS = "read residents' reports"
    WORK_REPORTS = "work on residents' reports"
    READ_CONTACTS = "read how to reach a reporter"
    USE_DESK = "use the desk of disputes"
    OPEN_DISPUTES = "open disputes, tips and hazards"
    WORK_DISPUTES = "work on disputes"
    READ_PARTIES = "read who the parties of a dispute are"
    READ_FIGURES = "read the figures of disputes"
    MANAGE_NOTICES = "post notices"
    MANAGE_HOOKS = "manage web hooks"


A = Action
PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.PLANNER: frozenset({
        A.READ_ZONES, A.READ_DRAFTS, A.DRAW_DRAFT, A.COMMENT, A.REVIEW, A.PUBLISH, A.WITHDRAW, A.READ_ADDRESSES, A.READ_PLATES,
        A.ISSUE_PLATES, A.RESOLVE, A.READ_ANALYSES, A.READ_OWN_ANALYSES, A.READ_PEOPLE, A.INSTALL_PLATES, A.MANAGE_NOTICES,
    }),
    Role.OFFICER: frozenset({
        A.READ_ZONES, A.READ_ADDRESSES, A.READ_PLATES, A.RESOLVE, A.READ_ANALYSES, A.READ_OWN_ANALYSES,
        A.READ_INCIDENTS, A.READ_DISPUTES, A.READ_PEOPLE, A.READ_PHONES, A.READ_DOORS, A.RECORD_VISITS, A.WRITE_NOTES,
        A.INSTALL_PLATES, A.READ_REPORTS, A.WORK_REPORTS, A.READ_CONTACTS, A.MANAGE_NOTICES,
        A.USE_DESK, A.OPEN_DISPUTES, A.WORK_DISPUTES, A.READ_PARTIES, A.READ_FIGURES,
    }),
    Role.GRID_MEMBER: frozenset({
        A.READ_ZONES, A.RESOLVE, A.READ_OWN_ANALYSES, A.READ_PEOPLE, A.READ_PHONES, A.READ_DOORS, A.RECORD_VISITS,
        A.WRITE_NOTES, A.INSTALL_PLATES, A.READ_REPORTS, A.WORK_REPORTS, A.READ_CONTACTS,
        A.USE_DESK, A.OPEN_DISPUTES, A.WORK_DISPUTES, A.READ_PARTIES,
    }),
    Role.MEDIATOR: frozenset({
        A.READ_ZONES, A.READ_PEOPLE, A.READ_PHONES, A.USE_DESK, A.OPEN_DISPUTES, A.WORK_DISPUTES, A.READ_PARTIES,
    }),
    Role.COMMANDER: frozenset({
        A.READ_ZONES, A.READ_DRAFTS, A.COMMENT, A.REVIEW, A.PUBLISH, A.WITHDRAW, A.READ_ADDRESSES, A.READ_PLATES, A.RESOLVE,
        A.READ_ANALYSES, A.READ_OWN_ANALYSES, A.READ_INCIDENTS, A.READ_DISPUTES, A.READ_PEOPLE, A.READ_PHONES,
        A.READ_DOORS, A.READ_REPORTS, A.MANAGE_NOTICES, A.USE_DESK, A.OPEN_DISPUTES, A.WORK_DISPUTES, A.READ_PARTIES,
        A.READ_FIGURES,
    }),
    Role.AUDITOR: frozenset({A.READ_ZONES, A.READ_DRAFTS, A.READ_AUDIT}),
    Role.ADMIN: frozenset({A.READ_ZONES, A.READ_PEOPLE, A.READ_AUDIT, A.MANAGE_ACCOUNTS, A.MANAGE_HOOKS}),
}  # fmt: skip
"""What each role may do; what is not here is not allowed. Who manages accounts reads no incident; who audits changes
nothing."""
del A


class RoleMayNot(Forbidden):
    """The person's role does not include this action."""

    slug, title = "role-may-not", "Your role does not include this"


class StationNotInScope(NotFound):
    """There is no such station, or it is outside the person's scope; which of the two is not told."""

    slug, title = "station-not-in-scope", "There is no such station in your scope"


class NobodyLoggedIn(NotLoggedIn):
    """The request needs somebody who is logged in."""

    slug, title = "nobody-logged-in", "Log in first"


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who asks: an account, its role and its scope, as of this request."""

    account_id: int
    login: str
    display_name: str
    role: Role
    stations: tuple[str, ...] = field(default=())
    person_id: int | None = None
    demo: bool = False

    def may(self, action: Action) -> bool:
        """Return whether this person's role includes `action`."""
        return action in PERMISSIONS[self.role]


def require_action(actor: Actor | None, action: Action) -> Actor:
    """Return `actor` if somebody is logged in and may do `action`.

    Raises
    ------
    NobodyLoggedIn
        If nobody is logged in.
    RoleMayNot
        If the role does not include the action; the same for every station, so it tells nothing about any.

    Examples
    --------
    >>> require_action(Actor(1, "auditor", "审计", Role.AUDITOR), Action.READ_AUDIT).login
    'auditor'
    """
    if actor is None:
        raise NobodyLoggedIn("nobody is logged in; log in and ask again")
    if not actor.may(action):
        raise RoleMayNot(f"the role {actor.role} may not {action}", role=str(actor.role), action=str(action))
    return actor


def require_station(actor: Actor, station: str) -> str:
    """Return `station` if it is in the scope of `actor`.

    Raises
    ------
    StationNotInScope
        If it is not, or does not exist: the reply is the same.
    """
    if station not in actor.stations:
        raise StationNotInScope(f"no station {station} in your scope", station=station)
    return station
