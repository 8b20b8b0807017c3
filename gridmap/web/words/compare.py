"""Words of two editions compared."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {}
