"""A second SOP needs its file and nothing else: enacted beside the IKU's, a whole case runs and is told by it alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from typing import Any

import pytest

from keys.errors import NotAllowed
from ledger.audit import audit
from ledger.enactment import Enactments
from ledger.sop import Sop
from ledger.sop_findings import findings
from projections import audit_trail, inbox, time_spent
from tests import kit
from tests.behind import in_files
from tests.kit import CASE, IKU, Kecamatan, the_sop
from tests.scene import Scene, opened_scene
from tests.test_projections import Desk

Json = dict[str, Any]
Act = tuple[str, str, Json]

SOP = Sop.parse((files("ledger") / "sops" / "surat-keterangan.json").read_bytes())
OTHER = "case:44444444-4444-4444-8444-444444444444"
IKU_CASE = "case:55555555-5555-4555-8555-555555555555"
NEWCOMERS = {
    "nur-aini": ("Nur Aini (sintetis)", "petugas-pelayanan", "Petugas Pelayanan"),
    "joko-susilo": ("Joko Susilo (sintetis)", "petugas-pelayanan", "Petugas Pelayanan"),
    "endah-lestari": ("Endah Lestari (sintetis)", "kasi-pelayanan", "Kasi Pelayanan Umum"),
    "bayu-nugroho": ("Bayu Nugroho (sintetis)", "petugas-lapangan", "Petugas Lapangan"),
}
SUBJECT = "Domisili usaha Toko Maju (sintetis)"


@pytest.fixture(scope="module", autouse=True)
def newcomers() -> Iterator[None]:
    """Let the kit know the officials of this SOP, as it knows its own."""
    with pytest.MonkeyPatch.context() as patch:
        for official, known in NEWCOMERS.items():
            patch.setitem(kit.EVERYBODY, official, known)
        yield


def enacted(kecamatan: Kecamatan) -> str:
    """Register the newcomers, enact the second SOP beside the IKU's, return its leaf."""
    for official in NEWCOMERS:
        kecamatan.register(official)
    body = {"sop": SOP.plain()}
    return kecamatan.do("sri-wahyuni", f"sop:{SOP.slug}", "sop.enacted", body).recorded.leaf


def way(leaf: str, papers: Json) -> list[Act]:
    """Return a whole case in which both decisions send it back once; ``papers`` has the documents it names."""
    first, mended = papers["surat"], papers["surat-2"]
    on_first, on_mended = {"document": first["digest"]}, {"document": mended["digest"]}
    opening = {"step": "1", "sop": {"slug": SOP.slug, "leaf": leaf}, "subject": SUBJECT}
    return [
        ("nur-aini", "activity.performed", opening | {"attachments": [papers["permohonan"]]}),
        ("endah-lestari", "activity.decided", {"step": "2", "decision": "kurang", "reason": "Belum ada pengantar."}),
        ("joko-susilo", "activity.performed", {"step": "1", "attachments": [papers["pengantar"]]}),
        ("endah-lestari", "activity.decided", {"step": "2", "decision": "lengkap"}),
        ("bayu-nugroho", "activity.performed", {"step": "3", "attachments": [papers["berita-acara"]]}),
        ("nur-aini", "activity.performed", {"step": "4", "document": first}),
        (
            "endah-lestari",
            "activity.decided",
            {"step": "5", "decision": "perbaiki", "reason": "Alamat salah ketik."} | on_first,
        ),
        ("nur-aini", "activity.performed", {"step": "4", "document": mended}),
        ("endah-lestari", "activity.decided", {"step": "5", "decision": "setuju"} | on_mended),
        ("sri-wahyuni", "signature.given", {"step": "6"} | on_mended),
        ("joko-susilo", "activity.performed", {"step": "7", "attachments": [papers["tanda-terima"]]}),
    ]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with closing(Desk(tmp_path_factory.mktemp("kedua"))) as made:
        yield made


@pytest.fixture(scope="module")
def acts(desk: Desk) -> list[Act]:
    """Put the second SOP in force and return the whole case's acts."""
    names = ("permohonan", "pengantar", "berita-acara", "surat", "surat-2", "tanda-terima")
    papers = {name: desk.kecamatan.store(name.encode(), f"{name}.pdf", "application/pdf") for name in names}
    return way(enacted(desk.kecamatan), papers)


@pytest.fixture(scope="module")
def waited(desk: Desk, acts: list[Act]) -> list[set[str]]:
    """Record the whole case and return, after each act, the offices in whose inbox it waits."""
    found = []
    for act in acts:
        desk.do(CASE, act)
        found.append({one.office for one in SOP.offices if waiting(desk, one.office)})
    return found


def waiting(desk: Desk, office: str) -> list[Json]:
    desk.views.catch_up()
    with desk.views.reading() as connection:
        return inbox.inbox(connection, office, "kalipare")


@pytest.fixture(scope="module")
def trail(desk: Desk, waited: list[set[str]]) -> list[Json]:
    with desk.views.reading() as connection:
        return audit_trail.trail(connection, CASE)


# --- the file ---------------------------------------------------------------------------------------------


def test_the_file_says_that_it_is_made_up() -> None:
    assert "sintetis" in SOP.title
    assert "sintetis" in (SOP.source_note or "")
    assert "bukan SOP Kantor Kecamatan Kalipare" in (SOP.source_note or "")


def test_it_shares_little_with_the_sop_of_the_iku() -> None:
    kinds = {kind for step in SOP.steps for kind in step.activities}
    assert kinds == {"activity.performed", "activity.decided", "signature.given"}
    assert sum(step.is_decision for step in SOP.steps) == 2
    assert SOP.office_of(SOP.first).seats == "many"
    assert {one.office for one in SOP.offices} & {one.office for one in the_sop().offices} == {"camat"}
    assert SOP.document.media_type != the_sop().document.media_type


def test_an_inspector_would_raise_its_unclear_duration_and_little_else() -> None:
    assert [(one.rule, one.where) for one in findings(SOP)] == [
        ("blank", "identitas, Tanggal Revisi"),
        ("blank", "identitas, Disahkan oleh (NIP)"),
        ("no-source", "langkah 1, kelengkapan"),
        ("no-source", "langkah 1, kelengkapan"),
        ("unreadable", "langkah 3, waktu"),
    ]


# --- a whole case -----------------------------------------------------------------------------------------


def test_the_case_waits_for_the_office_that_its_sop_names(waited: list[set[str]]) -> None:
    front, head, field = {"petugas-pelayanan"}, {"kasi-pelayanan"}, {"petugas-lapangan"}
    assert waited == [head, front, head, field, front, head, front, head, {"camat"}, front, set()]


def test_its_state_is_finished_signed_and_knows_both_returns(desk: Desk, trail: list[Json]) -> None:
    state = desk.case()
    assert (state["finished"], state["step"], state["round"]) == (True, None, 3)
    assert list(state["steps_done"]) == ["1", "2", "1", "2", "3", "4", "5", "4", "5", "6", "7"]
    assert (state["subject"], state["sop"]["title"]) == (SUBJECT, SOP.title)
    assert [one["reason"] for one in state["returns"]] == ["Belum ada pengantar.", "Alamat salah ketik."]
    assert [(one["name"], one["void"]) for one in state["drafts"]] == [("surat.pdf", True), ("surat-2.pdf", False)]
    assert (state["signature"]["name"], state["signature"]["digest"]) == (
        "Sri Wahyuni (sintetis)",
        state["document"]["digest"],
    )
    assert (state["paraf"], state["number"], state["deviations"]) == (None, None, [])


def test_an_unclear_duration_is_told_as_not_judged_and_a_clear_one_in_its_unit(
    desk: Desk, acts: list[Act], waited: list[set[str]]
) -> None:
    desk.do(OTHER, acts[0], acts[3])
    (unclear,) = waiting(desk, "petugas-lapangan")
    assert told(desk, unclear)["words"] == "tidak dapat dinilai"
    assert told(desk, unclear)["raw"] == "1 - 2 hari"
    desk.do(OTHER, acts[4])
    (clear,) = waiting(desk, "petugas-pelayanan")
    assert told(desk, clear)["words"] == "1 jam"


def told(desk: Desk, waits: Json) -> Json:
    """Return the standard of what waits, as it is told now."""
    stream = desk.kecamatan.ledger.stream(f"sop:{waits['sop']['slug']}")
    assert stream is not None
    assert isinstance(stream.state, Enactments)
    running = time_spent.running(waits, stream.state, desk.kecamatan.clock.now, desk.size())
    assert running is not None
    return dict(running["standard"])


def test_every_sentence_of_its_trail_tells_the_step_in_the_sops_own_words(trail: list[Json]) -> None:
    told = [row["sentence"] for row in trail]
    assert told[0].startswith(
        f"Nur Aini (sintetis), Petugas Pelayanan (definitif), membuka perkara “{SUBJECT}” dengan melaksanakan kegiatan"
        " “Menerima dan mencatat permohonan surat keterangan”, dengan 1 lampiran, langkah 1"
    )
    assert "memutuskan “kurang” pada kegiatan “Memeriksa kelengkapan berkas. Bila lengkap" in told[1]
    assert told[1].endswith("dengan alasan “Belum ada pengantar.”, langkah 2, putaran 1.")
    assert told[2].startswith("Joko Susilo (sintetis), Petugas Pelayanan"), "another holder of the same office"
    assert "dengan naskah Surat Keterangan Domisili Usaha (sidik " in told[5]
    assert "“perbaiki”" in told[6]
    assert told[6].endswith("dengan alasan “Alamat salah ketik.”, langkah 5, putaran 2.")
    assert "menandatangani Surat Keterangan Domisili Usaha (sidik " in told[9]
    for row, sentence in zip(trail, told, strict=True):
        words = SOP.step(row["step"]).kegiatan.reading
        assert row["kind"] == "signature.given" or f"“{words}”" in sentence


def test_nothing_in_its_trail_is_flagged_but_keys_without_minutes(trail: list[Json]) -> None:
    assert [{flag["name"] for flag in row["flags"]} for row in trail] == [{"key.unproven"}] * 11


def test_both_sops_are_in_force_and_a_case_of_each_runs_beside_the_other(desk: Desk, trail: list[Json]) -> None:
    for act in desk.kecamatan.steps():
        desk.do(IKU_CASE, act)
    assert desk.case(IKU_CASE)["finished"]
    assert (desk.case()["sop"]["slug"], desk.case(IKU_CASE)["sop"]["slug"]) == (SOP.slug, the_sop().slug)
    rebuilt = desk.open(desk.file.with_name("anew.sqlite"))
    with closing(rebuilt):
        rebuilt.catch_up()
        assert desk.dump(rebuilt) == desk.dump()


def test_the_audit_of_its_store_is_sound(desk: Desk, trail: list[Json]) -> None:
    report = audit(in_files(desk.kecamatan.folder), vkey=desk.kecamatan.log.vkey)
    assert report.findings == []
    assert report.sound
    assert report.verified == report.leaves == desk.size()


# --- what it refuses --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene() -> tuple[Scene, list[Act]]:
    """Return the storeless kecamatan with both SOPs in force, and the whole case's acts."""
    made = opened_scene()
    leaf = enacted(made)
    names = ("permohonan", "pengantar", "berita-acara", "tanda-terima")
    papers = dict.fromkeys(names, made.proof) | {"surat": made.letter}
    mended = {"surat-2": made.letter | {"digest": made.proof["digest"], "name": "surat-2.pdf"}}
    return made, way(leaf, papers | mended)


def but(act: Act, official: str = "", kind: str = "", **body: Any) -> Act:
    """Return the act by another official, of another kind, or with other members; None takes a member out."""
    changed = {name: value for name, value in (act[2] | body).items() if value is not None}
    return (official or act[0], kind or act[1], changed)


@pytest.mark.parametrize(
    ("rule", "done", "change"),
    [
        # another office than the SOP's
        ("authority.office", 0, lambda way: but(way[0], "agus-salim")),
        ("authority.office", 1, lambda way: but(way[1], "nur-aini")),
        ("authority.office", 4, lambda way: but(way[4], "nur-aini")),
        ("authority.office", 9, lambda way: but(way[9], "budi-santoso")),
        # an outcome that this decision does not have
        ("sop.outcome", 3, lambda way: but(way[3], decision="setuju")),
        ("sop.outcome", 8, lambda way: but(way[8], decision="kurang", reason="Alamat.")),
        # the way back without a reason
        ("sop.reason", 1, lambda way: but(way[1], reason=None)),
        ("sop.reason", 6, lambda way: but(way[6], reason=None)),
        # out of order
        ("sop.order", 2, lambda way: way[3]),
        ("sop.kelengkapan", 1, lambda way: way[4]),
        ("sop.kelengkapan", 5, lambda way: way[6]),
        ("sop.kelengkapan", 8, lambda way: way[9]),
        ("sop.kelengkapan", 9, lambda way: way[10]),
        # another kind of act than the step's
        ("sop.activity", 1, lambda way: but(way[1], kind="activity.performed", decision=None, reason=None)),
        ("sop.activity", 9, lambda way: but(way[9], kind="paraf.given")),
        # another document than the case's, or of another type
        ("case.document", 6, lambda way: but(way[6], document=None)),
        ("case.document", 8, lambda way: but(way[8], document=way[6][2]["document"])),
        ("case.document", 9, lambda way: but(way[9], document=way[6][2]["document"])),
        ("case.media_type", 5, lambda way: but(way[5], document=way[5][2]["document"] | {"media_type": IKU})),
        # opening
        ("case.open", 0, lambda way: but(way[0], subject=None)),
        ("case.open", 0, lambda way: way[4]),
        ("case.open", 1, lambda way: way[0]),
        # the end
        ("case.signed", 10, lambda way: but(way[10], document=way[5][2]["document"])),
        ("case.finished", 11, lambda way: way[10]),
    ],
)
def test_what_its_file_does_not_allow_is_refused_by_its_rule(
    scene: tuple[Scene, list[Act]], rule: str, done: int, change: Any
) -> None:
    made, acts = scene[0].copy(), scene[1]
    for official, kind, body in acts[:done]:
        made.do(official, CASE, kind, body)
    official, kind, body = change(acts)
    fault = made.refused(made.sign(official, CASE, kind, body))
    assert fault.rule == rule
    assert isinstance(fault, NotAllowed)
