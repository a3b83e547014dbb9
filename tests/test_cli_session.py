"""Signing in on the command line: a passphrase once, then reading without one; what is kept, and what is never shown.

Where a service lies, it is a go-between on a socket of its own that passes everything on but what it lies about.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

from api.cli_connect import session_file
from api.server import background_server
from api.sign_in import KeptSession
from keys import strict_json
from keys.envelope import Envelope
from keys.signin import PAYLOAD_TYPE
from tests.kit import CASE as STREAM
from tests.kit import FOUNDERS, INSPECTOR, ORIGIN, key, mandate_of
from tests.signed_in import keep
from tests.test_cli import CASE, WORDS, Desk, desk, ended, fault, opened, run

__all__ = ["desk", "opened"]  # fixtures

SRI, BUDI, RATNA, AGUS = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim"


@pytest.fixture
def office(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk at which nobody is signed in; the case waits for Budi's paraf."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "keadaan"))
    desk.kecamatan.run(upto=5)
    return desk


def at(office: Desk, official: str, *more: object, url: str | None = None) -> list[object]:
    """Return the options by which an official is known at the desk that they share, without a passphrase."""
    where = ("--url", url or office.url, "--remembered", office.folder / "ingatan", "--pin", office.pin)
    return ["--key", office.key(official), *where, *more]


def login(office: Desk, official: str, *more: object, url: str | None = None) -> Result:
    return run("login", *at(office, official, "--passphrase-file", office.passphrase, url=url), *more)


def asked(office: Desk, *words: object) -> Result:
    """Return what a command that reads says, without a key."""
    return run(*words, "--url", office.url)


def kept(office: Desk) -> KeptSession | None:
    return session_file(office.url).load()


def who(office: Desk) -> str:
    """Return who is signed in, as the service knows them."""
    return str(json.loads(ended(asked(office, "session", "--json"), 0).stdout)["official"])


def paraf(office: Desk, *more: object, answer: str | None = None) -> Result:
    options = at(office, BUDI, "--mandate", mandate_of(BUDI), "--case", CASE)
    return run("act", "paraf.given", *options, *more, answer=answer)


# --- in, and out -----------------------------------------------------------------------------------------


def test_who_signs_in_is_told_who_they_are_and_reads_until_they_sign_out(office: Desk) -> None:
    shown = ended(login(office, BUDI), 0).stdout
    assert shown.splitlines()[1:] == [
        f"  - Sekretaris Kecamatan Kalipare ({mandate_of(BUDI)}), unit kalipare",
        "Perkara yang dapat dibaca: kalipare.",
    ]
    assert shown.startswith("Masuk sebagai Budi Santoso (sintetis) (budi-santoso), sampai 2 Maret 2026 20.")
    assert ended(asked(office, "session"), 0).stdout == shown
    assert CASE in ended(asked(office, "cases"), 0).stdout
    assert ended(asked(office, "logout"), 0).stdout == "budi-santoso sudah keluar.\n"
    said = fault(asked(office, "cases", "--json"), 1, "session.missing")
    how = f"Masuk dengan kunci sendiri: jejak login --key BERKAS --url {office.url}"
    assert said["allowed"] == f"{how} --pin BERKAS-PATOKAN", "where nothing is pinned"
    (office.folder / "patokan").mkdir()
    (office.folder / "patokan" / "pins.json").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JEJAK_REMEMBERED", str(office.folder / "patokan"))
        assert fault(asked(office, "cases", "--json"), 1, "session.missing")["allowed"] == how
        patch.setenv("JEJAK_URL", office.url)
        allowed = fault(asked(office, "cases", "--json"), 1, "session.missing")["allowed"]
    assert allowed == "Masuk dengan kunci sendiri: jejak login --key BERKAS"
    assert ended(asked(office, "logout"), 0).stdout == "Memang tidak ada yang masuk.\n"


def test_after_the_sign_out_a_copy_of_the_token_is_good_for_nothing(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    copy = kept(office)
    assert copy is not None
    ended(asked(office, "logout"), 0)
    session_file(office.url).keep(copy)
    fault(asked(office, "cases", "--json"), 1, "session.ended")


def test_what_is_kept_is_for_its_owner_only_and_gone_afterwards(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    (file,) = (office.folder / "keadaan").rglob("session")
    assert file.stat().st_mode & 0o777 == 0o600
    ended(asked(office, "logout"), 0)
    assert not file.exists()


def test_no_command_shows_anything_of_a_token(office: Desk) -> None:
    shown = [login(office, BUDI), login(office, BUDI, "--json")]
    tokens = [one.token for one in [kept(office)] if one]
    shown += [asked(office, *words.split()) for words in ("session", "session --json", "cases --json", "reads --json")]
    shown += [paraf(office, "--yes", "--json", "--passphrase-file", office.passphrase)]
    shown += [asked(office, "logout", "--json"), asked(office, "session", "--json")]
    assert len(tokens) == 1
    for result in shown:
        for text in (result.stdout, result.stderr):
            assert not any(token[at : at + 8] in text for token in tokens for at in range(len(token) - 8))
            assert "token" not in text


def test_who_mistypes_the_passphrase_is_told_so_and_nobody_is_signed_out(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    office.passphrase.write_text("kuda besi minum susu\n", encoding="utf-8")
    fault(login(office, RATNA, "--json"), 1, "keyfile.passphrase")
    assert who(office) == BUDI


def test_no_passphrase_is_asked_for_a_ledger_that_is_another_one(office: Desk) -> None:
    office.pin.write_text(json.dumps({"vkey": str(office.kecamatan.log.vkey), "founding": "0" * 64}))
    result = run("login", *at(office, BUDI), answer=f"{WORDS}\n")
    assert "Kata sandi" not in ended(result, 1).stdout
    assert result.stderr.endswith("[client.founding]\n")
    assert kept(office) is None


def test_a_key_that_was_revoked_does_not_sign_in(office: Desk) -> None:
    body = {"keyid": key(BUDI).public.id, "reason": "lost"}
    office.kecamatan.do(FOUNDERS[0], "register", "key.revoked", body)
    fault(login(office, BUDI, "--json"), 1, "signin.refused")
    assert kept(office) is None


def test_without_a_mandate_one_signs_in_for_the_sake_of_ones_own_keys(office: Desk) -> None:
    withdrawn = {"mandate": mandate_of(AGUS), "reason": "Mutasi (sintetis)."}
    office.kecamatan.do(FOUNDERS[0], "register", "mandate.withdrawn", withdrawn)
    shown = ended(login(office, AGUS), 0).stdout
    assert "Tanpa mandat yang berlaku: hanya untuk mengurus kunci sendiri." in shown
    assert "Perkara yang dapat dibaca: tidak ada; hanya register." in shown
    assert "Agus Salim" in ended(asked(office, "register", "show", AGUS), 0).stdout
    fault(asked(office, "cases", "--json"), 1, "access.mandate")


# --- signing signs in ------------------------------------------------------------------------------------


def test_the_first_act_asks_the_passphrase_once_and_reading_after_it_never(office: Desk) -> None:
    page = ended(paraf(office, answer=f"{WORDS}\ny\n"), 0).stdout
    assert page.count("Kata sandi") == 1
    assert page.index("Kata sandi") < page.index("Artinya:") < page.index("Tandatangani?") < page.index("TERCATAT")
    for words in (("trail", CASE), ("state", CASE), ("replay", CASE), ("time", CASE), ("register", "show")):
        assert "Kata sandi" not in ended(asked(office, *words), 0).stdout


def test_who_is_signed_in_is_asked_the_passphrase_only_after_the_yes(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    page = ended(paraf(office, answer=f"y\n{WORDS}\n"), 0).stdout
    assert page.count("Kata sandi") == 1
    assert page.index("Tandatangani?") < page.index("Kata sandi") < page.index("TERCATAT")


def test_who_signs_with_another_key_takes_the_place_of_whoever_was_signed_in(office: Desk) -> None:
    ended(login(office, RATNA), 0)
    ended(paraf(office, "--yes", "--passphrase-file", office.passphrase), 0)
    assert who(office) == BUDI
    ended(login(office, RATNA), 0)
    assert who(office) == RATNA


def late(office: Desk) -> None:
    office.kecamatan.clock.now += dt.timedelta(hours=13)


def revoked(office: Desk) -> None:
    ledger = office.kecamatan
    ledger.do(FOUNDERS[0], "register", "key.revoked", {"keyid": key(RATNA).public.id, "reason": "lost"})


def withdrawn(office: Desk) -> None:
    said = {"mandate": mandate_of(RATNA), "reason": "Mutasi (sintetis)."}
    office.kecamatan.do(FOUNDERS[0], "register", "mandate.withdrawn", said)


@pytest.mark.parametrize("end", [late, revoked, withdrawn])
def test_a_session_that_has_ended_says_how_to_sign_in_again(end: Callable[[Desk], None], office: Desk) -> None:
    ended(login(office, RATNA), 0)
    end(office)
    result = ended(asked(office, "trail", CASE), 1)
    assert result.stdout == ""
    assert "jejak login --key BERKAS" in result.stderr
    assert result.stderr.endswith("[session.ended]\n")


def test_a_session_that_is_over_by_this_machines_clock_is_not_even_sent(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    mine = kept(office)
    assert mine is not None
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).isoformat()
    session_file(office.url).keep(mine.model_copy(update={"until": past}))
    fault(asked(office, "trail", CASE, "--json"), 1, "session.missing")


def test_an_act_signs_in_anew_by_itself_where_the_session_has_ended(office: Desk) -> None:
    ended(login(office, BUDI), 0)
    before = kept(office)
    late(office)
    page = ended(paraf(office, answer=f"{WORDS}\ny\n"), 0).stdout
    assert page.count("Kata sandi") == 1
    after = kept(office)
    assert before is not None
    assert after is not None
    assert before.token != after.token
    ended(asked(office, "trail", CASE), 0)


@pytest.mark.parametrize("data", [b"", b"bukan tanda masuk", b'{"official":"budi-santoso"}', b"[]"])
def test_a_kept_session_that_is_damaged_is_worth_nothing_and_stops_nobody(data: bytes, office: Desk) -> None:
    ended(login(office, BUDI), 0)
    (file,) = (office.folder / "keadaan").rglob("session")
    file.write_bytes(data)
    fault(asked(office, "cases", "--json"), 1, "session.missing")
    ended(paraf(office, "--yes", "--passphrase-file", office.passphrase), 0)
    assert who(office) == BUDI


# --- a service that fails, or lies -----------------------------------------------------------------------


def test_where_the_service_is_gone_the_sign_out_still_forgets_and_says_what_is_left(office: Desk) -> None:
    with background_server(office.app) as url:
        ended(login(office, BUDI, url=url), 0)
    result = ended(run("logout", "--url", url), 2)
    said = " ".join(result.stderr.split())
    assert "budi-santoso sudah keluar di komputer ini, tetapi layanan tidak mengakhirinya." in said
    assert "Salinan tanda masuk itu, bila ada, masih berlaku sampai" in said
    assert said.endswith("[client.unreachable]")
    assert session_file(url).load() is None


Answering = Callable[[bytes], tuple[int, bytes]]


@dataclass
class GoBetween:
    """What stands between: it answers the paths in ``lies`` itself, and passes everything else on."""

    service: str
    lies: dict[str, Answering] = field(default_factory=dict)
    url: str = ""
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def statement(self) -> dict[str, Any]:
        """Return the words of the one statement that was sent."""
        (sent,) = [data for path, data in self.heard if path == "/v1/sessions"]
        envelope = Envelope.parse(sent)
        assert envelope.payload_type == PAYLOAD_TYPE
        said = strict_json.loads(envelope.opened_with(key(BUDI).public).payload)
        assert isinstance(said, dict)
        return said


@contextmanager
def between(office: Desk, **lies: Answering) -> Iterator[GoBetween]:
    """Stand between the desk and its service; a path is named by its last part."""
    here = GoBetween(office.url, {f"/v1/{path}": answer for path, answer in lies.items()})

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            here.heard.append((path, body))
            if path in here.lies:
                status, data = here.lies[path](body)
            else:
                headers = {name: self.headers[name] for name in ("Content-Type", "Authorization") if self.headers[name]}
                said = httpx.request(self.command, here.service + self.path, content=body, headers=headers, timeout=10)
                status, data = said.status_code, said.content
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  the names that http.server looks for

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


def says(status: int, value: Any) -> Answering:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda _: (status, data)


def test_who_passes_a_challenge_and_its_answer_on_gets_no_session(office: Desk) -> None:
    with between(office) as stranger:
        said = fault(login(office, BUDI, "--json", url=stranger.url), 1, "signin.audience")
    assert stranger.url in said["detail"], "the statement is for the address that the person used"
    assert stranger.statement()["audience"] == stranger.url
    assert session_file(stranger.url).load() is None


def test_who_names_another_ledger_and_address_gets_a_statement_for_the_pinned_ledger_only(office: Desk) -> None:
    """The challenge is one that another ledger gave, and is passed on as if it were this one's."""
    theirs = {"challenge": "A" * 43, "ledger": "pagak.malangkab.example/jejak", "audiences": ["https://pagak.example"]}
    with between(office, challenges=says(201, theirs | {"until": "2026-03-02T01:00:00Z"})) as stranger:
        ended(login(office, BUDI, url=stranger.url), 1)
        said = stranger.statement()
    assert said == {"ledger": ORIGIN, "audience": stranger.url, "official": BUDI, "challenge": "A" * 43}


@pytest.mark.parametrize("challenge", [None, 43, "pendek", "A" * 44, "A" * 42 + "="], ids=repr)
def test_what_is_no_challenge_is_never_signed(challenge: Any, office: Desk) -> None:
    with between(office, challenges=says(201, {"challenge": challenge})) as stranger:
        fault(login(office, BUDI, "--json", url=stranger.url), 2, "client.answer")
    assert "/v1/sessions" not in [path for path, _ in stranger.heard]


@pytest.mark.parametrize("answer", [b"", b"bukan JSON", b"[]", b"{}"])
def test_an_answer_without_a_challenge_cannot_be_judged(answer: bytes, office: Desk) -> None:
    with between(office, challenges=says(201, answer)) as stranger:
        fault(login(office, BUDI, "--json", url=stranger.url), 2, "client.answer")
    assert "/v1/sessions" not in [path for path, _ in stranger.heard]


@pytest.mark.parametrize(
    "changes",
    [{"token": None}, {"token": 5}, {"until": "besok"}, {"since": None}, {"until": "9999-12-31T23:59:59Z"}],
    ids=["no token", "a number", "no time", "no beginning", "beyond all time"],
)
def test_what_is_no_session_is_not_kept(changes: dict[str, Any], office: Desk) -> None:
    given = {"token": "A" * 43, "official": BUDI, "since": "2026-03-02T01:00:00Z", "until": "2026-03-02T13:00:00Z"}
    with between(office, sessions=says(201, given | changes)) as stranger:
        fault(login(office, BUDI, "--json", url=stranger.url), 2, "client.answer")
    assert session_file(stranger.url).load() is None


def test_a_service_that_refuses_the_session_that_it_just_gave_is_not_asked_for_ever(office: Desk) -> None:
    given = {"token": "A" * 43, "official": BUDI, "since": "2026-03-02T01:00:00Z", "until": "2026-03-02T13:00:00Z"}
    with between(office, sessions=says(201, given)) as stranger:
        options = at(office, BUDI, "--mandate", mandate_of(BUDI), "--case", CASE, url=stranger.url)
        result = run("act", "paraf.given", *options, "--yes", "--passphrase-file", office.passphrase)
    assert ended(result, 1).stderr.endswith("[session.ended]\n")
    assert [path for path, _ in stranger.heard].count("/v1/sessions") == 1


@pytest.mark.parametrize("answer", [[], {}, {"mandates": 5}, {"mandates": [{}]}], ids=repr)
def test_what_does_not_say_who_is_signed_in_cannot_be_judged(answer: Any, office: Desk) -> None:
    with between(office, session=says(200, answer)) as stranger:
        assert ended(run("session", "--url", stranger.url), 2).stderr.endswith("[client.answer]\n")


# --- who read what ---------------------------------------------------------------------------------------


@pytest.fixture
def inspected(office: Desk) -> Desk:
    """Return a desk at which Ratna and then Sri have read the case, and the auditor is signed in."""
    office.kecamatan.register(INSPECTOR)
    for official in (RATNA, SRI):
        keep(office.app, office.url, official)
        ended(asked(office, "trail", CASE), 0)
    keep(office.app, office.url, INSPECTOR)
    return office


def rows(office: Desk, *filters: object) -> list[dict[str, Any]]:
    said = json.loads(ended(asked(office, "reads", *filters, "--json"), 0).stdout)
    return [one for one in said["reads"] if one["name"] == STREAM]


def test_an_inspector_signs_in_for_every_unit_and_sees_who_read_what(inspected: Desk) -> None:
    assert "Perkara yang dapat dibaca: semua unit." in ended(login(inspected, INSPECTOR), 0).stdout
    shown = ended(asked(inspected, "reads", "--what", "alur"), 0).stdout
    page = " ".join(shown.split())
    assert re.search(f"{RATNA}.*{CASE}", page)
    assert page.index(SRI) < page.index(RATNA), "the newest first"
    assert "bukan bagian buku besar" in page
    assert max(map(len, shown.splitlines())) <= 100


def test_who_inspects_is_seen_to_have_read_as_well(inspected: Desk) -> None:
    ended(asked(inspected, "trail", CASE), 0)
    newest = rows(inspected)[0]
    assert (newest["official"], newest["role"], newest["what"]) == (INSPECTOR, "inspektorat", "alur")


def test_reads_are_found_by_person_sort_and_thing(inspected: Desk) -> None:
    assert [one["official"] for one in rows(inspected)] == [SRI, RATNA]
    assert [one["official"] for one in rows(inspected, "--official", RATNA)] == [RATNA]
    for name in (CASE, STREAM):
        assert [one["official"] for one in rows(inspected, "--what", "alur", "--name", name)] == [SRI, RATNA]
    none = ended(asked(inspected, "reads", "--official", AGUS), 0).stdout
    assert none.startswith("Belum ada yang membaca.\n")
    assert "bukan bagian buku besar" in none


def test_a_long_list_of_reads_goes_on_where_the_page_before_ended(inspected: Desk) -> None:
    store, now = inspected.app.parts.sessions, inspected.kecamatan.clock.now
    _, other = store.begin(AGUS, key(AGUS).public.id, now, [mandate_of(AGUS)])
    for index in range(60):
        store.note_read(other, "staf kalipare", "daun", str(index), now)
    first = ended(asked(inspected, "reads", "--official", AGUS), 0).stdout
    before = first.partition("\nHalaman berikutnya: --before ")[2].split()[0]
    second = ended(asked(inspected, "reads", "--official", AGUS, "--before", before), 0).stdout
    assert "Halaman berikutnya" not in second
    listed = [line.partition(" daun ")[2].split()[0] for line in (first + second).splitlines() if " daun " in line]
    assert listed == [str(index) for index in reversed(range(60))]


def test_nobody_but_the_inspectorate_sees_who_read_what(office: Desk) -> None:
    ended(login(office, SRI), 0)
    said = fault(asked(office, "reads", "--json"), 1, "access.inspector")
    assert "Inspektorat" in said["detail"]


@pytest.mark.parametrize("answer", [[], {}, {"reads": 5}, {"reads": [{}]}], ids=repr)
def test_what_does_not_say_who_read_what_cannot_be_judged(answer: Any, office: Desk) -> None:
    with between(office, reads=says(200, answer)) as stranger:
        assert ended(run("reads", "--url", stranger.url), 2).stderr.endswith("[client.answer]\n")
