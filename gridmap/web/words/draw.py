"""Words of the page on which a draft's boundaries are changed."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {}
