"""Roles, actions and scope."""

from __future__ import annotations

import pytest

from gridmap.domain.access import (
    PERMISSIONS,
    Action,
    Actor,
    NobodyLoggedIn,
    Role,
    RoleMayNot,
    StationNotInScope,
    require_action,
    require_station,
)
from gridmap.store.tables import ROLES


def actor(role: Role, *stations: str) -> Actor:
    return Actor(1, "somebody", "Somebody", role, stations)


def test_the_table_names_every_role_the_database_allows():
    assert sorted(PERMISSIONS) == sorted(Role) == sorted(ROLES)


def test_every_action_is_somebodys_and_nobody_may_do_everything():
    assert set().union(*PERMISSIONS.values()) == set(Action)
    assert all(allowed < set(Action) for allowed in PERMISSIONS.values())


def test_who_manages_accounts_reads_no_incident_and_who_audits_changes_nothing():
    cases = {Action.READ_INCIDENTS, Action.READ_DISPUTES, Action.READ_PHONES, Action.READ_ADDRESSES}
    changes = {Action.DRAW_DRAFT, Action.PUBLISH, Action.WITHDRAW, Action.ISSUE_PLATES, Action.MANAGE_ACCOUNTS}
    for role, allowed in PERMISSIONS.items():
        if Action.MANAGE_ACCOUNTS in allowed:
            assert not allowed & cases, role
    assert not PERMISSIONS[Role.AUDITOR] & (changes | cases)


def test_a_telephone_number_is_read_only_by_those_who_read_people():
    for role, allowed in PERMISSIONS.items():
        assert Action.READ_PHONES not in allowed or Action.READ_PEOPLE in allowed, role


def test_nobody_is_told_to_log_in_before_anything_else():
    with pytest.raises(NobodyLoggedIn):
        require_action(None, Action.READ_ZONES)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role):
    somebody = actor(role)
    for action in Action:
        if action in PERMISSIONS[role]:
            assert require_action(somebody, action) is somebody
        else:
            with pytest.raises(RoleMayNot):
                require_action(somebody, action)


def test_a_station_outside_the_scope_does_not_exist():
    assert require_station(actor(Role.OFFICER, "S001", "S002"), "S002") == "S002"
    with pytest.raises(StationNotInScope, match="S003"):
        require_station(actor(Role.OFFICER, "S001"), "S003")
