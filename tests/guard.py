"""What a process started ends with it, though it be killed: a guard that waits at a pipe for its end.

The guard is a shell with a session of its own. It reads from whoever started it until that one is gone, however it
ended; then it runs its script. Whoever ends in order does by itself what the script would, and dismisses the guard.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

#: Stops the PostgreSQL of which ``$1`` is the file with its process id, also one that is still starting; ``$2`` goes.
_STOP = """
for _ in 1 2 3 4 5 6 7 8 9 10; do
    server=$(head -n 1 "$1") && kill -INT "$server" && break
    sleep 1
done 2> /dev/null
while kill -0 "$server" 2> /dev/null; do sleep 0.1; done
rm -rf "$2"
"""


def guard(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Have a script (POSIX sh; ``$1`` is the first argument) run as soon as this process is gone."""
    command = ["sh", "-c", f"cat > /dev/null\n{script}", "sh", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def guard_server(data: Path, goes: Path) -> subprocess.Popen[bytes]:
    """Have the PostgreSQL of a folder of data stopped, and another folder removed, as soon as this process is gone."""
    return guard(_STOP, data.resolve() / "postmaster.pid", goes.resolve())


def dismiss(guard: subprocess.Popen[bytes]) -> None:
    """End a guard without its script being run."""
    guard.kill()
    guard.communicate()
