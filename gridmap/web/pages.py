"""All pages in one router; apart from the package, so that the resident's page loads without the others."""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.web import (
    assets,
    brief,
    compare,
    desk,
    desk_answer,
    desk_figures,
    desk_files,
    desk_match,
    desk_new,
    desk_papers,
    desk_parties,
    desk_receipt,
    desk_series,
    desk_step,
    desk_work,
    door,
    draw,
    entry,
    gaps,
    notices,
    officer,
    officer_data,
    officer_sheet,
    photos,
    plan,
    plates_flagged,
    proposals,
    public_view,
    report,
    report_work,
    reports,
    review,
    scan,
    tiles,
)
from gridmap.web.entry import error_page
from gridmap.web.maps import base, ground

router = APIRouter()
for part in (
    assets,
    base,
    ground,
    entry,
    plan,
    draw,
    proposals,
    compare,
    review,
    officer,
    officer_data,
    officer_sheet,
    gaps,
    brief,
    reports,
    report_work,
    desk_series,
    desk_match,
    desk_parties,
    desk_receipt,
    desk_papers,
    desk,
    desk_answer,
    desk_figures,
    desk_files,
    desk_new,
    desk_step,
    desk_work,
    notices,
    scan,
    door,
    plates_flagged,
    photos,
    report,
    public_view,
    tiles,
):
    router.include_router(part.router)

__all__ = ["error_page", "router"]
