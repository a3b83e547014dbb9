"""Where a ledger's rows are: the one note in its folder, so that no second history is begun beside its key.

:data:`NOTE` has one line, :attr:`ledger.database.Database.place` or :data:`~ledger.database.JOURNAL` for the file in
that very folder. It is written when a ledger whose rows are elsewhere is founded or first opened, and by whoever moves
one (``jejak move``). From then on the ledger is opened there, and nothing is made anywhere else. Without a note it is
in the folder, or from before there were notes. A backup that was restored is noted too (``jejak restore``): another
database may still hold what the home held before.

Whether a running service is still where its ledger is costs a look at the file (``stat``); it is read when it changed.
"""

from __future__ import annotations

import stat
from pathlib import Path

from keys.errors import Conflict, Malformed, Unavailable
from ledger.database import JOURNAL, Database
from ledger.whole_file import replace

#: The note, in the ledger's folder.
NOTE = "moved-to"
#: Characters of the note that are read, and that are told of it.
_MOST_NOTE, _MOST_SAID = 8192, 400


class Whereabouts:
    """What the folder ``home`` says of where its ledger is, for whoever has opened, or is to open, ``database``."""

    def __init__(self, home: Path, database: Database) -> None:
        self._home = home
        self._note = home / NOTE
        self._database = database
        self._known: tuple[tuple[int, ...], str] = ((), "")

    def elsewhere(self) -> str:
        """Return where the ledger is, for people, "" if it is in this database or nobody said."""
        try:
            found = self._note.stat()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        if not stat.S_ISREG(found.st_mode):
            return ""
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._known[0] != stamp:
            self._known = (stamp, self._read())
        return self._known[1]

    def require_here(self) -> None:
        """Return if the ledger is in this database or nobody said, else raise Conflict (``database.moved``)."""
        there = self.elsewhere()
        if there:
            raise Conflict(
                "database.moved",
                f"Buku besar di folder {self._home} ada di {there}, bukan di {self._database}; di sini tidak ada yang"
                " dibuat atau dilanjutkan.",
                allowed=self._way_to(there),
            )

    def _way_to(self, there: str) -> str:
        if there == str(Database("sqlite", self._home)):  # no setting names it, and it has no other address
            return (
                "Buku besarnya berkas di folder itu: kosongkan JEJAK_DATABASE_URL. Untuk membawanya ke basis data"
                " PostgreSQL yang kosong: jejak move."
            )
        if there.startswith("sqlite:"):
            return (
                "Setel JEJAK_DATABASE_URL ke berkas itu. Bila berkas itu sendiri kini di tempat lain, hentikan semua"
                f" layanannya, lalu hapus berkas {NOTE} di folder itu."
            )
        return (
            "Setel JEJAK_DATABASE_URL ke tempat itu, dengan pengguna dan kata sandinya. Bila basis data itu sendiri"
            f" kini beralamat lain, hentikan semua layanannya, lalu hapus berkas {NOTE} di folder itu."
        )

    def noted_here(self) -> bool:
        """Return whether the folder says in so many words that the ledger is in this database."""
        return self._note.is_file() and not self.elsewhere()

    def require_first(self) -> None:
        """Return if the folder has no journal of its own, for this database is empty; else raise Conflict."""
        own = Database("sqlite", self._home)
        assert own.journal is not None
        if self._database.place != own.place and own.journal.exists():
            raise Conflict(
                "database.moved",
                f"Basis data {self._database} masih kosong, padahal di folder {self._home} ada {JOURNAL}.",
                allowed="Kosongkan JEJAK_DATABASE_URL untuk memakai berkas itu, atau pindahkan isinya: jejak move."
                " Bila berkas itu tidak berisi apa pun, singkirkan dahulu dari folder itu.",
            )

    def note(self) -> None:
        """Note that the ledger is in this database from now on, and nowhere else; raises Unavailable."""
        try:
            replace(self._note, f"{self._spelt()}\n".encode())
        except OSError as error:
            raise Unavailable(
                "database.note",
                f"Tempat buku besar tidak dapat dicatat di {self._note}.",
                allowed="Periksa izin folder itu dan sisa ruangnya.",
                cause=str(error),
            ) from None

    def note_first(self) -> None:
        """Note it if nobody did and the rows are not in the folder itself, where they are found without a note."""
        if self._spelt() != JOURNAL and not self._note.exists():
            self.note()

    def _spelt(self) -> str:
        own = Database("sqlite", self._home)  # a folder may be moved or copied, with the file in it
        return JOURNAL if self._database.place == own.place else self._database.place

    def _read(self) -> str:
        try:
            with self._note.open(encoding="utf-8", errors="replace") as file:  # in a copy it may be anything
                said = file.read(_MOST_NOTE).strip() or "?"
        except OSError:
            return f"tempat yang tidak terbaca dari berkas {self._note}"
        try:
            there = Database("sqlite", self._home) if said == JOURNAL else Database.parse(said, self._home)
        except Malformed:
            return "".join(one if one.isprintable() else "?" for one in said[:_MOST_SAID])
        return "" if there.place == self._database.place else str(there)
