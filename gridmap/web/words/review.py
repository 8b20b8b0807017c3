"""Words of review, approval and comments."""

from __future__ import annotations

from typing import Final

#: key -> (Chinese, English)
WORDS: Final[dict[str, tuple[str, str]]] = {
    "in_review": ("审核中", "in review"),
    "approved": ("已批准", "approved"),
}  # fmt: skip
