"""Officials, mandates and keys on the desk: who holds what, since when, given and taken by whom; and the drawing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from api.desk.timeline_chart import Life, timeline
from api.key_request import fingerprint
from keys.authority import WIB
from keys.possession import prove
from tests.kit import FOUNDERS, INSPECTOR, ORIGIN, key, mandate, mandate_of, person
from tests.served import Served, served
from tests.test_desk_cases import seen, words

SRI, BUDI, RATNA, AGUS, HADI = ("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya")
DEWI, EKO = FOUNDERS
NOON = dt.time(5, 0, tzinfo=dt.UTC)


class Office(Served):
    """Three years: a stand-in, a key rotated with minutes, one stolen, a mandate taken, three proposals."""

    def live(self) -> None:
        self.open()
        self.register(INSPECTOR)
        self.on(2026, 6, 10)
        stand_in = {"office": "camat", "office_name": "Camat Kalipare", "capacity": "plh", "absence": "Dinas luar."}
        plh = mandate(BUDI, mandate="plh-camat-budi", start="2026-06-10", end="2026-06-12", **stand_in)
        self.approve("mandate", {"mandate": plh})
        an = {"office": "camat", "capacity": "an", "own_office": "kasubag-umum", "behalf_of": mandate_of(SRI)}
        self.approve("mandate", {"mandate": mandate(HADI, mandate="an-camat-hadi", **an)})
        self.on(2027, 8, 17)
        leaf = self.do(DEWI, "register", "key.proposed", key_of(BUDI, "kunci-budi-2")).recorded.leaf
        self.do(EKO, "register", "key.approved", {"proposal": leaf, "berita_acara": self.letter})
        self.do(DEWI, "register", "key.revoked", {"keyid": key(BUDI).public.id, "reason": "rotated"})
        self.on(2028, 2, 1)
        stolen = {"keyid": key(AGUS).public.id, "reason": "compromised", "note": "Ponsel dicuri di pasar."}
        self.do(EKO, "register", "key.revoked", stolen | {"compromised_since": "2028-01-31T19:00:00+07:00"})
        gone = {"mandate": mandate_of(RATNA), "reason": "Mutasi ke Kecamatan Pagak."}
        self.do(DEWI, "register", "mandate.withdrawn", gone)
        self.before_proposals = self.size() - 1
        self.on(2029, 1, 5)
        self.do(DEWI, "register", "official.proposed", {"person": person(AGUS) | {"rank": "Pengatur (sintetis)"}})
        self.do(EKO, "register", "mandate.proposed", {"mandate": plh | {"mandate": "plh-2", "official": RATNA}})
        self.do(DEWI, "register", "key.proposed", key_of(AGUS, "kunci-agus-2"))
        self.before_she_left = self.size() - 1
        self.do(EKO, "register", "mandate.withdrawn", {"mandate": mandate_of(DEWI), "reason": "Pensiun."})

    def on(self, year: int, month: int, day: int) -> None:
        """Let it be noon (WIB) of that day."""
        self.clock.now = dt.datetime.combine(dt.date(year, month, day), NOON)


def key_of(official: str, name: str) -> dict[str, Any]:
    raw = key(name).public.raw.hex()
    return {"official": official, "public_key": raw, "possession": prove(ORIGIN, official, key(name)).decode()}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def card(page: str, name: str) -> str:
    """Return the text of the card with this heading."""
    (found,) = [one for one in map(words, re.findall(r"<li class=\"card\">.*?</li>", page, re.DOTALL)) if name in one]
    return found


# --- everybody --------------------------------------------------------------------------------------------


def test_everybody_stands_with_what_they_hold_now_and_with_keys_that_are_good_now(office: Office) -> None:
    page = seen(office, SRI, "/pejabat")
    assert "Sekretaris Kecamatan Kalipare (definitif)" in card(page, "Budi Santoso")
    assert "Camat Kalipare Pelaksana Harian kalipare · 10 Juni 2026 – 12 Juni 2026 · berakhir" in card(page, "Budi")
    assert card(page, "Budi").endswith("1 kunci berlaku"), "the old one is revoked, the new one has its minutes"
    assert "Tidak memegang mandat." in card(page, "Ratna Sari (sintetis) Tidak")
    assert "tidak punya kunci yang berlaku" in card(page, "Agus Salim (sintetis) Staf")
    assert "1 kunci berlaku identitas kunci belum dibuktikan" in card(page, "Sri Wahyuni")


def test_a_proposal_that_waits_says_in_words_what_it_gives_to_whom_and_who_proposed_it(office: Office) -> None:
    page = seen(office, SRI, "/pejabat")
    person_, mandate_, key_ = (card(page, one) for one in ("Usulan pejabat:", "Usulan mandat:", "Usulan kunci:"))
    assert person_.startswith(
        "Usulan pejabat: Agus Salim (sintetis) Untuk Agus Salim (sintetis), diusulkan Dewi Lestari"
    )
    assert mandate_.startswith("Usulan mandat: Camat Kalipare (Pelaksana Harian) Untuk Ratna Sari (sintetis)")
    short = key("kunci-agus-2").public.id
    assert f"Usulan kunci: {short[:4]}…{short[-4:]} Untuk Agus Salim" in key_
    for code in ("official.proposed", "mandate.proposed", "key.proposed", "dewi-lestari"):
        assert code not in words(page)


def test_a_proposal_that_nobody_can_approve_any_more_says_why(office: Office) -> None:
    before, now = (seen(office, SRI, path) for path in (f"/pejabat?at={office.before_she_left}", "/pejabat"))
    fallen = "Pengusulnya tidak lagi berwenang mengusulkan, jadi usulan ini gugur."
    assert fallen not in words(before)
    assert fallen in card(now, "Usulan pejabat:")
    assert fallen not in card(now, "Usulan mandat:"), "it is Eko's"


def test_the_register_at_a_leaf_is_the_register_of_then(office: Office) -> None:
    then = seen(office, SRI, f"/pejabat?at={office.before_proposals}")
    assert f"Keadaan sampai daun {office.before_proposals}, dicatat 1 Februari 2028, 12.00 WIB." in words(then)
    assert "Usulan yang menunggu" not in words(then)
    early = words(seen(office, SRI, "/pejabat/budi-santoso?at=2026-06-01T00:00:00Z"))
    assert "Pelaksana Harian" not in early
    assert "Dicabut" not in early


# --- a person ---------------------------------------------------------------------------------------------


def test_a_mandate_stands_with_its_decree_its_period_and_the_two_who_gave_it(office: Office) -> None:
    told = card(seen(office, SRI, f"/pejabat/{BUDI}"), "Pelaksana Harian")
    assert "Masa 10 Juni 2026 – 12 Juni 2026" in told
    assert "SK Bupati Malang (sintetis), nomor 821/1/2026, 2 Januari 2026" in told
    assert "Diusulkan Dewi Lestari (sintetis), disetujui Eko Prasetyo (sintetis), 10 Juni 2026, 12.00 WIB" in told


def test_who_signs_on_behalf_names_on_whose(office: Office) -> None:
    page = seen(office, SRI, f"/pejabat/{HADI}")
    assert 'Atas nama</dt><dd><a href="/pejabat/sri-wahyuni">Sri Wahyuni (sintetis)</a>' in page


def test_what_was_taken_says_by_whom_when_and_why(office: Office) -> None:
    taken = card(seen(office, SRI, f"/pejabat/{RATNA}"), "Kasubag Evaluasi")
    assert "Dicabut Oleh Dewi Lestari (sintetis), 1 Februari 2028" in taken
    assert "Alasan Mutasi ke Kecamatan Pagak." in taken
    stolen = words(seen(office, SRI, f"/pejabat/{AGUS}"))
    assert "bocor sejak 31 Januari 2028, 19.00 WIB Catatan Ponsel dicuri di pasar." in stolen
    assert "Tindakan yang dipertanyakan" in stolen


def test_a_key_with_minutes_and_one_without_are_told_apart(office: Office) -> None:
    page = seen(office, SRI, f"/pejabat/{BUDI}")
    first, second = (card(page, fingerprint(key(one).public)) for one in (BUDI, "kunci-budi-2"))
    assert "identitas kunci belum dibuktikan" in first
    assert "Berita acara" not in first
    assert f"Berita acara {office.letter['digest']}" in second
    assert "belum dibuktikan" not in second


def test_a_nip_is_masked_also_for_the_inspectorate(office: Office) -> None:
    for who in (SRI, INSPECTOR):
        page = seen(office, who, f"/pejabat/{BUDI}")
        assert person(BUDI)["nip"] not in page
        assert f"NIP{'•' * 14}{person(BUDI)['nip'][-4:]}" in re.sub(r"<[^>]*>", "", page)


def test_a_founder_stands_as_given_by_the_founders_and_a_stranger_is_not_there(office: Office) -> None:
    assert "Oleh pendiri, 2 Maret 2026" in words(seen(office, SRI, f"/pejabat/{DEWI}"))
    assert "belum terdaftar" in words(seen(office, SRI, "/pejabat/orang-asing", 404))
    assert "Alamat" in words(seen(office, SRI, "/pejabat/ORANG", 400))


def test_the_drawing_has_a_bar_for_each_mandate_and_key_and_the_years(office: Office) -> None:
    page = seen(office, SRI, f"/pejabat/{BUDI}")
    svg = re.search(r"<svg class=\"timeline\".*?</svg>", page, re.DOTALL)
    assert svg is not None
    bars = re.findall(r'class="life ([a-z]+(?: ended)?)"', svg[0])
    assert sorted(bars) == ["key", "mandate", "mandate ended", "unproven ended"]
    texts = re.findall(r">([^<]+)</text>", svg[0])
    assert "2 Maret 2026" in texts
    assert "2028" in texts
    assert "kini, 5 Januari 2029" in texts
    assert "Camat Kalipare (Pelaksana Harian)" in texts
    assert [one for one in texts if one.endswith(", belum dibuktikan")]


# --- the drawing alone ------------------------------------------------------------------------------------


def at(year: int, month: int = 1, day: int = 1) -> dt.datetime:
    return dt.datetime(year, month, day, tzinfo=WIB)


def test_nothing_held_is_nothing_drawn() -> None:
    assert timeline([], at(2026)) is None


def test_a_bar_goes_from_its_beginning_to_its_end_or_to_now_in_proportion() -> None:
    drawn = timeline([Life("a", "key", at(2020), None), Life("b", "key", at(2020), at(2025))], at(2030))
    assert drawn is not None
    (whole, half) = drawn.bars
    assert (whole.x, whole.width) == (0, 1000)
    assert abs(half.width - 500) <= 1
    assert half.y > whole.y


def test_a_mandate_that_ends_later_than_now_reaches_beyond_the_line_of_now() -> None:
    drawn = timeline([Life("a", "mandate", at(2020), at(2030))], at(2025))
    assert drawn is not None
    assert drawn.bars[0].width == 1000
    assert abs(drawn.ticks[-1].x - 500) <= 1
    assert (drawn.ticks[-1].what, drawn.ticks[-1].day) == ("now", dt.date(2025, 1, 1))


@pytest.mark.parametrize(
    ("years", "what"), [(40, "year"), (3, "year"), (1, "month"), (0, "month")], ids=["40", "3", "1", "0"]
)
def test_no_two_days_on_the_drawing_stand_on_each_other(years: int, what: str) -> None:
    drawn = timeline([Life("a", "key", at(2000, 2, 3), None)], at(2000 + years, 12, 24))
    assert drawn is not None
    inner = drawn.ticks[1:-1]
    assert {one.what for one in inner} == {what}
    assert inner[0].x >= 260
    assert all(later.x - earlier.x >= 110 for earlier, later in pairwise(inner))
    assert all(one.day.day == 1 for one in inner)


def test_what_was_held_for_a_moment_is_seen_and_inside_the_drawing() -> None:
    for began in (at(2020), at(2030)):
        drawn = timeline([Life("lama", "key", at(2020), None), Life("saat", "key", began, began)], at(2030))
        assert drawn is not None
        short = drawn.bars[1]
        assert short.width >= 4
        assert 0 <= short.x <= 1000 - short.width


def test_a_name_stands_inside_the_drawing_on_the_side_where_there_is_room() -> None:
    drawn = timeline([Life("awal", "key", at(2020), None), Life("akhir", "key", at(2029), None)], at(2030))
    assert drawn is not None
    early, late = drawn.bars
    assert (early.leftward, early.label) == (False, 0)
    assert (late.leftward, late.label) == (True, 1000)
