"""docs/deploy.md does what it says: its nginx stands before the service, its copy is whole, its numbers are the code's.

nginx is Debian's. Where there is none these tests are left out, loudly; under CI=true that is a failure.
"""

from __future__ import annotations

import configparser
import datetime as dt
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, expect, sync_playwright

from api import channels, rate, server
from api.app import App
from api.cli import main
from api.desk import static_files
from api.parts import NAME as PARTS
from api.server import background_server
from api.settings import Settings
from keys import keyfile, signin
from keys.keyfile import write_keyfile
from ledger import documents, turn
from ledger.store import open_store
from tests.browser import chromium
from tests.browser.conftest import MISSING as NO_CHROMIUM
from tests.kit import CASE, ORIGIN, key
from tests.served import JSON, Served, served

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")


def blocks(language: str, heading: str = "") -> list[str]:
    """Return the page's blocks in a language, those below one heading (two or three ``#``)."""
    _, _, below = PAGE.partition(f"## {heading}\n") if heading else ("", "", PAGE)
    part = re.split(r"^##", below, maxsplit=1, flags=re.MULTILINE)[0] if heading else below
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


COPYING, AUDITING, RESTORING = blocks("sh", "5. Backups")
SEVERAL, SITE = blocks("nginx")
UNIT, *_ = blocks("ini")
(ENVIRONMENT,) = blocks("env")
NAME = "jejak.malangkab.example"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
MISSING = "no nginx on this machine: docs/deploy.md was not tried (Debian: apt install nginx-light)"
BUDI, SRI, PASSPHRASE = "budi-santoso", "sri-wahyuni", "kuda besi minum kopi"
SECONDS = 20


def needed(what: object, missing: str) -> None:
    """Leave the test out, or fail it under CI=true, where this machine lacks something."""
    if what is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def certificate(folder: Path) -> None:
    """Write a certificate for the page's name that is signed by itself."""
    private, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "privkey.pem").write_bytes(private.private_bytes(*form))


@contextmanager
def nginx(folder: Path, services: Sequence[int], https: int, http: int) -> Iterator[None]:
    """Run nginx with the page's own configuration for one service, or for several; ports and folders are ours."""
    certificate(folder)
    ours = {
        f"/etc/letsencrypt/live/{NAME}": str(folder),
        "/var/cache/nginx-jejak": str(folder / "cache"),
        "/var/log/nginx": str(folder),
        "listen 80;": f"listen 127.0.0.1:{http};",
        "listen 443": f"listen 127.0.0.1:{https}",
        f"https://{NAME}$": f"https://{NAME}:{https}$",
    }
    site = SITE if len(services) == 1 else re.sub(r"upstream jejak \{.*?\n\}", SEVERAL.strip(), SITE, flags=re.DOTALL)
    listening = re.findall(r"server (127\.0\.0\.1:[0-9]+);", site)
    ours |= {one: f"127.0.0.1:{port}" for one, port in zip(listening, services, strict=True)}
    for theirs, own in ours.items():
        assert theirs in site
        site = site.replace(theirs, own)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{one}_temp_path {folder}/{one};\n" for one in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""  # else its workers could not enter the test's folder
    around = f"{user}pid {folder}/pid;\nevents {{}}\nhttp {{\n{temporary}{site}}}\n"
    (folder / "nginx.conf").write_text(around, "utf-8")
    command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        end = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", https), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(SECONDS)


class Line(httpx.HTTPTransport):
    """Reaches the page's name at an address of this machine, from an address of this machine."""

    def __init__(self, folder: Path, come_from: str) -> None:
        trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        super().__init__(verify=trust, local_address=come_from)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        return super().handle_request(request)


@dataclass
class Deployed:
    """An office behind nginx; ``asked`` is what came to the service: path, caller's address, port of the connection."""

    office: Served
    app: App
    folder: Path
    https: int
    http: int
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.https}"

    def client(self, come_from: str = "127.0.0.1") -> httpx.Client:
        """Return a caller of its own."""
        headers = {"Host": f"{NAME}:{self.https}"}
        address = f"https://127.0.0.1:{self.https}"
        return httpx.Client(base_url=address, transport=Line(self.folder, come_from), headers=headers, timeout=SECONDS)

    def signed_in(self, official: str = BUDI) -> httpx.Client:
        """Return a caller that has signed in the whole way, as a browser does."""
        with self.client() as asking:
            given = asking.post("/v1/challenges", headers={"Origin": self.origin}).json()
            statement = signin.sign(ORIGIN, self.origin, official, given["challenge"], key(official))
            sent = {"Origin": self.origin, "Content-Type": JSON}
            answer = asking.post("/v1/sessions/browser", content=statement, headers=sent)
            assert answer.status_code == 201, answer.text
        client = self.client()
        client.headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
        return client

    def times(self, path: str) -> int:
        """Return how often a path was asked of the service."""
        return sum(one == path for one, _, _ in self.asked)


def listening(app: App, asked: list[tuple[str, str, str]]) -> None:
    """Note each request that comes to the service."""
    real: Any = app.wsgi_app

    def noting(environ: dict[str, Any], start: Any) -> Any:
        asked.append((environ["PATH_INFO"], environ["REMOTE_ADDR"], environ["REMOTE_PORT"]))
        return real(environ, start)

    app.wsgi_app = noting  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Return an office behind the page's nginx, one case before its paraf."""
    needed(NGINX, MISSING)
    home, folder = tmp_path_factory.mktemp("buku"), tmp_path_factory.mktemp("nginx")
    https, http = free_port(), free_port()
    with served(home) as office:
        office.open()
        office.run(upto=5)
        app = office.serve(f"https://{NAME}:{https}")
        found = Deployed(office, app, folder, https, http)
        listening(app, found.asked)
        with background_server(app) as url, nginx(folder, [int(url.rpartition(":")[2])], https, http):
            yield found


def test_whoever_signs_in_through_it_gets_a_cookie_that_is_bound_to_this_host_and_to_https(deployed: Deployed) -> None:
    with deployed.client() as client:
        given = client.post("/v1/challenges").json()
        assert given["audiences"] == [deployed.origin]
        statement = signin.sign(ORIGIN, deployed.origin, BUDI, given["challenge"], key(BUDI))
        sent = {"Origin": deployed.origin, "Content-Type": JSON}
        answer = client.post("/v1/sessions/browser", content=statement, headers=sent)
    assert answer.status_code == 201
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert cookie.startswith("__Host-jejak=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(attributes)
    assert not any(one.startswith("Domain") for one in attributes)


def test_a_document_of_twenty_mebibytes_goes_in_and_comes_out_whole(deployed: Deployed) -> None:
    data = os.urandom(documents.MAX_BYTES)
    with deployed.signed_in() as client:
        sent = {"Origin": deployed.origin, "Content-Type": "application/pdf"}
        answer = client.post("/v1/documents", content=data, headers=sent)
        assert answer.status_code == 201, answer.text
        back = client.get(f"/v1/documents/{answer.json()['digest']}")
        assert back.status_code == 200
        assert back.content == data
        assert (back.headers["Cache-Control"].partition(",")[0], "Age" in back.headers) == ("private", False)


def test_a_document_that_is_too_large_is_refused_by_the_service_in_its_own_words(deployed: Deployed) -> None:
    with deployed.signed_in() as client:
        sent = {"Origin": deployed.origin, "Content-Type": "application/pdf"}
        answer = client.post("/v1/documents", content=bytes(documents.MAX_BYTES + 1), headers=sent)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["rule"].startswith("document.")
        assert client.post("/v1/documents", content=bytes(22 * 1024 * 1024), headers=sent).status_code == 413


def test_every_answer_has_https_for_a_year_and_one_policy_which_is_the_services(deployed: Deployed) -> None:
    with deployed.signed_in() as client:
        static = f"/statis/{static_files.version()}/desk.css"
        for path in ("/", "/masuk", "/meja", "/v1/session", "/v1/none", "/log/checkpoint", static, static):
            answer = client.get(path)
            assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"], path
            policy = answer.headers.get_list("Content-Security-Policy")
            assert len(policy) == 1, path
            assert policy[0].startswith(("default-src 'self';", "default-src 'none';")), path
            assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"], path
            assert "1." not in answer.headers["Server"], "nobody is told the version"


def test_a_private_page_is_kept_by_nobody_on_the_way_and_is_of_whoever_asks(deployed: Deployed) -> None:
    before = deployed.times("/meja")
    with deployed.signed_in(BUDI) as budi, deployed.signed_in(SRI) as sri, deployed.client() as nobody:
        pages = [one.get("/meja") for one in (budi, budi, sri, nobody)]
    assert deployed.times("/meja") == before + 4
    assert [one.status_code for one in pages] == [200, 200, 200, 303]
    assert {one.headers["Cache-Control"] for one in pages} == {"no-store"}
    assert "Budi Santoso" in pages[1].text
    assert "Budi Santoso" not in pages[2].text.partition("<main")[0]
    assert {one.headers.get("Content-Encoding") for one in pages[:3]} == {"gzip"}, "half of it goes over a weak line"


def test_modules_and_hash_tiles_are_asked_of_the_service_once_for_all_callers(deployed: Deployed) -> None:
    static, tile = f"/statis/{static_files.version()}/bytes.js", "/log/tile/0/000.p/3"
    with deployed.signed_in() as budi, deployed.client() as nobody:
        for path, own in ((static, static_files.contents()["bytes.js"]), (tile, None)):
            answers = [one.get(path) for one in (budi, nobody, budi)]
            assert {one.status_code for one in answers} == {200}
            assert {one.headers["Cache-Control"] for one in answers} == {"public, max-age=31536000, immutable"}
            assert {one.content for one in answers} == {own or answers[0].content}
            assert deployed.times(path) == 1
        plain = nobody.get(static, headers={"Accept-Encoding": "identity"})
        assert ("Content-Encoding" in plain.headers, plain.content) == (False, static_files.contents()["bytes.js"])
        lost = [nobody.get("/statis/0123456789abcdef/bytes.js").status_code for _ in range(2)]
        assert lost == [404, 404]
        assert deployed.times("/statis/0123456789abcdef/bytes.js") == 2, "what is not there may come"


def test_entries_are_asked_of_the_service_each_time_and_only_for_those_who_may_read_them(deployed: Deployed) -> None:
    path = "/log/tile/entries/000.p/3"
    with deployed.signed_in() as budi, deployed.client() as nobody:
        assert [one.get(path).status_code for one in (budi, nobody, budi)] == [200, 401, 200]
    assert deployed.times(path) == 3


@pytest.fixture
def twice(deployed: Deployed) -> Iterator[Deployed]:
    """Return the office while it lets each address ask to sign in twice."""
    whole = deployed.app.parts
    less = replace(whole, rate=rate.Rate(2, 0.001))
    deployed.app.parts = deployed.app.extensions[PARTS] = less
    yield deployed
    deployed.app.parts = deployed.app.extensions[PARTS] = whole


def test_who_asks_too_often_is_held_up_by_their_own_address_and_holds_up_nobody_else(twice: Deployed) -> None:
    with twice.client("127.0.0.1") as one, twice.client("127.0.0.2") as other:
        assert [one.post("/v1/challenges").status_code for _ in range(3)] == [201, 201, 429]
        assert [other.post("/v1/challenges").status_code for _ in range(3)] == [201, 201, 429]
    assert {address for path, address, _ in twice.asked if path == "/v1/challenges"} >= {"127.0.0.1", "127.0.0.2"}


def test_an_address_that_a_caller_makes_up_is_not_believed(twice: Deployed) -> None:
    with twice.client() as client:
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            twice.app.parts.rate._known.clear()
            made_up = [{header: f"198.51.100.{number}"} for number in (1, 2, 3)]
            answers = [client.post("/v1/challenges", headers=one).status_code for one in made_up]
            assert answers == [201, 201, 429], header


def test_connections_to_the_service_are_used_again(deployed: Deployed) -> None:
    at = len(deployed.asked)
    with deployed.client() as client:
        for _ in range(20):
            assert client.get("/log/checkpoint").status_code == 200
    connections = {port for path, _, port in deployed.asked[at:] if path == "/log/checkpoint"}
    assert len(connections) < 10


def test_an_open_line_leads_to_https_and_another_name_gets_no_answer(deployed: Deployed) -> None:
    answer = httpx.get(f"http://127.0.0.1:{deployed.http}/perkara?limit=5", headers={"Host": NAME}, timeout=SECONDS)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{deployed.origin}/perkara?limit=5")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{deployed.https}/", verify=False, timeout=SECONDS)  # noqa: S501


def test_nothing_that_somebody_looks_for_or_signs_in_with_stands_in_its_records(deployed: Deployed) -> None:
    with deployed.signed_in() as client:
        assert client.get("/jejak?text=rahasia").status_code == 200
        token = client.headers["Cookie"].partition("=")[2]
    end = time.monotonic() + SECONDS
    while " /jejak 200 " not in (written := (deployed.folder / "jejak.log").read_text()):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "rahasia" not in written
    assert token not in written


def test_while_the_service_is_stopped_people_are_told_so_in_their_language(tmp_path: Path) -> None:
    needed(NGINX, MISSING)
    https, http = free_port(), free_port()
    with nginx(tmp_path, [free_port()], https, http), httpx.Client(transport=Line(tmp_path, "127.0.0.1")) as client:
        answer = client.get(f"https://127.0.0.1:{https}/meja", headers={"Host": NAME})
    assert answer.status_code == 503
    assert "tetap tersimpan di perangkat ini" in answer.text
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Strict-Transport-Security" in answer.headers


# --- a browser -------------------------------------------------------------------------------------------


def test_a_paraf_is_given_through_it_in_a_browser_by_https(deployed: Deployed, tmp_path: Path) -> None:
    needed(chromium.path(), NO_CHROMIUM)
    path = tmp_path / "budi.json"
    write_keyfile(path, keyfile.seal(key(BUDI), PASSPHRASE, official=BUDI, salt=os.urandom(16), nonce=os.urandom(12)))
    # In a thread of its own, for Playwright runs once in a thread, and other tests have it in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(give_paraf, deployed, path).result()
    stream = deployed.office.ledger.stream(CASE)
    assert stream is not None
    assert stream.version == 6


def give_paraf(deployed: Deployed, key_file: Path) -> None:
    """Sign in at the page's own name, and give the paraf; nothing may be blocked or go wrong."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=["--no-sandbox", rules])
        try:
            device = browser.new_context(ignore_https_errors=True, locale="id-ID", timezone_id="Asia/Jakarta")
            device.set_default_timeout(SECONDS * 1000)
            page, said = device.new_page(), list[str]()
            page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
            page.on("pageerror", lambda one: said.append(str(one)))
            page.goto(f"{deployed.origin}/masuk")
            assert page.evaluate("[isSecureContext, typeof crypto.subtle.sign]") == [True, "function"]
            assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
            opens(page, key_file)
            page.get_by_role("button", name="Buka dan masuk").click()
            expect(page.get_by_role("heading", name="Meja saya")).to_be_visible()
            assert [one["name"] for one in device.cookies()] == ["__Host-jejak"]
            page.get_by_role("link", name="Periksa dan paraf").first.click()
            opens(page, key_file)
            page.get_by_role("button", name="Buka kunci").click()
            page.locator("[data-at=buttons]").get_by_role("button", name="Bubuhkan paraf").click()
            page.locator("[data-at=sign]").click()
            expect(page.get_by_role("heading", name="Tercatat", exact=True)).to_be_visible()
            assert said == []
        finally:
            browser.close()


def opens(page: Page, key_file: Path) -> None:
    page.get_by_label("Berkas kunci (.json)").set_input_files(key_file)
    page.get_by_label("Kata sandi berkas itu").fill(PASSPHRASE)


# --- copies ----------------------------------------------------------------------------------------------


def test_a_copy_that_is_made_while_acts_are_recorded_is_whole(tmp_path: Path) -> None:
    with served(tmp_path / "buku") as office:
        office.open()
        with office.ledger.reading() as rows:
            first = rows.entry(0)
        assert first is not None
        pins = {"origin": ORIGIN, "vkey": str(office.log.vkey), "founding": first.leaf_hash.hex(), "synthetic": True}
        (tmp_path / "pin.json").write_text(json.dumps(pins), "utf-8")
        done = threading.Event()

        def record() -> int:
            """Record cases until the copy is made, and return how many acts there were when it was begun."""
            for number in range(1000):
                if done.is_set():
                    break
                office.run(case=f"case:00000000-0000-4000-8000-{number:012d}", upto=4)
            return office.size()

        with ThreadPoolExecutor(1) as pool:
            recording, before = pool.submit(record), office.size()
            try:
                typed(COPYING, tmp_path, JEJAK_DATABASE_URL=office.ledger.database.url)
            finally:
                done.set()
            after = recording.result()
        with open_store(tmp_path / typed('ls -d "$COPY"/2*', tmp_path).strip()) as rows:
            (tmp_path / "segel").write_bytes(rows.checkpoint() or b"")
    report = json.loads(typed(AUDITING.strip() + " --json", tmp_path).splitlines()[-1])
    assert report["sound"]
    assert report["verified"] == report["leaves"]
    assert before <= report["leaves"] <= after
    assert after > before, "acts were recorded meanwhile"
    restored = json.loads(typed(RESTORING.strip() + " --json", tmp_path).splitlines()[-1])
    assert restored["leaves"] == report["leaves"]
    assert [one["size"] for one in restored["remembered"]] == [report["leaves"]]
    with open_store(tmp_path / "latihan") as rows:
        assert rows.size() == report["leaves"]


def typed(command: str, folder: Path, **more: str) -> str:
    """Return what a command of the page says, in a shell with the page's variables."""
    told = {"JEJAK_HOME": "buku", "COPY": "salinan", "PIN": "pin.json", "DRILL": "latihan", "CHECKPOINT": "segel"}
    environment = os.environ | told | more | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["sh", "-eu", "-c", command]
    done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- what it says ----------------------------------------------------------------------------------------


def test_the_unit_starts_a_command_that_is_there_with_settings_that_are_read() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT)
    program, *words = unit["Service"]["ExecStart"].split()
    assert Path(program).name == "jejak"
    assert main.commands[words[0]].name == "serve"
    assert unit["Service"]["EnvironmentFile"] == "/etc/jejak.env"
    told = dict(re.findall(r"^(\w+)=(.*)$", ENVIRONMENT, re.MULTILINE))
    of_its_own = dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT, re.MULTILINE))
    assert told.keys() == {"JEJAK_HOME", "JEJAK_WEB_ORIGIN", "JEJAK_MEMORY"}
    assert of_its_own.keys() == {"JEJAK_PORT"}, "the file would be stronger (systemd.exec, EnvironmentFile=)"
    settings = Settings.read(told | of_its_own)
    assert settings.web_origin == f"https://{NAME}"
    assert f"server 127.0.0.1:{settings.port};" in SITE
    writable = [Path(one) for one in unit["Service"]["ReadWritePaths"].split()]
    for place in (settings.home, *settings.remembered):
        assert any(place.is_relative_to(one) for one in writable), place
    assert int(unit["Service"]["TimeoutStopSec"]) > server.PATIENCE


def test_its_numbers_are_those_of_the_code() -> None:
    said = " ".join(PAGE.split())
    assert f"client_max_body_size {documents.MAX_BYTES // 1024**2 + 1}m;" in SITE
    kept = re.search(r"keepalive_timeout (\d+)s;", SITE)
    assert kept is not None
    assert int(kept[1]) < server.IDLE
    assert f"the {server.IDLE} s after which the service closes" in said
    assert f"below {channels.RATE // 1024} KiB/s after {channels.GRACE:.0f} seconds" in said
    assert f"more than {rate.BURST} times at once" in said
    assert rate.PER_SECOND == 1.0
    assert turn.MOST_SKEW.total_seconds() == 5
    assert "more than five seconds behind" in said


def test_the_browsers_that_it_asks_for_are_those_that_the_desk_names() -> None:
    chrome, firefox, safari = re.findall(r"^\| (?:Chrome|Firefox|Safari).*? \| (\d+) \|", PAGE, re.MULTILINE)
    words = f"Chrome atau Edge {chrome}, Firefox {firefox}, Safari {safari} atau yang lebih baru"
    assert words in static_files.contents()["masuk.js"].decode()


def test_what_it_points_to_is_there() -> None:
    for target, _, part in re.findall(r"\]\((?!http)([^)#]*)(#([^)]+))?\)", PAGE):
        there = ROOT / "docs" / (target or "deploy.md")
        assert there.exists(), target
        headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
        assert not part or part.removeprefix("#") in anchors, (target, part)
