"""The keys that sign lists of plates: one is used, those before it are still known, so that older lists can be checked.

A key lies in a file of its own in the data folder that only its owner may read: `plate-list-key-1`, `-2`, …; the highest is
in use. When the next is made, the private half of the one before is destroyed and its public half stays, with its dates.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gridmap.errors import Invalid

STEM: Final = "plate-list-key-"
ID_DIGITS: Final = 16
PUBLIC_BYTES: Final = 32
#: (name of a secret, how to make it) -> its text; it is made once, and only its owner may read it.
Keep = Callable[[str, Callable[[], str]], str]


class ListKeyNotValid(Invalid):
    """What was given is not a public key of a signed list, or a key's file cannot be read."""

    slug, title = "list-key-not-valid", "This is not a key for lists of plates"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key (Ed25519): its 32 bytes, the id that lists name it by, and from when to when it signed."""

    public: bytes
    since: datetime | None = None
    until: datetime | None = None

    @property
    def id(self) -> str:
        """The id: the first 16 hexadecimal digits of the key's SHA-256."""
        return hashlib.sha256(self.public).hexdigest()[:ID_DIGITS]

    @property
    def text(self) -> str:
        """The key as it is handed around: 64 hexadecimal digits."""
        return self.public.hex()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key in use."""

    private: Ed25519PrivateKey
    known: PublicKey

    def __repr__(self) -> str:
        """Say nothing of the private half."""
        return f"SigningKey({self.known.id})"


def in_use(folder: Path, keep: Keep) -> SigningKey:
    """Return the key in use, made at first."""
    number = max(_numbers(folder), default=1)
    return _signing(_read(keep(f"{STEM}{number}", _make), f"{STEM}{number}"), f"{STEM}{number}")


def rotate(folder: Path, keep: Keep) -> SigningKey:
    """Make the next key and destroy the private half of the one before; return the new one."""
    before = in_use(folder, keep).known
    last = max(_numbers(folder))
    name = f"{STEM}{last + 1}"
    made = _signing(_read(keep(name, _make), name), name)
    _forget_private(folder / f"{STEM}{last}", PublicKey(before.public, before.since, made.known.since))
    return made


def known(folder: Path) -> list[PublicKey]:
    """Return every key that ever signed here, oldest first; none where no list was signed yet."""
    return [_public(_read(path.read_text(encoding="utf-8"), path.name), path.name) for path in _files(folder)]


def read_public(text: str) -> PublicKey:
    """Return the public key that `text` holds: 64 hexadecimal digits, spaces forgiven.

    Raises
    ------
    ListKeyNotValid
    """
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != PUBLIC_BYTES:
        raise ListKeyNotValid("a public key is 64 hexadecimal digits, as `gridmap plates key` prints it")
    return PublicKey(raw)


def by_id(keys: Iterable[PublicKey]) -> dict[str, PublicKey]:
    """Return keys by the id that lists name them by."""
    return {key.id: key for key in keys}


def _make() -> str:
    key = Ed25519PrivateKey.generate()
    facts = {
        "private": key.private_bytes_raw().hex(),
        "public": key.public_key().public_bytes_raw().hex(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(facts)


def _forget_private(path: Path, key: PublicKey) -> None:
    """Write a key's file anew with its public half alone."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.touch(0o600)
    since, until = (None if at is None else at.isoformat(timespec="seconds") for at in (key.since, key.until))
    aside.write_text(json.dumps({"public": key.text, "since": since, "until": until}), encoding="utf-8")
    aside.replace(path)


def _numbers(folder: Path) -> Iterator[int]:
    for path in folder.glob(f"{STEM}*"):
        with contextlib.suppress(ValueError):
            yield int(path.name.removeprefix(STEM))


def _files(folder: Path) -> list[Path]:
    return [folder / f"{STEM}{number}" for number in sorted(_numbers(folder))]


def _read(text: str, name: str) -> dict[str, str]:
    try:
        facts = json.loads(text)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise ListKeyNotValid(f"{name} in the data folder is not a key's file; restore it from a backup")
    return facts


def _public(facts: Mapping[str, str | None], name: str) -> PublicKey:
    try:
        since, until = (
            None if facts.get(end) is None else datetime.fromisoformat(str(facts[end])) for end in ("since", "until")
        )
        key = read_public(str(facts["public"]))
        Ed25519PublicKey.from_public_bytes(key.public)
    except (KeyError, ValueError, ListKeyNotValid) as error:
        raise ListKeyNotValid(f"{name} in the data folder is not a key's file; restore it from a backup") from error
    return PublicKey(key.public, since, until)


def _signing(facts: Mapping[str, str | None], name: str) -> SigningKey:
    known_as = _public(facts, name)
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(str(facts["private"])))
    except (KeyError, ValueError) as error:
        raise ListKeyNotValid(f"{name} in the data folder has no private half; make the next key") from error
    if private.public_key().public_bytes_raw() != known_as.public:
        raise ListKeyNotValid(f"the halves of {name} in the data folder do not fit; restore it from a backup")
    return SigningKey(private, known_as)
