"""What a process started ends with it, though it be killed: a guard that waits at a pipe for its end.

The guard is a shell with a session of its own. It reads from whoever started it until that one is gone, however it
ended; then it runs its script. Whoever ends in order does by itself what the script would, and dismisses the guard.
"""

from __future__ import annotations

import subprocess


def guard(script: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Have a script (POSIX sh; ``$1`` is the first argument) run as soon as this process is gone."""
    command = ["sh", "-c", f"cat > /dev/null\n{script}", "sh", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def dismiss(guard: subprocess.Popen[bytes]) -> None:
    """End a guard without its script being run."""
    guard.kill()
    guard.communicate()
