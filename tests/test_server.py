"""The server: this machine only, a clear sentence where it cannot listen, and a stop that cuts off no answer."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from waitress.adjustments import Adjustments

from api import channels, line, server
from api.app import App, create_app
from api.parsing import EMPTY, Parser
from api.server import Server, background_server
from api.settings import Settings
from keys.errors import NotAllowed, Unavailable
from ledger import logkey
from ledger.documents import MAX_BYTES
from tests import postgres
from tests.behind import held
from tests.kit import CASE, Kecamatan
from tests.signed_in import SOMEBODY, bearer

ROOT = Path(__file__).parent.parent


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Kecamatan]:
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    yield office
    office.ledger.close()


@pytest.fixture
def app(office: Kecamatan) -> Iterator[App]:
    app = create_app(Settings(office.folder, threads=4), office.clock)
    yield app
    app.close()


@pytest.fixture
def one_thread(office: Kecamatan) -> Iterator[App]:
    app = create_app(Settings(office.folder, threads=1), office.clock)
    yield app
    app.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "kalipare.example", ""])  # noqa: S104
def test_it_listens_to_this_machine_only(host: str, app: App) -> None:
    with pytest.raises(NotAllowed) as caught:
        Server(app, host, 0)
    assert caught.value.rule == "server.host"
    assert "127.0.0.1" in caught.value.allowed


def test_a_port_that_is_taken_is_told_in_a_sentence(app: App) -> None:
    with background_server(app) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(Unavailable) as caught:
            Server(app, port=port)
    assert caught.value.rule == "server.port"
    assert str(port) in caught.value.detail


def test_a_server_that_has_stopped_may_be_asked_again_to_stop(app: App) -> None:
    server = Server(app, port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    server.stop()
    thread.join()
    server.stop()


def test_after_the_stop_the_port_is_free_again(app: App) -> None:
    with background_server(app) as url:
        port = int(url.rpartition(":")[2])
        assert httpx.get(f"{url}/healthz").status_code == 200
    with background_server(app, port) as again:
        assert again == url
        assert httpx.get(f"{again}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"bukan http\r\n\r\n", 400),
        (b"POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (b"GET http://[x/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Panjang: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
    ids=["a body without end", "no HTTP", "a length of too many digits", "no address", "a header too long"],
)
def test_what_no_application_sees_is_a_problem_too(
    sent: bytes, status: int, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    with background_server(app) as url:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5) as connection:
            connection.sendall(sent)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        assert httpx.get(f"{url}/healthz").status_code == 200
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((f"HTTP/1.0 {status}".encode(), f"HTTP/1.1 {status}".encode()))
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["allowed"]
    assert not [said for said in caplog.records if said.levelname == "ERROR"]


def test_peers_that_ask_for_documents_and_never_read_hold_up_nobody(app: App) -> None:
    digest, _ = app.parts.ledger.documents.store([b"x" * MAX_BYTES])
    app.parts.sessions.note_brought(SOMEBODY, digest)
    with background_server(app) as url, ExitStack() as open_sockets:
        asked = f"GET /v1/documents/{digest} HTTP/1.1\r\nHost: localhost\r\n{signed_in(app)}\r\n".encode() * 3
        peers = [open_sockets.enter_context(connection(url)) for _ in range(20)]
        for peer in peers:
            peer.sendall(asked)
        heads = [peer.recv(12) for peer in peers]
        assert heads.count(b"HTTP/1.1 200") == 1  # a third of four threads
        assert heads.count(b"HTTP/1.1 503") == 19
        assert httpx.get(f"{url}/log/checkpoint", timeout=3).status_code in (200, 404)
        refused = httpx.get(f"{url}/v1/documents/{digest}", headers=bearer(app), timeout=3)
        assert (refused.status_code, refused.json()["rule"]) == (503, "server.busy")
        assert int(refused.headers["Retry-After"]) > 0
        open_sockets.close()
        answer = until_served(lambda: httpx.get(f"{url}/v1/documents/{digest}", headers=bearer(app), timeout=5))
        assert (len(answer.content), answer.headers["Connection"]) == (MAX_BYTES, "close")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://evil.example{path}", "127.0.0.1", 400),
        ("http://evil.example:80{path}", "localhost", 400),
        ("http://127.0.0.1@evil.example{path}", "127.0.0.1", 400),
        ("http://evil.example@127.0.0.1{path}", "127.0.0.1", 400),
        ("http://{path}", "127.0.0.1", 400),
        ("HTTP://evil.example{path}", "127.0.0.1", 400),
        ("{path}", "evil.example", 400),
        ("http://127.0.0.1{path}", "evil.example", 0),
        ("http://localhost:8000{path}", "localhost:8000", 0),
        ("{path}", "localhost", 0),
    ],
)
def test_the_host_that_a_target_names_wins(target: str, host: str, status: int, app: App, office: Kecamatan) -> None:
    def named(sent: bytes) -> bytes:
        line, _, rest = sent.partition(b"\r\n")
        method, path, version = line.decode().split(" ")
        new = " ".join((method, target.format(path=path), version)).encode()
        return new + b"\r\n" + rest.replace(b"Host: localhost", f"Host: {host}".encode())

    with background_server(app) as url, ExitStack() as stack:
        for sent, good in ((HEALTH, 200), (an_act(app, office), 201)):
            told, _, said = answer_on(asking(stack, url, named(sent)))
            assert told == (status or good)
            assert not status or said["rule"] == "request.form"


def test_what_is_sent_behind_a_request_is_not_answered(app: App) -> None:
    with background_server(app) as url, connection(url) as peer:
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close\r\n" in answer


def test_uploads_that_never_end_leave_room_for_everything_else(app: App) -> None:
    begun = f"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\n{signed_in(app)}Content-Length: 9\r\n".encode()
    begun += b"Content-Type: text/plain\r\n\r\nx"
    with background_server(app) as url, connection(url) as peer:
        peer.sendall(begun)
        time.sleep(0.2)  # it has arrived and holds the place
        headers = {"Content-Type": "text/plain"} | bearer(app)
        refused = httpx.post(f"{url}/v1/documents", content=b"isi", headers=headers, timeout=3)
        assert (refused.status_code, refused.json()["rule"]) == (503, "server.busy")
        assert int(refused.headers["Retry-After"]) > 0
        with connection(url) as second:
            second.sendall(begun)
            assert second.recv(12) == b"HTTP/1.1 503"  # refused before its body is here
        assert httpx.get(f"{url}/healthz", timeout=3).status_code == 200
        peer.sendall(b"x" * 8)
        assert peer.recv(12) == b"HTTP/1.1 201"
        assert httpx.post(f"{url}/v1/documents", content=b"isi", headers=headers, timeout=3).status_code == 201


def test_a_peer_that_drips_its_request_is_cut_off(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "GRACE", 0.5)
    with background_server(app) as url, connection(url) as peer:
        begun = time.monotonic()
        with suppress(OSError):
            peer.sendall(b"GET /healthz HTTP/1.1\r\n")
            while time.monotonic() < begun + 10:
                peer.sendall(b"X: x\r\n")
                time.sleep(0.1)
        assert 0.4 < time.monotonic() - begun < 5


def test_a_peer_that_does_not_read_loses_its_place(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "GRACE", 0.5)
    monkeypatch.setattr(channels, "RATE", 64 * 1024 * 1024)
    digest, _ = app.parts.ledger.documents.store([b"x" * MAX_BYTES])
    app.parts.sessions.note_brought(SOMEBODY, digest)
    with background_server(app) as url, connection(url) as peer:
        peer.sendall(f"GET /v1/documents/{digest} HTTP/1.1\r\nHost: localhost\r\n{signed_in(app)}\r\n".encode())
        assert peer.recv(12) == b"HTTP/1.1 200"
        answer = until_served(lambda: httpx.get(f"{url}/v1/documents/{digest}", headers=bearer(app), timeout=5))
        assert len(answer.content) == MAX_BYTES


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = (
    b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
)


@pytest.mark.parametrize(
    ("begun", "endless"),
    [
        (b"", b"\r\n"),
        (b"", b" \r\n\r\n"),
        (HEALTH, b"\r\n"),
        (CHUNKED + b"\r\n", b"1\r\na\r\n"),
        (CHUNKED + b"\r\n", b"\r\n"),
        (CHUNKED + b"\r\n", b"1"),
        (CHUNKED + b"\r\n20000\r\n" + b"x" * 0x20000 + b"\r\n", b"1"),
        (CHUNKED + b"\r\n0\r\n", b"x: y\r\n"),
        (CHUNKED + b"\r\n20000\r\n" + b"x" * 0x20000 + b"\r\n0\r\n", b"x: y\r\n"),
    ],
    ids=[
        "empty lines",
        "blank lines",
        "empty lines behind a request",
        "tiny chunks",
        "no chunks",
        "a line without end",
        "a line without end behind a body",
        "trailers",
        "trailers behind a body",
    ],
)
def test_what_is_no_request_and_no_body_is_not_read_for_ever(begun: bytes, endless: bytes, app: App) -> None:
    with background_server(app) as url, connection(url) as peer:
        peer.sendall(begun)
        if begun == HEALTH:
            assert answer_on(peer)[0] == 200
        peer.sendall((endless * 8000)[:8000])
        status, headers, said = answer_on(peer)
        assert (status, said["rule"], headers["Connection"]) == (400, "request.form", "close")
        with suppress(ConnectionResetError):
            assert peer.recv(1) == b""


def test_some_empty_lines_before_a_request_are_passed_over(app: App) -> None:
    with background_server(app) as url, connection(url) as peer:
        for before, behind in ((b"\r\n", b""), (b"\r\n\r\n", b"\r\n\r\n"), (b"\r\n" * (EMPTY // 2 - 2), b"")):
            peer.sendall(before)
            time.sleep(0.05)  # it arrives by itself
            peer.sendall(HEALTH + behind)
            assert answer_on(peer)[0] == 200


def test_a_document_in_small_chunks_is_taken(app: App) -> None:
    headers = {"Content-Type": "text/plain"} | bearer(app)
    with background_server(app) as url:
        sent = httpx.post(f"{url}/v1/documents", content=(b"%048d" % number for number in range(3000)), headers=headers)
    assert sent.status_code == 201


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1023, 1024, 1025, 65536])
def test_a_body_in_chunks_is_the_same_however_it_arrives(step: int) -> None:
    pieces = [b"x" * 5000, b"\r\n", b"0", b"y" * 1024, b"z" * 3000]
    body = b"".join(b"%x;of=it\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    sent = CHUNKED + b"\r\n" + body + b"0\r\nTrailer: it\r\n\r\n"
    parser, at, behind = Parser(Adjustments()), 0, b"GET /"
    whole = sent + behind
    while not parser.completed:
        at += parser.received(whole[at : at + step])
    assert parser.error is None
    assert (at, parser.get_body_stream().read()) == (len(sent), b"".join(pieces))
    assert parser.received(behind) == 0


@contextmanager
def at_work(app: App) -> Iterator[None]:
    """Keep whoever records an act waiting for the journal."""
    with held(app.settings.database):
        yield


def asking(stack: ExitStack, url: str, sent: bytes) -> socket.socket:
    peer = stack.enter_context(connection(url))
    peer.sendall(sent)
    return peer


def an_act(app: App, office: Kecamatan) -> bytes:
    official, kind, body = office.steps()[0]
    envelope = office.sign(official, CASE, kind, body)
    head = b"POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(envelope) + envelope


def answer_on(peer: socket.socket) -> tuple[int, dict[str, str], dict[str, object]]:
    """Return status, headers and JSON of one answer, however many pieces it comes in."""
    response = http.client.HTTPResponse(peer)
    response.begin()
    return response.status, dict(response.headers), json.loads(response.read())


def test_the_line_is_so_long_and_who_finds_no_place_is_told_at_once_when_to_come_back(
    office: Kecamatan, one_thread: App
) -> None:
    with background_server(one_thread) as url, ExitStack() as stack:
        with at_work(one_thread):
            acting = asking(stack, url, an_act(one_thread, office))
            until(lambda: len(one_thread.parts.ledger._queue._line) == 0 and one_thread.parts.ledger._queue._led)
            waiting = [asking(stack, url, HEALTH) for _ in range(line.MOST_WAITING)]
            beyond = [asking(stack, url, HEALTH) for _ in range(40)]
            began = time.monotonic()
            told = [answer_on(peer) for peer in beyond]
            assert time.monotonic() - began < 3, "nobody waits to be refused"
            beyond[0].sendall(HEALTH)  # the connection is as good as before
            again = answer_on(beyond[0])
        assert answer_on(acting)[0] == 201
        assert [answer_on(peer)[0] for peer in waiting] == [200] * line.MOST_WAITING
        beyond[0].sendall(HEALTH)
        assert answer_on(beyond[0])[0] == 200
    seconds = [int(headers["Retry-After"]) for _, headers, _ in [*told, again]]
    assert {(status, said["rule"]) for status, _, said in [*told, again]} == {(503, "server.crowded")}
    assert [said["retry_after"] for _, _, said in [*told, again]] == seconds
    assert seconds == sorted(seconds), "who comes later is told a later time"
    assert 1 <= seconds[0] <= seconds[-1] <= line.LONGEST


def test_the_time_to_come_back_follows_from_the_pace_and_the_line() -> None:
    pace = line.Pace(now=0.0)
    for second in range(1, 11):
        pace.served(float(second))
    assert [pace.seconds_until_room(4, now=10.0) for _ in range(3)] == [5, 6, 7], "those who were told before come too"
    pace.begin(now=60.0)
    for second in range(1, 11):
        pace.served(60.0 + second)
    assert pace.seconds_until_room(4, now=70.0) == 5, "by now they have come"
    assert pace.seconds_until_room(4, now=1000.0) == line.LONGEST, "nothing was answered for long"
    pace.begin(now=2000.0)
    assert pace.seconds_until_room(0, now=2000.0) == 1, "never at once"


def test_a_connection_too_many_is_refused_and_closed_and_those_there_are_go_on(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "CONNECTIONS", 3)
    with background_server(app) as url, ExitStack() as stack:
        first, *rest = [asking(stack, url, HEALTH) for _ in range(3)]
        assert [answer_on(peer)[0] for peer in (first, *rest)] == [200] * 3
        status, headers, said = answer_on(asking(stack, url, HEALTH))
        assert (status, said["rule"], headers["Connection"]) == (503, "server.crowded", "close")
        assert int(headers["Retry-After"]) > 0
        first.sendall(HEALTH)
        assert answer_on(first)[0] == 200
        first.close()
        until_served(lambda: httpx.get(f"{url}/healthz", timeout=3))


@pytest.mark.parametrize(
    "framing",
    [b"Content-Length: 100000\r\n\r\n" + b"x" * 9, b"Transfer-Encoding: chunked\r\n\r\n11170\r\n" + b"x" * 70_000],
    ids=["a stated length", "chunks"],
)
def test_a_large_body_of_any_kind_takes_the_place_of_a_document(framing: bytes, app: App, office: Kecamatan) -> None:
    large = b"POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + framing
    with background_server(app) as url, ExitStack() as stack:
        first = asking(stack, url, large)
        time.sleep(0.2)  # it has arrived and holds the place
        status, headers, said = answer_on(asking(stack, url, large))
        assert (status, said["rule"]) == (503, "server.busy")
        assert int(headers["Retry-After"]) > 0
        assert answer_on(asking(stack, url, an_act(app, office)))[0] == 201
        first.close()


def test_an_answer_leaves_in_one_piece(app: App, office: Kecamatan) -> None:
    with background_server(app) as url, ExitStack() as stack:
        whole = asking(stack, url, an_act(app, office)).recv(65536)
        head, _, body = whole.partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % len(body) in head
        assert json.loads(body)["stream"] == CASE


def test_a_connection_that_is_idle_for_long_is_closed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE", 1)
    with background_server(app) as url, ExitStack() as stack:
        peer = asking(stack, url, HEALTH)
        assert answer_on(peer)[0] == 200
        peer.settimeout(20)
        assert peer.recv(1) == b""


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def signed_in(app: App) -> str:
    """Return the line of a request that says who asks."""
    return "".join(f"{name}: {value}\r\n" for name, value in bearer(app).items())


def connection(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)


def until_served(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Return the answer once the places are free again, which takes the server a moment."""
    end = time.monotonic() + 5
    while (answer := ask()).status_code == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return answer


SERVE = textwrap.dedent(
    """
    import datetime as dt
    import os
    import sys
    from api.app import create_app
    from api.server import serve
    from api.settings import Settings
    from tests.kit import MORNING, Clock
    settings = Settings.read(os.environ | {"JEJAK_HOME": sys.argv[1], "JEJAK_PORT": sys.argv[2]})
    app = create_app(settings, Clock(MORNING + dt.timedelta(days=1)))
    serve(app)
    print("selesai", flush=True)
    """
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_after_the_answers_that_it_owes(number: signal.Signals, tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    logkey.write(tmp_path / "log.key", office.log)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), str(port)],
        cwd=ROOT,
        env=postgres.environment(tmp_path) | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 20
        while not _answers(url) and time.monotonic() < end:
            time.sleep(0.05)
        official, kind, body = office.steps()[0]
        envelope = office.sign(official, CASE, kind, body)
        head = (
            b"POST /v1/acts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        with (
            held(office.ledger.database) as let_go,
            socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        ):
            connection.sendall(head % len(envelope) + envelope)
            time.sleep(0.3)  # the act has arrived and waits for its turn
            process.send_signal(number)
            time.sleep(0.3)
            assert process.poll() is None
            let_go()
            assert connection.recv(65536).startswith(b"HTTP/1.1 201")
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "selesai\n")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
    stream = office.ledger.stream(CASE)
    assert stream is not None
    assert stream.version == 1


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
