"""Golden rows: entries as they were once written, of every kind ever shipped, read by every later version.

One file a row in ``data/golden``: the entry's bytes as text, its leaf hash, and what it says. They are never
changed. A new kind, or a new optional member, gets a row of its own: tell it in :class:`Golden`, then run
``python -m tests.test_golden``, which writes the files that are missing and touches no other.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from keys import strict_json
from keys.envelope import Envelope
from keys.possession import prove
from ledger import log
from ledger.acts import PAYLOAD_TYPE, SignedAct, act_of, compose
from ledger.application import Accepted, Ledger
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.entry import Entry
from ledger.note import NoteSigner
from ledger.recorded import Recorded
from ledger.sop import Sop
from tests.activity_sop import activity_sop
from tests.kit import (
    CASE,
    FOUNDERS,
    IKU,
    MORNING,
    ORIGIN,
    Kecamatan,
    disposition,
    founding,
    key,
    mandate,
    mandate_of,
    person,
    the_sop,
)

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "data" / "golden"
SOP = "sop.enacted"
ACTIVITIES = "sop.enacted.activities"
SECOND = "case:22222222-2222-4222-8222-222222222222"
THIRD = "case:33333333-3333-4333-8333-333333333333"
PEOPLE = ("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya")


class Golden(Kecamatan):
    """One history with every kind of act and every optional member, the same bytes in every run.

    Its documents are its own and its SOP is that of the golden row, so that only a change of a format, a rule or
    a signature changes its bytes.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rows: dict[str, Recorded] = {}
        self.ledger._clock = lambda: self.clock.now
        self.iku = self.store(b'{"iku":"konsep (sintetis)"}', "iku.json", IKU)
        self.iku_mended = self.store(b'{"iku":"perbaikan (sintetis)"}', "iku-2.json", IKU)
        self.letter = self.store(b"surat masuk (sintetis)", "surat masuk.pdf", "application/pdf")
        self.proof = self.store(b"bukti kirim (sintetis)", "bukti.jpg", "image/jpeg")

    def do(self, official: str, stream: str, kind: str, body: Json, *, row: str = "", **changes: Any) -> Accepted:
        """Record the next act; ``row`` names its golden row, which is else the kind's first."""
        self.clock.now += dt.timedelta(minutes=1)
        done = super().do(official, stream, kind, body, **changes)
        self.rows.setdefault(row or kind, done.recorded)
        return done

    def play(self, sop: Json, other: Json) -> dict[str, Recorded]:
        """Return the rows by name; ``other`` is a second SOP, of activities and decisions."""
        self._register()
        first = self.do("sri-wahyuni", f"sop:{sop['slug']}", SOP, {"sop": sop})
        self.sop_leaf = first.recorded.leaf
        self._case(sop["slug"])
        self._outside(sop["slug"])
        self._activities(other)
        self._beside(sop["slug"], other["slug"])
        self._taken_and_recovered()
        self._successor()
        return self.rows

    def _register(self) -> None:
        dewi, eko = FOUNDERS
        leaf = self.do(dewi, "register", "ledger.founded", founding(self.log)).recorded.leaf
        self.do(eko, "register", "founding.accepted", {"founding": leaf})
        for one in PEOPLE:
            self._two(dewi, eko, "official", {"person": person(one)})
            proof = prove(ORIGIN, one, key(one)).decode()
            body = {"official": one, "public_key": key(one).public.raw.hex(), "possession": proof}
            self._two(dewi, eko, "key", body, berita_acara=self.letter)
            self._two(dewi, eko, "mandate", {"mandate": mandate(one)})
        honorary = {"official": "joko-honorer", "name": "Joko, S'Pd (sintetis) é", "without_nip": "Tenaga honorer."}
        self._two(eko, dewi, "official", {"person": honorary}, row="without-nip")
        acting = {"office": "camat", "office_name": "Plh Camat", "absence": "Cuti tahunan.", "end": "2026-03-31"}
        plh = mandate("budi-santoso", mandate="plh-camat", capacity="plh", **acting)
        self._two(dewi, eko, "mandate", {"mandate": plh}, row="plh")
        an = mandate("budi-santoso", mandate="an-camat", office="camat", capacity="an", own_office="sekcam")
        self._two(dewi, eko, "mandate", {"mandate": an}, row="an")
        proof = prove(ORIGIN, "agus-salim", key("kunci-kedua")).decode()
        body = {
            "official": "agus-salim",
            "public_key": key("kunci-kedua").public.raw.hex(),
            "possession": proof,
        }
        self._two(dewi, eko, "key", body, row="without-minutes")

    def _two(self, by: str, other: str, what: str, body: Json, *, row: str = "", **approval: Any) -> None:
        suffix = f".{row}" if row else ""
        leaf = self.do(by, "register", f"{what}.proposed", body, row=f"{what}.proposed{suffix}").recorded.leaf
        kind = f"{what}.approved"
        self.do(other, "register", kind, {"proposal": leaf} | approval, row=kind + suffix)

    def _case(self, slug: str) -> None:
        note = {"note": "Catatan,\nbaris kedua."}
        now, mended = {"document": self.iku["digest"]}, {"document": self.iku_mended["digest"]}
        opening = disposition({"slug": slug, "leaf": self.sop_leaf}, self.letter) | note | {"agenda_no": "12/I"}
        self.do("sri-wahyuni", CASE, "disposition.issued", opening)
        self.do("budi-santoso", CASE, "direction.given", {"step": "2", "instruction": "Susun sesuai Renstra."})
        self.do("ratna-sari", CASE, "concept.drafted", {"step": "3", "document": self.iku} | note)
        self.do("agus-salim", CASE, "concept.typed", {"step": "4", "document": self.iku} | note)
        review = {"step": "5", "decision": "returned", "reason": "Rumus no. 2 memuat targetnya."} | now
        leaf = self.do("ratna-sari", CASE, "typing.reviewed", review, row="typing.reviewed.returned").recorded.leaf
        revised = {"step": "4", "round": 2, "replaces": self.iku["digest"], "answers": leaf}
        self.do("agus-salim", CASE, "concept.revised", revised | {"document": self.iku_mended} | note)
        self.do("ratna-sari", CASE, "typing.reviewed", {"step": "5", "decision": "approved"} | mended)
        self.do("budi-santoso", CASE, "paraf.given", {"step": "6"} | mended | note)
        signing = {"mandate": "plh-camat", "occurred_at": "2026-03-02T09:15:00.5+07:00"}
        self.do("budi-santoso", CASE, "signature.given", {"step": "7"} | mended | note, **signing)
        addressees = [{"name": "Bagian Organisasi Setda", "copies": 1}, {"name": "Inspektorat", "copies": 2}]
        self.do("budi-santoso", CASE, "distribution.ordered", {"step": "8", "addressees": addressees} | mended | note)
        self.do("hadi-wijaya", CASE, "agenda.ordered", {"step": "9"} | mended | note)
        number = {"classification": "070", "running": 17, "office_code": "35.07.11", "year": 2026}
        agenda = {"step": "10", "agenda_no": 17, "number": number, "letter_date": "2026-03-02"}
        agenda |= {"sent_date": "2026-03-03", "addressee": "2 penerima", "summary": "IKU 2026", "remark": "Segera."}
        self.do("agus-salim", CASE, "agenda.recorded", agenda | mended)
        dispatch = {"step": "10", "method": "kurir", "received_by": "Petugas (sintetis)", "evidence": self.proof}
        dispatch |= {"received_at": "2026-03-02T10:00:00+07:00"} | mended
        for one in addressees:
            sent = {"recipient": one["name"], "copies": one["copies"]}
            self.do("agus-salim", CASE, "dispatch.recorded", dispatch | sent)

    def _outside(self, slug: str) -> None:
        """Play a second case that replaces the first and leaves the SOP's path wherever it can."""
        now, reason = {"document": self.iku["digest"]}, {"reason": "Renstra berubah (sintetis)."}
        replaces = {"case": CASE.removeprefix("case:"), "signature": self.rows["signature.given"].leaf}
        opening = disposition({"slug": slug, "leaf": self.sop_leaf}, self.letter) | {"supersedes": replaces}
        leaf = self.do("sri-wahyuni", SECOND, "disposition.issued", opening, row="disposition.issued.supersedes")
        draft = {"step": "3", "document": self.iku, "deviation": "Sekcam sedang dinas luar.\nArahan lewat telepon."}
        self.do("ratna-sari", SECOND, "concept.drafted", draft, row="concept.drafted.deviation")
        self.do("agus-salim", SECOND, "concept.typed", {"step": "4", "document": self.iku})
        review: Json = {"step": "5", "decision": "approved", "paper": {"scan": self.proof, "by": "Nur Aini (sintetis)"}}
        earlier = {"occurred_at": "2026-02-27T14:00:00+07:00"}
        self.do("ratna-sari", SECOND, "typing.reviewed", review | now, row="typing.reviewed.paper", **earlier)
        self.do("budi-santoso", SECOND, "document.returned", {"step": "6", "to": "4"} | now | reason)
        slip = {"field": "letter.number", "old": "060/12/35.07.1/2026", "new": "060/21/35.07.1/2026"}
        correction = {"step": "1", "leaf": leaf.recorded.leaf} | slip | reason
        self.do("sri-wahyuni", SECOND, "correction.recorded", correction)
        self.do("sri-wahyuni", SECOND, "disposition.withdrawn", {"step": "1"} | reason)

    def _activities(self, other: Json) -> None:
        leaf = self.do("sri-wahyuni", f"sop:{other['slug']}", SOP, {"sop": other}, row=ACTIVITIES).recorded.leaf
        note = {"note": "Catatan (sintetis)."}
        opening = {"step": "1", "sop": {"slug": other["slug"], "leaf": leaf}, "subject": "Surat keterangan usaha"}
        self.do("agus-salim", THIRD, "activity.performed", opening | {"attachments": [self.letter, self.proof]} | note)
        lacking = {"step": "2", "decision": "kurang", "reason": "Belum ada pengantar."} | note
        self.do("hadi-wijaya", THIRD, "activity.decided", lacking, row="activity.decided.back")
        self.do("agus-salim", THIRD, "activity.performed", {"step": "1"}, row="activity.performed.again")
        self.do("hadi-wijaya", THIRD, "activity.decided", {"step": "2", "decision": "lengkap"})
        draft = {"step": "3", "document": self.letter}
        self.do("agus-salim", THIRD, "activity.performed", draft, row="activity.performed.draft")
        agreed = {"step": "4", "decision": "setuju", "document": self.letter["digest"]}
        self.do("budi-santoso", THIRD, "activity.decided", agreed, row="activity.decided.document")

    def _beside(self, slug: str, other: str) -> None:
        """Play what an office enacts beside the versions of an SOP, then put both SOPs out of force."""
        sri, stream, ground = "sri-wahyuni", f"sop:{slug}", {"ground": "Notulen rapat staf (sintetis)."}
        of = {"sop": self.sop_leaf}
        two_days = {"step": "4", "cell": "waktu", "raw": "II hari", "reading": {"amount": 2, "unit": "hari-kerja"}}
        self.do(sri, stream, "reading.confirmed", of | two_days | ground | {"document": self.letter})
        sekcam = {"step": "2", "cell": "pelaksana", "raw": "", "reading": "sekcam"}
        self.do(sri, stream, "reading.confirmed", of | sekcam | ground, row="reading.confirmed.office")
        concept = {"step": "5", "cell": "kelengkapan", "raw": "Indikator Kinerja Utama", "reading": ["konsep-iku"]}
        self.do(sri, stream, "reading.confirmed", of | concept | ground, row="reading.confirmed.things")
        self.do(sri, stream, "calendar.enacted", {"calendar": calendar()})
        parts = {"classifications": ["070", "060.1"], "office_code": "35.07.11"}
        self.do(sri, stream, "numbering.enacted", parts)
        used = {"used": {"year": 2027, "running": 41, "agenda_no": 40}}
        self.do(sri, stream, "numbering.enacted", parts | used, row="numbering.enacted.used")
        self.do(sri, stream, "sop.superseded", of | {"reason": "Tugasnya pindah (sintetis)."})
        leaf = self.rows[ACTIVITIES].leaf
        instead = {"sop": leaf, "reason": "Digabung (sintetis).", "by": slug}
        self.do(sri, f"sop:{other}", "sop.superseded", instead, row="sop.superseded.by")

    def _taken_and_recovered(self) -> None:
        """Play what is taken from officials and given anew, and a recovery when no registrar is left."""
        dewi, eko = FOUNDERS
        promoted = person("agus-salim") | {"rank": "Penata Tk. I (sintetis)"}
        self._two(dewi, eko, "official", {"person": promoted}, row="renewed")
        an = {"office": "camat", "capacity": "an", "own_office": "sekcam", "behalf_of": mandate_of("sri-wahyuni")}
        self._two(dewi, eko, "mandate", {"mandate": mandate("budi-santoso", mandate="an-camat-2", **an)}, row="behalf")
        self.do("agus-salim", "register", "key.revoked", {"keyid": key("kunci-kedua").public.id, "reason": "rotated"})
        leaked = {"keyid": key("hadi-wijaya").public.id, "reason": "compromised", "note": "Ponsel dicuri\n(sintetis)."}
        leaked |= {"compromised_since": "2026-03-01T20:00:00+07:00"}
        self.do(dewi, "register", "key.revoked", leaked, row="key.revoked.compromised")
        decree = {"number": "821/9/2026", "date": "2026-03-01", "issuer": "Bupati Malang (sintetis)"}
        withdrawn = {"mandate": "plh-camat", "reason": "Camat kembali\n(sintetis).", "decree": decree}
        self.do(dewi, "register", "mandate.withdrawn", withdrawn, row="mandate.withdrawn.decree")
        for one in FOUNDERS:
            self.do(one, "register", "mandate.withdrawn", {"mandate": mandate_of(one), "reason": "Mutasi (sintetis)."})
        why = {"recovery": "Tidak ada pendaftar lagi\n(sintetis)."}
        tuti = {"official": "tuti-alawiyah", "name": "Tuti Alawiyah (sintetis)", "nip": "198001012005010001"}
        self._two(dewi, eko, "official", {"person": tuti} | why, row="recovery", **why)
        new = {"mandate": "pendaftar-tuti", "official": "tuti-alawiyah", "office_name": "Pendaftar"}
        self._two(dewi, eko, "mandate", {"mandate": mandate(dewi) | new} | why, row="recovery", **why)
        own = key("tuti-alawiyah")
        body = {"official": "tuti-alawiyah", "public_key": own.public.raw.hex()}
        body |= {"possession": prove(ORIGIN, "tuti-alawiyah", own).decode()}
        self._two(dewi, eko, "key", body | why, row="recovery", berita_acara=self.letter, **why)

    def _successor(self) -> None:
        """Found a ledger that comes after this one: its checkpoint of two leaves, which never changes, is named."""
        with self.ledger.reading() as rows:
            (_, note), first = rows.checkpoints(2, 1)[0], log.recorded(rows, 0).leaf
        after = {"log_key": str(self.log.vkey), "founding": first, "checkpoint": note.decode()}
        after["reason"] = "Cakram rusak; cadangan kurang satu hari\n(sintetis)."
        signer, dewi = NoteSigner("kalipare.malangkab.example/jejak-2", key("log-2")), FOUNDERS[0]
        at = MORNING + dt.timedelta(days=30)
        payload = compose(
            ledger=signer.name,
            seen=None,
            stream="register",
            version=1,
            previous=None,
            kind="ledger.founded",
            official=dewi,
            mandate=mandate_of(dewi),
            occurred_at=at.isoformat(),
            body=founding(signer) | {"successor_of": after},
        )
        with closing(Ledger(self.folder / "penerus", signer, lambda: at)) as ledger:
            done = ledger.record(Envelope.seal(PAYLOAD_TYPE, payload, key(dewi)).data)
        self.rows["ledger.founded.successor"] = done.recorded


def calendar() -> Json:
    """Return a work calendar with every member that one may have."""
    monday = {"weekday": 1, "start": "07:30", "end": "16:00", "rest_start": "12:00", "rest_minutes": 60}
    return {
        "format": "jejak.calendar/1",
        "name": "Kalender kerja 2026 (sintetis)",
        "basis": ["Perpres 21/2023"],
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
        "week": [monday, {"weekday": 6, "start": "08:00", "end": "12:00", "rest_minutes": 0}],
        "seasons": [
            {
                "name": "Ramadan 1447 H",
                "first_day": "2026-02-18",
                "last_day": "2026-03-19",
                "week": [monday | {"start": "08:00", "end": "15:00", "rest_minutes": 30}],
            }
        ],
        "days_off": [
            {"date": "2026-01-01", "name": "Tahun Baru Masehi", "kind": "libur-nasional"},
            {"date": "2026-03-20", "name": "Idul Fitri", "kind": "cuti-bersama"},
            {"date": "2026-11-28", "name": "Hari jadi kabupaten (sintetis)", "kind": "libur-daerah"},
        ],
        "note": "Dibuat-buat\nuntuk pengujian.",
    }


def play(folder: Path) -> dict[str, Recorded]:
    """Return the rows that this version writes."""
    made = Golden(folder)
    with closing(made.ledger):
        return made.play(kept_sop(SOP, the_sop()), kept_sop(ACTIVITIES, activity_sop()))


def kept_sop(name: str, new: Sop) -> Json:
    """Return the SOP of a golden row; where there is none yet, the new one."""
    sop = load(name)["act"]["body"]["sop"] if (FOLDER / f"{name}.json").exists() else new.plain()
    assert isinstance(sop, dict)
    return sop


@cache
def load(name: str) -> Json:
    """Return a golden row."""
    value = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert isinstance(value, dict)
    return value


def told(done: Recorded) -> Json:
    """Return a row as its file tells it."""
    return {
        "index": done.index,
        "leaf_hash": done.leaf,
        "recorded_at": done.entry.recorded_at.isoformat(),
        "act": strict_json.loads(done.entry.envelope.unverified_payload),
        "entry": done.entry.data.decode("ascii"),
    }


def add_missing() -> list[str]:
    """Write the rows that have no file yet and return their names; files that are there are never touched."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    added = []
    with tempfile.TemporaryDirectory() as folder:
        rows = play(Path(folder))
    for name, done in rows.items():
        try:
            with (FOLDER / f"{name}.json").open("x", encoding="utf-8") as file:
                json.dump(told(done), file, ensure_ascii=False, indent=1)
                file.write("\n")
        except FileExistsError:
            continue
        added.append(name)
    return added


NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    return play(tmp_path_factory.mktemp("golden"))


def test_every_kind_of_the_catalogue_has_a_golden_row() -> None:
    kinds = {load(name)["act"]["kind"] for name in NAMES}
    assert kinds == set(CATALOGUE)


def test_every_row_of_the_history_has_a_file_and_every_file_a_row(played: dict[str, Recorded]) -> None:
    assert sorted(played) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_row_still_says_what_it_said(name: str) -> None:
    row = load(name)
    entry = Entry.parse(row["entry"].encode("ascii"))
    said = row["act"]
    assert entry.leaf_hash.hex() == row["leaf_hash"]
    assert entry.recorded_at == dt.datetime.fromisoformat(row["recorded_at"])
    act = act_of(entry.envelope)
    assert (act.ledger, act.stream, act.version, act.previous) == tuple(
        said[member] for member in ("ledger", "stream", "version", "previous")
    )
    assert (act.kind, act.official, act.mandate) == (said["kind"], said["official"], said["mandate"])
    assert (act.seen.plain() if act.seen else None) == said["seen"]
    assert act.occurred_at == dt.datetime.fromisoformat(said["occurred_at"])
    assert act.body.plain() == said["body"]
    assert type(act.body) is CATALOGUE[said["kind"]][1]


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_row_is_signed_by_who_it_names(name: str) -> None:
    envelope = Entry.parse(load(name)["entry"].encode("ascii")).envelope
    assert envelope.payload_type == PAYLOAD_TYPE
    signed = SignedAct(envelope.opened_with(key(load(name)["act"]["official"]).public))
    assert signed.act == act_of(envelope)


@pytest.mark.parametrize("name", NAMES)
def test_a_client_composes_the_payload_of_a_golden_row_to_the_same_bytes(name: str) -> None:
    envelope = Entry.parse(load(name)["entry"].encode("ascii")).envelope
    seen = act_of(envelope).seen
    assert compose(**load(name)["act"] | {"seen": seen}) == envelope.unverified_payload


@pytest.mark.parametrize("name", NAMES)
def test_the_same_history_gives_the_same_bytes(name: str, played: dict[str, Recorded]) -> None:
    assert told(played[name]) == load(name)


def test_the_golden_history_is_one_finished_case(tmp_path: Path) -> None:
    made = Golden(tmp_path / "buku")
    with closing(made.ledger):
        made.play(kept_sop(SOP, the_sop()), kept_sop(ACTIVITIES, activity_sop()))
        state = _state(made.ledger)
    assert state.finished
    assert state.round == 2
    assert state.sop == Sop.read(load(SOP)["act"]["body"]["sop"], "x", "x")


def _state(ledger: Ledger) -> Case:
    stream = ledger.stream(CASE)
    assert stream is not None
    assert isinstance(stream.state, Case)
    return stream.state


def test_adding_rows_touches_none_that_is_there() -> None:
    before = {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    assert add_missing() == []
    assert {path: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == before


if __name__ == "__main__":
    sys.stdout.write("".join(f"added {name}\n" for name in add_missing()) or "nothing is missing\n")
