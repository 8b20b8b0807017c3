"""Sheets to print: frames in, the bytes of a PDF out. Nothing here asks a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.services.sheets import CompareContent, SheetContent
from gridmap.web.sheets.picture import PictureContent
from gridmap.web.sheets.view import Paper

if TYPE_CHECKING:
    from gridmap.web.sheets.paper_sheet import PaperContent


@dataclass(frozen=True, slots=True)
class Printer:
    """What prints: the font that is set, if one is, and the data folder, below which others may lie.

    The drawing parts are loaded when the first sheet is drawn: whoever prints none waits for none.
    """

    font: Path | None = None
    data: Path | None = None

    def map_sheet(
        self, content: SheetContent, *, paper: Paper = "a3", beats: Sequence[str] = (), station: bool = True
    ) -> bytes:
        """Return the sheet of a station, and of each of `beats`, as a PDF."""
        from gridmap.web.sheets.fonts import use_font  # noqa: PLC0415
        from gridmap.web.sheets.map_sheet import draw  # noqa: PLC0415

        return draw(content, font=use_font(self.font, self.data), paper=paper, beats=beats, station=station)

    def compare_sheet(self, content: CompareContent, *, paper: Paper = "a3") -> bytes:
        """Return the sheet that compares two editions as a PDF."""
        from gridmap.web.sheets.compare_sheet import draw  # noqa: PLC0415
        from gridmap.web.sheets.fonts import use_font  # noqa: PLC0415

        return draw(content, font=use_font(self.font, self.data), paper=paper)

    def picture_sheet(self, content: PictureContent, *, paper: Paper = "a4") -> bytes:
        """Return the briefing sheet of a picture of the officer's map as a PDF."""
        from gridmap.web.sheets.fonts import use_font  # noqa: PLC0415
        from gridmap.web.sheets.picture_sheet import draw  # noqa: PLC0415

        return draw(content, font=use_font(self.font, self.data), paper=paper)

    def paper_sheet(self, content: PaperContent) -> bytes:
        """Return a paper of a mediation as a PDF of A4."""
        from gridmap.web.sheets.fonts import use_font  # noqa: PLC0415
        from gridmap.web.sheets.paper_sheet import draw  # noqa: PLC0415

        return draw(content, font=use_font(self.font, self.data))

    def embeds(self) -> bool:
        """Return whether a font is there that can be put inside a PDF."""
        from gridmap.web.sheets.fonts import NAME, use_font  # noqa: PLC0415

        return use_font(self.font, self.data) == NAME


__all__ = ["Paper", "Printer"]
