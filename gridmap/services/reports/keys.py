"""What a report needs of the service's secret: the receipt's code, the form's token, and where a sending came from.

Each use has a key of its own, derived from the one secret, so that no value made for one use serves another.

References
----------
RFC 2104 (1997), "HMAC: Keyed-Hashing for Message Authentication".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

from gridmap.domain.codes import PlateCodeNotValid, number_code, parse_plate_code
from gridmap.errors import Invalid

#: How long a form may lie open [minutes].
FORM_MINUTES: Final = 120
#: A receipt's code met by chance is drawn anew; with a million reports that happens once in two thousand years of them.
TRIES: Final = 4
_BITS: Final = 50


class FormTokenOld(Invalid):
    """The form was open for too long, or was not made by this service."""

    slug, title = "form-token-old", "The form is too old; send it once more"


class ReceiptCodeNotValid(Invalid):
    """The receipt's code is mistyped or misread."""

    slug, title = "receipt-code-not-valid", "This is not a receipt's code"


class Keys:
    """Derives all that is secret about reports from the service's secret."""

    def __init__(self, secret: str) -> None:
        self._root = hashlib.sha256(b"gridmap reports\n" + secret.encode()).digest()

    def __repr__(self) -> str:
        """Say nothing of the secret."""
        return "Keys(…)"

    def _mac(self, use: str, *parts: str) -> bytes:
        key = hmac.digest(self._root, use.encode(), "sha256")
        return hmac.digest(key, "\n".join(parts).encode(), "sha256")

    def receipt(self, plate: str, send_key: str, attempt: int = 0) -> str:
        """Return the code of the receipt for what is sent from a plate with a key: the same key, the same code.

        Only its hash is stored, and still a form sent twice gives the same receipt twice.

        Examples
        --------
        >>> keys = Keys("secret")
        >>> keys.receipt("0123456789AB", "k" * 16) == keys.receipt("0123456789AB", "k" * 16)
        True
        """
        bits = int.from_bytes(self._mac("receipt", plate, send_key, str(attempt))[:8], "big") >> (64 - _BITS)
        return number_code(bits)

    def device(self, block: str, agent: str, day: str) -> str:
        """Return the day's name of a phone: its address block and what its browser says of itself, hashed."""
        return self._mac("device", block, agent, day).hex()[:16]

    def block(self, block: str, day: str) -> str:
        """Return the day's name of an address block, hashed."""
        return self._mac("block", block, day).hex()[:16]

    def form_token(self, thing: str, now: datetime) -> str:
        """Return the token of a form for `thing` (a plate, a receipt's code) shown now."""
        minute = str(int(now.timestamp() // 60))
        return f"{minute}.{self._mac('form', thing, minute).hex()[:32]}"

    def check_form(self, token: str, thing: str, now: datetime) -> None:
        """Check that a form for `thing` was made here within two hours.

        Raises
        ------
        FormTokenOld
            If it was not.
        """
        minute, _, _ = token.partition(".")
        this = int(now.timestamp() // 60)
        right = f"{minute}.{self._mac('form', thing, minute).hex()[:32]}"
        # One minute ahead: another worker's clock may be.
        if not hmac.compare_digest(token.encode(), right.encode()) or not -1 <= this - int(minute) <= FORM_MINUTES:
            raise FormTokenOld("the form was open for too long; what you typed is still there: send it once more")


def new_send_key() -> str:
    """Return a fresh key for one sending; whoever holds it can ask for the receipt again."""
    return secrets.token_urlsafe(18)


def parse_receipt(typed: str) -> str:
    """Return the receipt's code that `typed` means, as shown.

    Raises
    ------
    ReceiptCodeNotValid
        If it is mistyped; the fact `suggestion` may name the right one.
    """
    try:
        return parse_plate_code(typed)
    except PlateCodeNotValid as error:
        detail = error.detail.replace("a plate code", "a receipt's code").replace("plate codes", "receipts' codes")
        raise ReceiptCodeNotValid(detail, **error.facts) from None
