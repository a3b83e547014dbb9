"""The register as it is served: who held what from when until when, who gave and took it, now and at any leaf."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import App, create_app
from api.settings import Settings
from keys.possession import prove
from ledger import logkey
from ledger.note import NoteSigner
from tests.kit import FOUNDERS, MORNING, ORIGIN, Kecamatan, key, mandate, mandate_of, person
from tests.signed_in import desk

DEWI, EKO = FOUNDERS
SRI, BUDI, AGUS = "sri-wahyuni", "budi-santoso", "agus-salim"


@dataclass
class Office:
    """A ledger in which a mandate and a key were taken away, a proposal waits, and another fell with its proposer."""

    kecamatan: Kecamatan
    app: App
    http: FlaskClient
    before: int
    withdrawn: int
    revoked: int
    waiting: int
    fallen: int

    def get(self, path: str, at: int | str | None = None, status: int = 200) -> dict[str, Any]:
        answer = self.http.get(path, query_string={} if at is None else {"at": at})
        assert answer.status_code == status, answer.text
        return dict(answer.get_json())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("buku")
    kecamatan = Kecamatan(folder)
    kecamatan.found()
    for official in (SRI, BUDI, AGUS):
        kecamatan.register(official)
    registrar = {"mandate": "registrar-agus", "office": "registrar", "office_name": "Pendaftar Umum"}
    kecamatan.approve("mandate", {"mandate": mandate(AGUS, **registrar)})
    stand_in = mandate(
        SRI, mandate="camat-plh-budi", capacity="plh", absence="Cuti", start="2026-03-02", end="2026-03-04"
    )
    stand_in["official"] = BUDI
    before = kecamatan.approve("mandate", {"mandate": stand_in}).recorded.index
    kecamatan.clock.now = MORNING + dt.timedelta(days=3)
    withdrawn = kecamatan.do(
        EKO, "register", "mandate.withdrawn", {"mandate": mandate_of(SRI), "reason": "Pindah tugas."}
    ).recorded.index
    # The third registrar proposes, and then loses the key: what they proposed falls.
    new = {"official": "tini", "name": "Tini (sintetis)", "without_nip": "Tenaga honorer"}
    fallen = kecamatan.do(
        AGUS, "register", "official.proposed", {"person": new}, mandate="registrar-agus"
    ).recorded.index
    claim = {"reason": "compromised", "compromised_since": "2026-03-04T09:00:00+07:00", "note": "Dipinjam\ntetangga."}
    revoked = kecamatan.do(
        AGUS, "register", "key.revoked", {"keyid": key(AGUS).public.id} | claim, mandate="registrar-agus"
    ).recorded.index
    second = key("kunci-kedua")
    body = {
        "official": BUDI,
        "public_key": second.public.raw.hex(),
        "possession": prove(ORIGIN, BUDI, second).decode(),
    }
    waiting = kecamatan.do(DEWI, "register", "key.proposed", body).recorded.index
    logkey.write(folder / "log.key", NoteSigner(ORIGIN, key("log")))
    kecamatan.ledger.close()
    app = create_app(Settings(folder), kecamatan.clock)
    yield Office(kecamatan, app, desk(app), before, withdrawn, revoked, waiting, fallen)
    app.close()


def test_a_withdrawn_mandate_says_in_a_sentence_from_when_until_when_by_which_decree(office: Office) -> None:
    said = office.get(f"/v1/officials/{SRI}")
    (sentence,) = (one for one in said["history"] if one.startswith("Camat Kalipare"))
    assert sentence == (
        "Camat Kalipare (definitif), sejak 2 Januari 2026 sampai dicabut 5 Maret 2026"
        f" (daun {office.withdrawn}) oleh Eko Prasetyo (sintetis), alasannya “Pindah tugas.”, menurut SK Bupati Malang"
        f" (sintetis) nomor 821/1/2026 tanggal 2 Januari 2026; dicatat 2 Maret 2026 08.00 WIB (daun 7), diusulkan Dewi"
        " Lestari (sintetis), disetujui Eko Prasetyo (sintetis)."
    )


def test_a_mandate_says_who_proposed_approved_and_withdrew_it_and_at_which_leaves(office: Office) -> None:
    (held,) = office.get(f"/v1/officials/{SRI}")["mandates"]
    assert (held["proposed"]["by"], held["approved"]["by"]) == FOUNDERS
    assert held["approved"]["leaf_index"] == held["since"] == held["proposed"]["leaf_index"] + 1
    assert held["withdrawn"]["leaf_index"] == held["until"] == office.withdrawn
    assert (held["withdrawn"]["by"], held["withdrawn"]["reason"]) == (EKO, "Pindah tugas.")
    assert held["withdrawn"]["recorded_at"].startswith("2026-03-05T01:00:")
    assert (held["standing"], held["decree"]["number"]) == ("dicabut", "821/1/2026")


def test_a_mandate_stands_as_it_did_at_the_leaf_that_is_asked_for(office: Office) -> None:
    held = {one["mandate"]: one for one in office.get("/v1/register", at=office.before)["mandates"]}
    assert held[mandate_of(SRI)]["standing"] == held["camat-plh-budi"]["standing"] == "berlaku"
    assert held[mandate_of(SRI)]["withdrawn"] is None
    held = {one["mandate"]: one for one in office.get("/v1/register")["mandates"]}
    assert (held[mandate_of(SRI)]["standing"], held["camat-plh-budi"]["standing"]) == ("dicabut", "berakhir")


def test_a_key_that_was_revoked_says_why_by_whom_and_what_is_claimed(office: Office) -> None:
    said = office.get(f"/v1/officials/{AGUS}")
    (held,) = said["keys"]
    assert (held["keyid"], held["until"], held["proven"]) == (key(AGUS).public.id, office.revoked, False)
    assert (held["revoked"]["by"], held["revoked"]["reason"]) == (AGUS, "compromised")
    assert held["revoked"]["compromised_since"] == "2026-03-04T09:00:00+07:00"
    assert held["revoked"]["note"] == "Dipinjam\ntetangga."
    (sentence,) = (one for one in said["history"] if one.startswith("Kunci tanda tangan"))
    for words in (
        f"sampai dicabut 5 Maret 2026 08.00 WIB (daun {office.revoked}) oleh Agus Salim (sintetis)",
        "menurut pernyataannya sejak 4 Maret 2026 09.00 WIB, dengan catatan “Dipinjam tetangga.”",
        "tanpa berita acara, jadi identitas kunci belum dibuktikan",
    ):
        assert words in sentence, words


def test_what_the_founding_brought_was_proposed_and_approved_by_nobody(office: Office) -> None:
    said = office.get(f"/v1/officials/{DEWI}")
    (held,) = said["mandates"]
    assert (held["since"], held["proposed"], held["approved"]) == (0, None, None)
    assert all("pada pendirian buku besar" in one for one in said["history"])


def test_nips_are_masked_and_why_somebody_was_absent_stays_in_the_act(office: Office) -> None:
    for path in ("/v1/register", f"/v1/officials/{BUDI}"):
        text = office.http.get(path).text
        assert person(BUDI)["nip"] not in text
        assert person(BUDI)["nip"][-4:] in text
        assert "Cuti" not in text


def test_a_proposal_that_waits_and_one_that_fell_are_told_apart(office: Office) -> None:
    said = office.get("/v1/register")
    fallen, waiting = said["proposals"]
    assert (fallen["leaf_index"], fallen["kind"], fallen["stale"]["rule"]) == (
        office.fallen,
        "official.proposed",
        "register.stale",
    )
    assert (waiting["leaf_index"], waiting["by"], waiting["gains"], waiting["stale"]) == (
        office.waiting,
        DEWI,
        BUDI,
        None,
    )
    assert waiting["key"]["keyid"] == key("kunci-kedua").public.id


def test_a_proposal_stood_as_long_as_its_proposer_could_propose(office: Office) -> None:
    (one,) = office.get("/v1/register", at=office.fallen)["proposals"]
    assert one["stale"] is None


def test_the_registrars_who_can_act_are_those_with_mandate_and_key(office: Office) -> None:
    assert office.get("/v1/register", at=office.before)["registrars_able"] == [AGUS, *FOUNDERS]
    said = office.get("/v1/register")
    assert said["registrars_able"] == said["founders"] == list(FOUNDERS)
    assert said["recovery"] == []


def test_a_person_is_shown_as_recorded_at_the_leaf(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path)
    kecamatan.found()
    kecamatan.register(BUDI)
    first = kecamatan.approve("official", {"person": person(BUDI) | {"rank": "Pembina"}}).recorded.index
    logkey.write(tmp_path / "log.key", kecamatan.log)
    kecamatan.ledger.close()
    app = create_app(Settings(tmp_path), kecamatan.clock)
    http = desk(app)
    before = http.get(f"/v1/officials/{BUDI}", query_string={"at": first - 1}).get_json()
    now = http.get(f"/v1/officials/{BUDI}").get_json()
    app.close()
    assert (before["rank"], now["rank"]) == ("Penata (sintetis)", "Pembina")
    ranks = [one for one in now["history"] if one.startswith("Tercatat sebagai")]
    assert ["Penata (sintetis)" in one for one in ranks] == [True, False]
    assert f"(daun {first})" in ranks[1]
    assert len([one for one in before["history"] if one.startswith("Tercatat sebagai")]) == 1


def test_what_is_recorded_anew_of_a_known_official_is_not_told_as_a_registration(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path)
    kecamatan.found()
    kecamatan.register(AGUS)
    kecamatan.approve("official", {"person": person(AGUS) | {"rank": "Penata Muda (sintetis)"}})
    logkey.write(tmp_path / "log.key", kecamatan.log)
    app = create_app(Settings(tmp_path), kecamatan.clock)
    rows = desk(app).get("/v1/streams/register/trail").get_json()["trail"]
    app.close()
    kecamatan.ledger.close()
    told = [row["sentence"] for row in rows if row["kind"].startswith("official.")]
    first, anew = "pendaftaran Agus Salim (sintetis) sebagai pejabat", "data baru Agus Salim (sintetis)"
    assert [(first in one, anew in one) for one in told] == [(True, False)] * 2 + [(False, True)] * 2


def test_a_recovery_is_listed_and_told(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path)
    kecamatan.found()
    why = {"recovery": "Tinggal satu pendaftar."}
    kecamatan.do(EKO, "register", "mandate.withdrawn", {"mandate": mandate_of(EKO), "reason": "Pindah tugas."})
    for what, body in (
        ("official", {"person": person(AGUS)}),
        ("mandate", {"mandate": mandate(AGUS, mandate="registrar-agus", office="registrar")}),
    ):
        leaf = kecamatan.do(DEWI, "register", f"{what}.proposed", body | why).recorded.leaf
        kecamatan.do(EKO, "register", f"{what}.approved", {"proposal": leaf} | why)
    logkey.write(tmp_path / "log.key", kecamatan.log)
    kecamatan.ledger.close()
    app = create_app(Settings(tmp_path), kecamatan.clock)
    http = desk(app)
    said, agus = http.get("/v1/register").get_json(), http.get(f"/v1/officials/{AGUS}").get_json()
    told = [row["sentence"] for row in http.get("/v1/streams/register/trail").get_json()["trail"][-4:]]
    app.close()
    assert all("dalam pemulihan register oleh para pendiri karena “Tinggal satu pendaftar.”" in one for one in told)
    assert [(one["what"], one["mandate"]) for one in said["recovery"]] == [("mandate", "registrar-agus")]
    assert agus["mandates"][0]["recovered"] is True
    assert "dalam pemulihan register oleh kedua pendiri" in agus["history"][-1]


@pytest.mark.parametrize(
    ("path", "at", "status", "rule"),
    [
        ("/v1/officials/raden-mas", None, 404, "register.official"),
        (f"/v1/officials/{SRI}", 1, 404, "register.official"),
        (f"/v1/officials/{SRI}", 10_000, 404, "past.leaf"),
        ("/v1/officials/Sri%20Wahyuni", None, 400, "request.parameter"),
        ("/v1/register", "kemarin", 400, "request.parameter"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_a_rule(
    path: str, at: int | str | None, status: int, rule: str, office: Office
) -> None:
    assert office.get(path, at, status)["rule"] == rule


def test_a_moment_stands_for_the_newest_leaf_recorded_by_then(office: Office) -> None:
    said = office.get("/v1/register", at="2026-03-03T00:00:00+07:00")
    assert said["at"]["leaf_index"] == office.before
    assert said["registrars_able"] == [AGUS, *FOUNDERS]


def test_the_answers_say_what_they_are_not(office: Office) -> None:
    for path in ("/v1/register", f"/v1/officials/{SRI}"):
        said = office.get(path)
        assert said["synthetic"] is True
        assert "tidak tersertifikasi" in said["disclaimer"]
