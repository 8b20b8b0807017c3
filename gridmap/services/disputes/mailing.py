"""Mail to staff: what is theirs to do, handed to the network's own mail server until it has taken it.

A mail is written in the transaction of the step (`store.dispute_notes`), so none is lost and none is sent of what did not
happen. At least once: a mail sent by a worker that died before it could say so goes out again, with the same Message-ID
and date, so that the reader's mailbox keeps one.

References
----------
RFC 5321 (SMTP); RFC 3207 (STARTTLS); RFC 3834 ("Auto-Submitted": no robot answers); RFC 5322, 3.6.4 (Message-ID).
"""

from __future__ import annotations

import smtplib
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain import hooks as waits
from gridmap.domain import mails as words
from gridmap.domain.mails import EmailNotValid, check_address
from gridmap.store import mails
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.mails import Mail

#: How long one reply of the mail server may take [s].
TIMEOUT_S: Final = 10.0
#: Mails that are taken at once, and how long they may take in all before the rest is put back [s].
AT_ONCE: Final = 20
LONGEST_ROUND_S: Final = 240.0
LONGEST_PROBLEM: Final = 200
KEPT: Final = timedelta(days=30)
NO_SERVER: Final = "no mail server is set"
NO_ADDRESS: Final = "the account has no address any more"


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server. `sender`: the address mails come from; `tls`: spoken from the start, after STARTTLS, or not."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = "gridmap@localhost"
    tls: Literal["starttls", "tls", "none"] = "starttls"
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one mail; `problem` is empty where the server took it, `again` when it is tried again."""

    mail: Mail
    problem: str
    again: datetime | None


def send_due(
    sessions: sessionmaker[Session], server: Server | None, *, link: str = "", trust: ssl.SSLContext | None = None
) -> list[Sent]:
    """Send the mails that are due, one connection for all of them.

    Parameters
    ----------
    sessions
        The service's; each short transaction is in the scope of one station.
    server
        None where none is set: mails wait, and are given up after a day.
    link
        Where staff work, "https://host"; with it a mail says where its dispute is.
    trust
        Whose certificates are believed; the machine's own authorities where none is given.

    Returns
    -------
    sent
        What was tried. Without a connection nothing more is tried in this round.
    """
    now = datetime.now(UTC)
    with named_errors(), sessions.begin() as session:
        stations = mails.waiting_stations(session)
    if server is None:
        _give_up(sessions, stations, now)
        return []
    done: list[Sent] = []
    connection: smtplib.SMTP | None = None
    ends = time.monotonic() + LONGEST_ROUND_S
    try:
        for station in stations:
            with named_errors(), sessions.begin() as session:
                enter_scope(session, [station])
                taken = mails.take(session, now, limit=AT_ONCE)
            for number, mail in enumerate(taken):
                if time.monotonic() > ends:
                    _put_back(sessions, taken[number:])
                    return done
                problem, final = "", False
                try:
                    connection = connection or _connect(server, trust)
                    problem, final = _send(connection, mail, server, link)
                except (OSError, smtplib.SMTPException, ssl.SSLError, ValueError) as error:
                    done.append(_settle(sessions, mail, _why(error), final=False))
                    _put_back(sessions, taken[number + 1 :])
                    return done
                done.append(_settle(sessions, mail, problem, final=final))
    finally:
        if connection is not None:
            _close(connection)
    return done


def prune(sessions: sessionmaker[Session], stations: list[str], now: datetime) -> int:
    """Delete mails that are done for long; return how many."""
    with named_errors(), sessions.begin() as session:
        enter_scope(session, stations)
        return mails.prune(session, now - KEPT)


def compose(mail: Mail, server: Server, link: str = "") -> EmailMessage:
    """Return a mail as it is sent; the same each time it is.

    Raises
    ------
    EmailNotValid
        If the address of the reader or the sender is none.
    """
    reader, sender = check_address(mail.address or ""), check_address(server.sender)
    host = sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("gridmap", addr_spec=sender)
    made["To"] = Address(addr_spec=reader)
    made["Subject"] = words.subject(mail.event, mail.body)
    made["Date"] = format_datetime(mail.at.astimezone(UTC))
    made["Message-ID"] = f"<gridmap.{mail.id}.{round(mail.at.timestamp() * 1e6)}@{host}>"
    if "dispute" in mail.body:
        # Mails of one dispute stand together in the reader's mailbox.
        made["References"] = f"<gridmap.dispute.{int(mail.body['dispute'])}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(words.message(mail.event, mail.body, link, mail.station), charset="utf-8", cte="base64")
    return made


def _connect(server: Server, trust: ssl.SSLContext | None) -> smtplib.SMTP:
    context = trust or ssl.create_default_context()
    if server.tls == "tls":
        opened: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_s, context=context, local_hostname="gridmap"
        )
    else:
        opened = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s, local_hostname="gridmap")
    try:
        if server.tls == "starttls":
            opened.starttls(context=context)  # refused by the server: an error, never plain text
        if server.user:
            opened.login(server.user, server.password)
    except BaseException:
        _close(opened)
        raise
    return opened


def _send(connection: smtplib.SMTP, mail: Mail, server: Server, link: str) -> tuple[str, bool]:
    """Send one mail; return the problem, and whether it is for good: another mail may still go out.

    Raises
    ------
    smtplib.SMTPException, OSError
        If the connection is of no more use.
    """
    if mail.address is None:
        return NO_ADDRESS, True
    try:
        made = compose(mail, server, link)
    except EmailNotValid as error:
        return error.detail, True
    except (LookupError, TypeError, ValueError) as error:
        return f"the mail cannot be written: {type(error).__name__}", True
    try:
        connection.send_message(made, from_addr=server.sender, to_addrs=[mail.address])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        code = _code(error)
        return f"the mail server answered {code}", 500 <= code < 600
    return "", False


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((int(code) for code, _ in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0))


def _why(error: Exception) -> str:
    """Return what went wrong in words of ours: a server's own may hold an address."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "the mail server does not take the user or the password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the mail server offers no STARTTLS or no log-in"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the mail server's certificate is not trusted"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    said = getattr(error, "strerror", None) or type(error).__name__
    return f"no mail server: {said}"[:LONGEST_PROBLEM]


def _close(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _settle(sessions: sessionmaker[Session], mail: Mail, problem: str, *, final: bool) -> Sent:
    now = datetime.now(UTC)
    again = None
    if problem and not final and now - mail.at < waits.GIVEN_UP:
        again = now + waits.wait_after(mail.tries)
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [mail.station])
        if problem:
            mails.failed(session, mail.id, problem, again)
        else:
            mails.arrived(session, mail.id)
    return Sent(mail, problem, again)


def _put_back(sessions: sessionmaker[Session], rest: list[Mail]) -> None:
    if rest:
        with named_errors(), sessions.begin() as session:
            enter_scope(session, [rest[0].station])
            for mail in rest:
                mails.put_back(session, mail.id, datetime.now(UTC))


def _give_up(sessions: sessionmaker[Session], stations: list[str], now: datetime) -> None:
    if stations:
        with named_errors(), sessions.begin() as session:
            enter_scope(session, stations)
            mails.give_up(session, now - waits.GIVEN_UP, NO_SERVER)
