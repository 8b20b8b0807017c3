"""A thousand codes that no plate bears: guessed, mistyped, swapped, cut off, run together, and written to do harm."""

from __future__ import annotations

import random
from urllib.parse import quote

from gridmap.domain.codes import ALPHABET, PlateCodeNotValid, number_code, parse_plate_code

HARM = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "' OR 1=1 --", "'; DROP TABLE plate; --",
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "{{7*7}}", "{% debug %}", "${jndi:ldap://127.0.0.1/a}", "%s%s%s%n", "\x00", "\r\nSet-Cookie: a=b",
    "\u202eABC", "\ue000code\ue001", "\ue002", "０１２３４５６７８９ＡＢ", "٠١٢٣٤٥٦٧٨٩٠١", "🏠" * 12, "A" * 5_000, "-" * 40, "%", "%zz", "\ud7ff\uffff",
    "</title><h1>x</h1>", "&lt;b&gt;", "`id`", "|cat /etc/passwd", "NaN", "null", "[object Object]", "\\x3cscript\\x3e", "\t\n", "?lang=<b>", "#<b>",
    "<svg/onload=alert(1)>", "\u200b" * 12, "ＯＩＬ" * 4, "<a href=//x.example>x</a>", "<b>" * 400,
)  # fmt: skip


def codes(real: list[str], *, seed: int = 4) -> dict[str, list[str]]:
    """Return 1,000 texts by kind, made from `real` codes; none is the code of one of them."""
    draw = random.Random(seed)
    bears = set(real)

    def changed(code: str, places: int) -> str:
        symbols = list(code)
        for at in draw.sample(range(12), places):
            symbols[at] = draw.choice([one for one in ALPHABET if one != symbols[at]])
        return "".join(symbols)

    def swapped(code: str) -> str:
        at = next(k for k in range(11) if code[k] != code[k + 1])
        return code[:at] + code[at + 1] + code[at] + code[at + 2 :]

    def some(count: int) -> list[str]:
        return draw.choices(real, k=count)

    found = {
        "well formed, no plate": [number_code(draw.getrandbits(50)) for _ in range(250)],
        "one symbol wrong": [changed(code, 1) for code in some(200)],
        "two symbols wrong": [changed(code, 2) for code in some(100)],
        "neighbours swapped": [swapped(code) for code in some(100)],
        "cut off": [code[: draw.randrange(1, 12)] for code in some(100)],
        "run together": [code + other for code, other in zip(some(50), some(50), strict=True)],
        # Hyphens and spaces are forgiven: behind a whole code they would leave it as it is.
        "written to do harm": [draw.choice(("", one[:6])) + HARM[k % len(HARM)] for k, one in enumerate(some(200))],
    }
    for texts in found.values():
        assert not bears & {_read(text) for text in texts}
    return found


def _read(text: str) -> str:
    try:
        return parse_plate_code(text)
    except PlateCodeNotValid:
        return ""


def path(start: str, text: str) -> str:
    """Return the path that asks for a text as a code."""
    return start + quote(text, safe="", errors="replace")
