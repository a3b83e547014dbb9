"""``jejak``: the command line. Each command is in its own room; docs/cli.md lists them with the exit codes.

A room is imported when one of its commands is asked for: whoever verifies a bundle needs neither web server nor
database library.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator
from importlib import import_module

import click

from api.cli_base import Program

#: Where each command is, in the order of the work.
COMMANDS = {
    "found": "cli_store:found",
    "serve": "cli_serve:serve",
    "demo": "cli_serve:demo",
    "key": "cli_keys:key",
    "act": "cli_act:act",
    "kinds": "cli_kinds:kinds",
    "send": "cli_act:send",
    "register": "cli_register:register",
    "mine": "cli_mine:mine",
    "login": "cli_session:login",
    "logout": "cli_session:logout",
    "session": "cli_session:session",
    "reads": "cli_session:reads",
    "cases": "cli_lists:cases",
    "inbox": "cli_lists:inbox",
    "agenda": "cli_lists:agenda",
    "trail": "cli_read:trail",
    "search": "cli_search:search",
    "state": "cli_read:state",
    "time": "cli_time:time",
    "next": "cli_read:next_",
    "document": "cli_read:document",
    "diff": "cli_diff:diff",
    "replay": "cli_replay:replay",
    "export": "cli_export:export",
    "verify": "cli_verify:verify",
    "verify-document": "cli_verify:verify_document",
    "rebuild": "cli_store:rebuild",
    "migrate": "cli_database:migrate",
    "move": "cli_database:move",
    "backup": "cli_backup:backup",
    "restore": "cli_backup:restore",
    "sop": "cli_files:sop",
    "iku": "cli_files:iku",
    "calendar": "cli_calendar:calendar",
    "audit": "cli_audit:audit",
}


class Commands(UserDict[str, click.Command]):
    """The commands by name, each found in its room when it is first asked for."""

    def __missing__(self, name: str) -> click.Command:
        """Return a command that was not asked for before."""
        room, _, member = COMMANDS[name].partition(":")
        found: click.Command = getattr(import_module(f"api.{room}"), member)
        self.data[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the work."""
        return iter(COMMANDS)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a command of this name."""
        return name in COMMANDS


@click.group(cls=Program, commands=Commands())
def main() -> None:
    """Jejak: buku besar tindakan yang ditandatangani.

    Kode keluar: 0 berhasil dan terbukti; 1 ditolak atau tidak cocok; 2 tidak dapat dinilai atau tidak terhubung;
    3 perintah salah tulis.
    """


if __name__ == "__main__":
    main()
