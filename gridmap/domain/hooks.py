"""Web hooks: what a station's own messenger may be told of, how long it is tried, and how a message is signed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from gridmap.domain import dispute_words, reports
from gridmap.errors import Invalid

#: What staff write to a group; a report that nobody takes up.
GROUP_MESSAGE: Final = "group_message"
UNANSWERED: Final = "unanswered"
#: What a hook may want: each step of a report, of a dispute; "test" is sent by hand alone.
EVENTS: Final = (*reports.STEPS, UNANSWERED, *(f"dispute_{step}" for step in dispute_words.STEPS), GROUP_MESSAGE)
#: What a hook of a group may want: what is told by trade.
GROUP_EVENTS: Final = frozenset(one for one in EVENTS if one.startswith("dispute_") or one == GROUP_MESSAGE)
TEST: Final = "test"
#: The first wait after a failure, the longest, and when a message is given up.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVEN_UP: Final = timedelta(hours=24)
LONGEST_URL: Final = 500


class HookNotValid(Invalid):
    """The address or the events of a web hook are not usable."""

    slug, title = "hook-not-valid", "The web hook is not valid"


def check_url(url: str) -> str:
    """Return the address of a hook.

    Raises
    ------
    HookNotValid
        If it is no plain http(s) address; a name or password inside it would stand in every log.

    Examples
    --------
    >>> check_url("http://messenger.station.lan:8080/in?room=7")
    'http://messenger.station.lan:8080/in?room=7'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise HookNotValid("the address is http://host[:port]/path or https://…") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or not plain:
        raise HookNotValid("the address is http://host[:port]/path or https://…")
    if parts.username is not None or parts.fragment:
        raise HookNotValid("the address of a hook has no name, password or # in it; messages are signed instead")
    return url


def check_events(events: tuple[str, ...]) -> tuple[str, ...]:
    """Return the events a hook wants, each once.

    Raises
    ------
    HookNotValid
        If there is none, or one that does not exist.
    """
    strange = [one for one in events if one not in EVENTS]
    if strange or not events:
        raise HookNotValid(f"no event {', '.join(strange) or 'given'}; there are {', '.join(EVENTS)}")
    return tuple(dict.fromkeys(events))


def check_groups(groups: tuple[str, ...], known: Collection[str], events: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups a hook belongs to, each once; none: it is told of everything.

    Parameters
    ----------
    known
        The groups that the loop of the hook's station names.

    Raises
    ------
    HookNotValid
        If the loop does not name a group, or a group's hook wants what is not told by group.

    Examples
    --------
    >>> check_groups(("couriers", "couriers"), {"couriers", "hotels"}, ("group_message",))
    ('couriers',)
    """
    strange = [one for one in groups if one not in known]
    if strange:
        there = ", ".join(sorted(known)) or "none"
        raise HookNotValid(f"the station's loop names no group {', '.join(strange)}; there are: {there}")
    beyond = [one for one in events if one not in GROUP_EVENTS]
    if groups and beyond:
        raise HookNotValid(f"groups are told of disputes and messages, not of {', '.join(beyond)}")
    return tuple(dict.fromkeys(groups))


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries: 10 s, twice as long each time, an hour at most.

    >>> [int(wait_after(n).total_seconds()) for n in (1, 2, 3, 9, 10, 100)]
    [10, 20, 40, 2560, 3600, 3600]
    """
    doublings = min(max(tries, 1) - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA-256 over `timestamp.body`, so that neither can be exchanged.

    References
    ----------
    RFC 2104 (HMAC); FIPS 180-4 (SHA-256).

    Examples
    --------
    >>> sign("key", 1735689600, b"{}")[:20]
    'sha256=18a6a644b6c3e'
    """
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"
