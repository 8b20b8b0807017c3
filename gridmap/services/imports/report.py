"""What an import did, row by row where a row was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Refused rows kept in a report; every one of them goes to `Report.on_reject`.
KEPT_REJECTIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was refused: its line (or the number of its feature), why, and the value in question."""

    line: int
    reason: str
    value: str = ""


@dataclass
class Report:
    """What an import did: rows added, changed, the same as before, and refused.

    `rejected` holds the first `KEPT_REJECTIONS`, `refused` counts all. `unit` says what `Rejection.line` counts. `columns`:
    field -> column as they were found; `unused`: the columns nobody understood.
    """

    kind: str
    station: str | None
    unit: str = "line"
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    on_reject: Callable[[Rejection], None] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """Rows of the file that now stand in the database."""
        return self.added + self.updated + self.unchanged

    def reject(self, rejections: Iterable[Rejection]) -> None:
        """Take in refused rows."""
        for rejection in rejections:
            self.refused += 1
            if len(self.rejected) < KEPT_REJECTIONS:
                self.rejected.append(rejection)
            if self.on_reject is not None:
                self.on_reject(rejection)

    def warn(self, sentence: str) -> None:
        """Add a warning that concerns the file or several of its rows."""
        self.warnings.append(sentence)

    def counts(self) -> dict[str, int]:
        """Return the counts, for the audit."""
        return {
            "added": self.added, "updated": self.updated, "unchanged": self.unchanged, "rejected": self.refused,
        }  # fmt: skip

    def __str__(self) -> str:
        """Return the counts as one line."""
        return (
            f"{self.kind}: {self.kept:,} loaded ({self.added:,} new, {self.updated:,} changed, "
            f"{self.unchanged:,} as before), {self.refused:,} rejected"
        )
