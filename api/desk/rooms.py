"""All rooms of the desk: importing this gives its blueprint every page."""

from api.desk import (
    act_pages,
    agenda_page,
    case_pages,
    check_page,
    desk_page,
    front,
    people_pages,
    public_page,
    reads_page,
    replay_page,
    sop_page,
    static_files,
    time_page,
    trail_pages,
)
from api.desk.frame import as_page, routes

__all__ = [
    "act_pages",
    "agenda_page",
    "as_page",
    "case_pages",
    "check_page",
    "desk_page",
    "front",
    "people_pages",
    "public_page",
    "reads_page",
    "replay_page",
    "routes",
    "sop_page",
    "static_files",
    "time_page",
    "trail_pages",
]
