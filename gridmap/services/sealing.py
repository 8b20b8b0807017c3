"""Seal what few may read (how to reach a reporter, the key of a web hook) before it goes into the database.

The key lies outside the database, so a copy of the database alone tells nothing. Each text is bound to its context
("report 17"): sealed bytes moved to another row do not open.

A *print* tells whether two texts are the same and nothing else: a keyed digest, its key derived from the sealing key.

References
----------
NIST SP 800-38D (2007), "Galois/Counter Mode": a fresh random nonce of 96 bits for each text.
RFC 5869 (2010), "HKDF": a key for another purpose from one that is there; RFC 2104 (1997), "HMAC".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from gridmap.errors import Conflict, Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
#: The first byte names the way it was sealed, so that a later way can be told from this one.
AES_256_GCM: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
PRINT_BYTES: Final = 16


class SealKeyNotValid(Invalid):
    """The key for sealing is not one."""

    slug, title = "seal-key-not-valid", "The sealing key is not usable"


class SealBroken(Conflict):
    """Sealed bytes do not open: another key, another row, or changed."""

    slug, title = "seal-broken", "What was sealed cannot be opened"


class Sealer:
    """Seals and opens short texts with one key (AES-256-GCM)."""

    def __init__(self, key: bytes) -> None:
        """Take the key: 32 random bytes.

        Raises
        ------
        SealKeyNotValid
            If it has another length.
        """
        if len(key) != KEY_BYTES:
            raise SealKeyNotValid(f"the sealing key has {KEY_BYTES} bytes, this has {len(key)}", bytes=len(key))
        self._key = key

    def __repr__(self) -> str:
        """Say nothing of the key."""
        return "Sealer(…)"

    def _cipher(self) -> AESGCM:
        # Loaded when the first text is sealed: a process that only answers scans never needs its 9 MB.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return AESGCM(self._key)

    def seal(self, text: str, context: str) -> bytes:
        """Return `text` sealed for `context`; the same text sealed twice looks different.

        Examples
        --------
        >>> sealer = Sealer(bytes(32))
        >>> sealer.open(sealer.seal("0000-110", "report 17"), "report 17")
        '0000-110'
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        return AES_256_GCM + nonce + self._cipher().encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """Return the text that was sealed for `context`.

        Raises
        ------
        SealBroken
            If the bytes were sealed with another key or for another context, or have changed since.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # see `_cipher`

        if sealed[:1] != AES_256_GCM or len(sealed) < 1 + NONCE_BYTES + TAG_BYTES:
            raise SealBroken("these bytes were not sealed by gridmap")
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher().decrypt(nonce, body, context.encode()).decode()
        except InvalidTag:
            raise SealBroken("it was sealed with another key or for another row, or has changed since") from None

    def print(self, text: str, purpose: str) -> bytes:
        """Return a digest of 16 bytes: equal for equal texts of one purpose ("party S001"), telling no text.

        Numbers of people are few enough to try them all, so the digest is keyed: without the key, nobody can.

        Examples
        --------
        >>> sealer = Sealer(bytes(32))
        >>> sealer.print("0000-110", "party") == sealer.print("0000-110", "party") != sealer.print("0000-110", "door")
        True
        """
        derived = hmac.digest(bytes(hashlib.sha256().digest_size), self._key, "sha256")
        key = hmac.digest(derived, b"gridmap print 1 " + purpose.encode() + b"\x01", "sha256")
        return hmac.digest(key, text.encode(), "sha256")[:PRINT_BYTES]
