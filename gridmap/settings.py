"""Every setting of gridmap: one typed field, one `GRIDMAP_*` variable, one line of manual.

Read by `gridmap.cli` and `gridmap.app` only; everything below receives plain values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one gridmap process."""

    model_config = SettingsConfigDict(env_prefix="GRIDMAP_", extra="ignore")

    database_url: str | None = Field(
        None,
        description="postgresql+psycopg://user@host/db of a PostgreSQL 13+ with PostGIS 3.3+; unset: gridmap's own cluster.",
    )
    data: Path | None = Field(
        None,
        description="Folder of gridmap's own cluster and secrets; unset: /var/lib/gridmap as root, else ~/.local/share/gridmap.",
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the service listens on.")
    secret: SecretStr | None = Field(
        None, description="Key that signs cookies, 32 characters or more; unset: made once and kept in the data folder."
    )
    secure_cookies: bool = Field(
        True,
        description="Send cookies over HTTPS only; browsers make an exception for localhost, other hosts need HTTPS.",
    )
    session_hours: float = Field(12.0, gt=0, le=72, description="How long a log-in lasts [h]: one shift.")
    basemap_url: str | None = Field(
        None, description="Tile address {z}/{x}/{y} of a base map inside the closed network; unset: no base map."
    )
    basemap_datum: str = Field(
        "wgs84", pattern="^(wgs84|gcj02)$", description="Datum of the base map's tiles: wgs84 or gcj02."
    )
    statement_timeout_ms: int = Field(5_000, ge=100, description="Longest one query of the service may run [ms].")
    pool_size: int = Field(10, ge=1, le=100, description="Database connections one worker keeps.")
    body_limit_bytes: int = Field(2_000_000, ge=10_000, description="Largest request body the service reads [bytes].")
    file_limit_bytes: int = Field(
        20_000_000, ge=10_000, description="Largest boundary file a planner may send to a draft [bytes]."
    )
    font: Path | None = Field(
        None,
        description="TrueType font with Chinese for printed sheets (.ttf, .ttc); unset: looked for on this machine.",
    )
    emergency_numbers: str = Field(
        "110,119,120,122", description="Numbers every resident's page shows, comma-separated."
    )
    tie_m: float = Field(
        1.0, ge=0, le=100, description="A door closer than this to another zone is listed as a tie [m]."
    )
    sliver_m: float = Field(
        1.0, gt=0, le=100, description="An overlap or gap narrower than this is called a sliver [m]."
    )
    norm_low: int = Field(
        300, ge=0, description="Fewest households of a grid cell by the norm; fewer is told, not stopped."
    )
    norm_high: int = Field(
        500, ge=1, description="Most households of a grid cell by the norm; more is told, not stopped."
    )
    doors_per_officer: int = Field(
        3_000, ge=1, le=1_000_000, description="More doors of one officer than this are told as a coverage gap."
    )
    doors_per_member: int = Field(
        1_000, ge=1, le=1_000_000, description="More doors of one grid member than this are told as a coverage gap."
    )
    visit_days: int = Field(
        180, ge=1, le=36_500, description="A door not visited for longer than this is told as a coverage gap [days]."
    )
    follow_up_days: int = Field(
        30, ge=1, le=36_500, description="A dispute settled or left for longer without a word is told as a gap [days]."
    )
    reach_minutes: float = Field(
        10.0, gt=0, le=1_440, description="A door farther than this from every police post is told as a gap [min]."
    )
    reach_by: str = Field(
        "vehicle", pattern="^(vehicle|foot)$", description="How those minutes are made: vehicle or foot."
    )
    public_view: bool = Field(
        False, description="Publish masked counts of incidents to everybody at /public; they are made once a quarter."
    )
    scan: Path | None = Field(
        None, description="Folder of the snapshot that scans are answered from; unset: scan in the data folder."
    )
    plate_url: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,60}$",
        description="Address in the QR codes of plates, for example https://p.example.cn; unset: http://host:port.",
    )
    staff_url: str | None = Field(
        None,
        pattern=r"^https?://[^ ]{1,200}$",
        description="Address at which staff open gridmap, for links in messages; unset: http://host:port.",
    )
    plate_width_mm: float = Field(150.0, ge=60, le=1_200, description="Width of a printed plate [mm].")
    plate_height_mm: float = Field(90.0, ge=50, le=1_200, description="Height of a printed plate [mm].")
    plate_qr_mm: float = Field(
        40.0, ge=40, le=300, description="Side of the QR code on a plate, without its margin [mm]."
    )
    plate_near_m: float = Field(
        100.0, ge=5, le=10_000, description="A plate scanned by staff farther than this from its door is told [m]."
    )
    plate_far_m: float = Field(
        500.0, ge=10, le=100_000, description="A plate scanned by staff farther than this from its door is flagged [m]."
    )
    seal_key: SecretStr | None = Field(
        None,
        description="Key (32 bytes, base64) that seals how to reach reporters; unset: made once and kept in the data folder.",
    )
    smtp_host: str | None = Field(None, description="Mail server of the closed network; unset: no e-mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str | None = Field(None, description="Name at the mail server; unset: none is given.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    smtp_from: str = Field("gridmap@localhost", description="Address that e-mail comes from.")
    smtp_tls: str = Field(
        "starttls",
        pattern="^(starttls|tls|none)$",
        description="How the mail server is spoken to: starttls, tls or none.",
    )
    keep_contacts_days: int = Field(
        180, ge=0, le=36_500, description="Personal data of what is over are deleted after so long [days]; 0: never."
    )
    keep_papers_days: int = Field(
        1_095, ge=0, le=36_500, description="Papers of mediation are deleted so long after the end [days]; 0: never."
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="Least severe line that is logged."
    )

    @property
    def gap_limits(self) -> dict[str, Any]:
        """From when on something is a coverage gap, by the names that `services.coverage.Limits` has."""
        names = ("doors_per_officer", "doors_per_member", "visit_days", "follow_up_days", "reach_minutes", "reach_by")
        return {name: getattr(self, name) for name in names}
