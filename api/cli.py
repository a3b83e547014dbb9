"""``jejak``: the command line. Each command is in its own room; docs/cli.md lists them with the exit codes."""

from __future__ import annotations

import click

from api.cli_act import act, send
from api.cli_base import Program
from api.cli_calendar import calendar
from api.cli_diff import diff
from api.cli_files import iku, sop
from api.cli_keys import key
from api.cli_kinds import kinds
from api.cli_lists import agenda, cases, inbox
from api.cli_mine import mine
from api.cli_read import document, next_, state, trail
from api.cli_register import register
from api.cli_replay import replay
from api.cli_search import search
from api.cli_serve import demo, serve
from api.cli_session import login, logout, reads, session
from api.cli_store import audit, found, rebuild
from api.cli_time import time


@click.group(cls=Program)
def main() -> None:
    """Jejak: buku besar tindakan yang ditandatangani.

    Kode keluar: 0 berhasil dan terbukti; 1 ditolak atau tidak cocok; 2 tidak dapat dinilai atau tidak terhubung;
    3 perintah salah tulis.
    """


for command in (
    *(found, serve, demo, key, act, kinds, send, register, mine),
    *(login, logout, session, reads),
    *(cases, inbox, agenda, trail, search, state, time, next_, document, diff, replay),
    *(rebuild, sop, iku, calendar, audit),
):
    main.add_command(command)


if __name__ == "__main__":
    main()
