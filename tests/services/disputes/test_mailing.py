"""Mail to staff, handed to a real mail server that takes, refuses, hangs, and speaks TLS or does not."""

from __future__ import annotations

import io
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from gridmap.domain.mails import MAILS, EmailNotValid, check_address, message, subject
from gridmap.services.disputes import mailing
from gridmap.services.disputes.mail_clock import keep_mailing
from gridmap.services.disputes.mailing import Server
from gridmap.store import accounts, mails
from gridmap.store.mails import Mail
from tests import makers
from tests.houses import house_of
from tests.mailed import NO_HASH

BODY = {
    "dispute": 17, "number": "M-17", "matter": "dispute", "kind_zh": "邻里纠纷", "kind_en": "Neighbours", "tier": 2,
    "state": "open", "due_at": "2025-06-01T04:00:00+00:00", "timezone": "Asia/Shanghai", "synthetic": True,
}  # fmt: skip


class Post(socketserver.ThreadingTCPServer):
    """A mail server; what it says to RCPT, and whether it hangs after the greeting, is set from outside."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.got: list[tuple[str, list[str], bytes]] = []
        self.logins: list[str] = []
        self.connections = 0
        self.rcpt, self.silent, self.context = "250 ok", False, None
        self.release = threading.Event()

    def server(self, **facts: object) -> Server:
        return Server(
            **{"host": "127.0.0.1", "port": self.server_address[1], "sender": "map@station.lan", "tls": "none", **facts}
        )  # type: ignore[arg-type]

    def letters(self):
        return [message_from_bytes(data, policy=default) for _, _, data in self.got]


class Session(socketserver.StreamRequestHandler):
    server: Post

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.server.connections += 1
        self.secure, self.sender, self.readers = False, "", []
        self.say("220 post.station.lan")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            if self.server.silent:
                self.server.release.wait(60)
                return
            getattr(self, f"do_{word.lower()}", self.do_rset)(rest)
            if word.lower() == "quit" or self.connection.fileno() < 0:
                return

    def do_rset(self, _: str) -> None:
        self.say("250 ok")

    def do_ehlo(self, _: str) -> None:
        plain = self.server.context is not None and not self.secure
        for line in ("250-post.station.lan", "250 STARTTLS" if plain else "250 AUTH PLAIN"):
            self.say(line)

    def do_starttls(self, _: str) -> None:
        self.say("220 go ahead")
        try:
            self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:  # the other side does not trust us, and the socket is closed
            self.rfile, self.wfile = io.BytesIO(), io.BytesIO()
            return
        self.secure = True
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def do_auth(self, rest: str) -> None:
        self.server.logins.append(rest)
        self.say("235 in" if rest == "PLAIN AG1hcABwYXNz" else "535 no")

    def do_mail(self, rest: str) -> None:
        self.sender, self.readers = rest.split("<")[1].split(">", maxsplit=1)[0], []
        self.say("250 ok")

    def do_rcpt(self, rest: str) -> None:
        self.readers.append(rest.split("<")[1].split(">", maxsplit=1)[0])
        self.say(self.server.rcpt)

    def do_data(self, _: str) -> None:
        self.say("354 go on")
        data = b""
        while (part := self.rfile.readline()) != b".\r\n":
            data += part
        self.server.got.append((self.sender, self.readers, data))
        self.say("250 taken")

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def do_quit(self, _: str) -> None:
        self.say("221 bye")


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def house(server_url, template_database):
    """Give one database with a station and an account to every test here."""
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            makers.make_station(session)
            number = accounts.add(
                session, login="wang", display_name="王", role="officer", password_hash=NO_HASH, stations=("S001",)
            )
        yield SimpleNamespace(owner=made.owner, service=made.service, account=number)


@pytest.fixture
def write(house):
    """Return what adds a mail; the table is empty and the account has its address at the beginning of each test."""
    with house.owner.begin() as session:
        session.execute(text("DELETE FROM mail"))
        accounts.set_email(session, house.account, "wang@station.lan")

    def add(event="given", age=timedelta(0), **facts):
        with house.owner.begin() as session:
            return session.scalar(
                text(
                    "INSERT INTO mail (station, account_id, event, body, at) VALUES ('S001', :a, :e, CAST(:b AS jsonb), now() - CAST(:age AS interval)) RETURNING id"
                ),
                {"a": house.account, "e": event, "b": json.dumps({**BODY, **facts}), "age": age},
            )

    return add


def row(house):
    with house.owner() as session:
        return session.execute(
            text("SELECT due_at, arrived_at, tries, problem FROM mail ORDER BY id DESC LIMIT 1")
        ).one()


def test_a_mail_tells_what_until_when_and_where_in_two_languages(house, write, post):
    write()
    (sent,) = mailing.send_due(house.service, post.server(), link="https://map.station.lan")
    assert sent.problem == ""
    ((sender, readers, data),) = post.got
    assert (sender, readers) == ("map@station.lan", ["wang@station.lan"])
    (letter,) = post.letters()
    assert letter["Subject"] == "[gridmap]（演示数据 synthetic） M-17 邻里纠纷 交给您办理 / Neighbours: given to you"
    assert (letter["Auto-Submitted"], letter["To"], letter["From"]) == (
        "auto-generated",
        "wang@station.lan",
        "gridmap <map@station.lan>",
    )
    said = letter.get_content()
    assert "期限: 2025-06-01 12:00 (Asia/Shanghai)" in said
    assert "Until: 2025-06-01 12:00 (Asia/Shanghai)" in said
    assert said.count("https://map.station.lan/desk/17?station=S001") == 2
    assert "synthetic data" in said
    assert data.isascii()
    assert row(house)[0] is None
    assert row(house).arrived_at is not None
    assert mailing.send_due(house.service, post.server()) == [], "and never again"


def test_a_mail_sent_twice_after_a_crash_is_one_for_its_reader(house, write, post):
    write()
    mailing.send_due(house.service, post.server())
    with house.owner.begin() as session:  # as if the worker had died before it could say so
        session.execute(
            text("UPDATE mail SET due_at = now() - interval '1 second', arrived_at = NULL, problem = 'being sent'")
        )
    mailing.send_due(house.service, post.server())
    first, second = post.letters()
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    write()
    mailing.send_due(house.service, post.server())
    third = post.letters()[2]
    assert third["Message-ID"] != first["Message-ID"]
    assert third["References"] == first["References"]


def test_what_a_worker_has_taken_no_other_takes_and_after_its_lease_it_is_free(house, write, post):
    write()
    with house.service() as one, house.service() as other:
        for session in (one, other):
            session.execute(text("SELECT set_config('gridmap.stations', 'S001', true)"))
        assert len(mails.take(one, datetime.now(UTC), limit=5)) == 1
        assert mails.take(other, datetime.now(UTC), limit=5) == []
        one.commit()
    assert mailing.send_due(house.service, post.server()) == []
    with house.owner.begin() as session:
        session.execute(text("UPDATE mail SET due_at = due_at - interval '10 minutes'"))
    assert [sent.problem for sent in mailing.send_due(house.service, post.server())] == [""]


def test_a_server_that_is_away_is_asked_once_a_round_and_later_again(house, write, post):
    write()
    write()
    gone, began = post.server(port=9), datetime.now(UTC)
    (sent,) = mailing.send_due(house.service, gone)
    assert sent.problem == "no mail server: Connection refused"
    assert began <= sent.again - timedelta(seconds=10) <= datetime.now(UTC)
    with house.owner() as session:
        assert session.execute(text("SELECT tries, problem FROM mail ORDER BY id")).all() == [
            (1, sent.problem),
            (0, ""),
        ]
    assert [one.problem for one in mailing.send_due(house.service, post.server())] == [""], (
        "the second waits for nobody"
    )


@pytest.mark.parametrize(("answer", "again"), [("450 later", True), ("550 no such user", False)])
def test_a_mail_that_is_refused_for_good_is_given_up_and_others_go_out(house, write, post, answer, again):
    write()
    post.rcpt = answer
    (sent,) = mailing.send_due(house.service, post.server())
    assert (sent.problem, sent.again is not None) == (f"the mail server answered {answer[:3]}", again)
    post.rcpt = "250 ok"
    write()
    write()
    assert [one.problem for one in mailing.send_due(house.service, post.server())] == ["", ""]
    assert post.connections == 2, "one for each round"


def test_after_a_day_a_mail_is_given_up(house, write, post):
    write(age=timedelta(hours=25))
    post.rcpt = "450 later"
    (sent,) = mailing.send_due(house.service, post.server())
    assert sent.again is None
    assert row(house).problem == "the mail server answered 450"
    assert mailing.prune(house.service, ["S001"], datetime.now(UTC) + timedelta(days=31)) == 1


def test_without_a_server_mails_wait_a_day_and_nothing_fails(house, write, post):
    write(age=timedelta(hours=25))
    write()
    assert mailing.send_due(house.service, None) == []
    with house.owner() as session:
        kept = session.execute(text("SELECT due_at IS NULL, problem FROM mail ORDER BY id")).all()
    assert kept == [(True, mailing.NO_SERVER), (False, "")]
    assert len(mailing.send_due(house.service, post.server())) == 1, "the other goes out when there is one"


def test_who_has_no_address_any_more_gets_nothing(house, write, post):
    write()
    with house.owner.begin() as session:
        accounts.set_email(session, house.account, None)
    (sent,) = mailing.send_due(house.service, post.server())
    assert (sent.problem, sent.again, post.got) == (mailing.NO_ADDRESS, None, [])


def test_a_server_that_hangs_is_left(house, write, post):
    write()
    post.silent = True
    (sent,) = mailing.send_due(house.service, post.server(timeout_s=0.3))
    assert sent.problem.startswith("no mail server: ")


def test_with_starttls_the_user_logs_in_and_nothing_goes_out_without_it(house, write, post, certificate):
    write()
    (plain,) = mailing.send_due(house.service, post.server(tls="starttls", user="map", password="pass"))
    assert plain.problem == "the mail server offers no STARTTLS or no log-in"
    assert (post.got, post.logins) == ([], [])
    post.context, trust = certificate
    write()
    assert [one.problem for one in mailing.send_due(house.service, post.server(tls="starttls"))] == [
        "the mail server's certificate is not trusted"
    ]
    write()
    secure = post.server(tls="starttls", user="map", password="pass", host="localhost")
    assert [one.problem for one in mailing.send_due(house.service, secure, trust=trust)] == [""]
    write()
    wrong = post.server(tls="starttls", user="map", password="none", host="localhost")
    (sent,) = mailing.send_due(house.service, wrong, trust=trust)
    assert sent.problem == "the mail server does not take the user or the password"
    assert "none" not in repr(wrong)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return the server's side and the reader's side of a certificate made now, for localhost."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return ours, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_the_thread_sends_by_itself_and_stops(house, write, post):
    write()
    write(age=timedelta(hours=25), kind_zh="劳资纠纷")
    stop, said = threading.Event(), []
    clock = threading.Thread(
        target=keep_mailing,
        args=(house.service.kw["bind"], post.server(), stop),
        kwargs={"tell": lambda *one: said.append(one)},
    )
    clock.start()
    for _ in range(1_200):
        if len(post.got) == 2:
            break
        stop.wait(0.05)
    stop.set()
    clock.join(60)
    assert not clock.is_alive()
    assert (len(post.got), said) == (2, [])


@pytest.mark.parametrize("event", list(MAILS))
def test_no_header_can_be_smuggled_in_and_every_mail_has_words(event):
    evil = {**BODY, "number": "M-1\r\nBcc: all@world", "kind_zh": "a\nb", "kind_en": "c\u2028d\x00", "stage": "desk"}
    made = mailing.compose(Mail(1, "S001", "a@b", event, evil, datetime(2025, 6, 1, tzinfo=UTC), 1), Server("h"))
    assert made["Bcc"] is None
    assert len(subject(event, evil).splitlines()) == 1
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    }  # fmt: skip
    assert "\nBcc" not in message(event, evil, "", "S001")


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b", "a b@c", "a@b\nBcc: c@d", "<a@b>", "a@b,c@d", "王@b", "a@" + "b" * 300]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(EmailNotValid):
        check_address(address)
