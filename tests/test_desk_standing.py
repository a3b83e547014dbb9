"""What the pages of a case say of its document and of its acts when later facts touch them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from projections import audit_trail
from tests.kit import CASE, key
from tests.served import Served, served
from tests.test_desk_cases import page_of, section, seen, words

SRI, BUDI, AGUS, DEWI = "sri-wahyuni", "budi-santoso", "agus-salim", "dewi-lestari"
SECOND = "case:66666666-6666-4666-8666-666666666666"
THIRD = "case:77777777-7777-4777-8777-777777777777"
ONLY_TYPED = "case:88888888-8888-4888-8888-888888888888"


class Office(Served):
    """Three IKU of one year, each signed after the other; then the typist's key turns out to have leaked."""

    def live(self) -> None:
        self.open()
        for case in (CASE, SECOND, THIRD):
            self.run(case=case)
        self.run(case=ONLY_TYPED, upto=4)
        self.do(DEWI, "register", "key.revoked", {"keyid": key(AGUS).public.id, "reason": "compromised"})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def test_a_document_that_others_replaced_is_not_called_in_force_and_the_newest_is_named(office: Office) -> None:
    for case in (CASE, SECOND):
        page = seen(office, SRI, page_of(case))
        assert section(page, "dokumen").startswith("Dokumen yang pernah berlaku Sudah digantikan")
        own = seen(office, SRI, f"{page_of(case)}/dokumen/{office.iku['digest']}")
        assert "tidak berlaku lagi" in words(own)
    assert section(seen(office, SRI, page_of(THIRD)), "dokumen").startswith("Dokumen yang berlaku Ditandatangani")
    page = seen(office, SRI, page_of(CASE))
    assert f"Sekarang yang berlaku IKU perkara {THIRD.removeprefix('case:')}" in words(page)
    assert f'href="{page_of(THIRD)}"' in page, "a case that is named is led to"


def test_the_public_page_leads_to_the_newest_document_and_claims_of_a_receipt_what_it_proves(office: Office) -> None:
    page = seen(office, SRI, f"/umum/{CASE.removeprefix('case:')}")
    assert f'href="/umum/{THIRD.removeprefix("case:")}"' in page
    assert f'href="/umum/{SECOND.removeprefix("case:")}"' not in page
    assert "membuktikan bahwa sebuah tindakan dengan sidik daun itu ada" in words(page)


def test_an_act_that_is_no_mark_is_in_question_on_the_page_of_its_case_and_nothing_stands_before_it(
    office: Office,
) -> None:
    page = seen(office, SRI, page_of(ONLY_TYPED))
    assert "Ada tindakan yang dipertanyakan dalam perkara ini." in words(page)
    assert section(page, "tanda").startswith("Yang perlu diperiksa dipertanyakan karena kuncinya kemudian dicabut")


def test_what_is_said_of_several_acts_is_said_once_with_every_leaf(office: Office) -> None:
    told = section(seen(office, SRI, page_of(CASE)), "tanda")
    assert told.count("identitas kunci belum dibuktikan") <= 1
    assert told.count("dipertanyakan karena kuncinya kemudian dicabut") == 1
    assert told.count("daun") > 2


def test_a_replay_says_of_an_act_that_it_was_put_in_question_later(office: Office) -> None:
    with office.app.parts.reading() as connection:
        rows = audit_trail.trail(connection, ONLY_TYPED)
    typed = next(row for row in rows if row["kind"] == "concept.typed")["leaf_index"]
    told = words(seen(office, SRI, f"{page_of(ONLY_TYPED)}/putar?at={typed}"))
    assert "Kemudian dipertanyakan." in told
    first = rows[0]["leaf_index"]
    assert "Kemudian dipertanyakan." not in words(seen(office, SRI, f"{page_of(ONLY_TYPED)}/putar?at={first}"))
