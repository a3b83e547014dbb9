"""``seen``: every signer is a witness; who was shown another history is refused and the evidence is kept."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import ledger.seen
from keys.envelope import Envelope
from keys.errors import Forged, JejakError, NotAllowed
from ledger.acts import Seen
from ledger.merkle import Frontier
from tests.kit import CASE, Kecamatan, founding

OTHER_ROOT = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def kecamatan(tmp_path: Path) -> Iterator[Kecamatan]:
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger):
        made.open().run(upto=2)
        yield made


def third(kecamatan: Kecamatan, **changes: Any) -> bytes:
    """Return the third act of the case."""
    official, kind, body = kecamatan.steps()[2]
    return kecamatan.sign(official, CASE, kind, body, **changes)


def refused(kecamatan: Kecamatan, data: bytes) -> JejakError:
    with pytest.raises(JejakError) as caught:
        kecamatan.ledger.record(data)
    assert caught.value.allowed
    return caught.value


def evidence(kecamatan: Kecamatan) -> list[Path]:
    folder = kecamatan.folder / "contradictions"
    return sorted(folder.iterdir()) if folder.exists() else []


def roots(kecamatan: Kecamatan) -> dict[int, str]:
    """Return the root at every size, as the leaves make it."""
    frontier, found = Frontier(), {}
    with kecamatan.ledger.reading() as rows:
        for row in rows.entries(0, 10_000):
            frontier = frontier.append(row.leaf_hash)
            found[frontier.size] = base64.b64encode(frontier.root).decode()
    return found


def test_any_root_of_this_log_that_covers_the_act_before_is_accepted(kecamatan: Kecamatan) -> None:
    found, stream = roots(kecamatan), kecamatan.ledger.stream(CASE)
    assert stream is not None
    newest = max(found)
    assert stream.index == newest - 1
    kecamatan.do("sri-wahyuni", CASE.replace("1111-4", "2222-4"), *kecamatan.steps()[0][1:])
    data = third(kecamatan, seen=Seen(size=newest, root=found[newest]))
    assert not kecamatan.ledger.record(data).again


def test_every_earlier_root_will_do_for_a_stream_that_has_not_begun(kecamatan: Kecamatan) -> None:
    for size, root in roots(kecamatan).items():
        case = f"case:{size:08d}-0000-4000-8000-000000000000"
        kecamatan.do("sri-wahyuni", case, *kecamatan.steps()[0][1:], seen=Seen(size=size, root=root))


def test_an_act_that_names_no_checkpoint_is_refused(kecamatan: Kecamatan) -> None:
    fault = refused(kecamatan, third(kecamatan, seen=None))
    assert isinstance(fault, NotAllowed)
    assert fault.rule == "seen.missing"
    assert evidence(kecamatan) == []


def test_leaf_0_names_no_checkpoint_because_there_is_none(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger):
        seen = Seen(size=1, root=OTHER_ROOT)
        data = made.sign("dewi-lestari", "register", "ledger.founded", founding(made.log), seen=seen)
        assert refused(made, data).rule == "seen.ahead"
        made.found()


@pytest.mark.parametrize("ahead", [1, 2**40])
def test_a_checkpoint_larger_than_the_log_is_refused(kecamatan: Kecamatan, ahead: int) -> None:
    size = max(roots(kecamatan))
    fault = refused(kecamatan, third(kecamatan, seen=Seen(size=size + ahead, root=OTHER_ROOT)))
    assert isinstance(fault, NotAllowed)
    assert fault.rule == "seen.ahead"
    assert str(size) in fault.allowed
    assert evidence(kecamatan) == []


def test_a_checkpoint_that_does_not_cover_the_act_before_is_refused(kecamatan: Kecamatan) -> None:
    found = roots(kecamatan)
    size = max(found) - 1
    fault = refused(kecamatan, third(kecamatan, seen=Seen(size=size, root=found[size])))
    assert isinstance(fault, NotAllowed)
    assert fault.rule == "seen.behind"
    assert str(size) in fault.allowed
    assert evidence(kecamatan) == []


def test_a_root_that_is_not_ours_is_refused_and_its_envelope_kept_verbatim(kecamatan: Kecamatan) -> None:
    data = third(kecamatan, seen=Seen(size=max(roots(kecamatan)), root=OTHER_ROOT))
    fault = refused(kecamatan, data)
    assert isinstance(fault, Forged)
    assert fault.rule == "seen.root"
    assert "bukti" in fault.detail
    (file,) = evidence(kecamatan)
    assert file.read_bytes() == data
    assert Envelope.parse(file.read_bytes()).data == data


def test_the_root_of_another_size_is_not_ours_at_this_one(kecamatan: Kecamatan) -> None:
    found = roots(kecamatan)
    newest = max(found)
    assert refused(kecamatan, third(kecamatan, seen=Seen(size=newest, root=found[newest - 1]))).rule == "seen.root"


def test_the_same_evidence_is_kept_once(kecamatan: Kecamatan) -> None:
    data = third(kecamatan, seen=Seen(size=max(roots(kecamatan)), root=OTHER_ROOT))
    for _ in range(3):
        refused(kecamatan, data)
    assert len(evidence(kecamatan)) == 1


def test_evidence_is_bounded_and_the_first_stays(kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.seen, "MOST_KEPT", 2)
    size = max(roots(kecamatan))
    sent = []
    for number in range(4):
        root = base64.b64encode(bytes([number]) * 32).decode()
        sent.append(third(kecamatan, seen=Seen(size=size, root=root)))
        assert refused(kecamatan, sent[-1]).rule == "seen.root"
    assert {file.read_bytes() for file in evidence(kecamatan)} == set(sent[:2])


def test_one_key_cannot_take_the_room_of_the_others_and_is_told_what_is_not_kept(
    kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.seen, "MOST_OF_ONE_KEY", 2)
    size = max(roots(kecamatan))
    said = []
    for number in range(3):
        root = base64.b64encode(bytes([number]) * 32).decode()
        said.append(refused(kecamatan, third(kecamatan, seen=Seen(size=size, root=root))).detail)
    assert ["disimpan sebagai bukti" in one for one in said] == [True, True, False]
    assert "simpanlah amplopnya sendiri" in said[2]
    assert len(evidence(kecamatan)) == 2


def test_evidence_that_cannot_be_written_is_refused_all_the_same(kecamatan: Kecamatan) -> None:
    (kecamatan.folder / "contradictions").write_bytes(b"a file where the folder should be")
    data = third(kecamatan, seen=Seen(size=max(roots(kecamatan)), root=OTHER_ROOT))
    assert refused(kecamatan, data).rule == "seen.root"


def test_who_has_no_registered_key_leaves_no_evidence(kecamatan: Kecamatan) -> None:
    """Anybody could fill the folder otherwise: only an envelope whose signature holds proves anything."""
    data = third(kecamatan, seen=Seen(size=max(roots(kecamatan)), root=OTHER_ROOT))
    spoiled = data.replace(b'"sig":"', b'"sig":"A')
    spoiled = spoiled[: spoiled.index(b'=="}]}') - 1] + b'=="}]}'
    with pytest.raises(JejakError):
        kecamatan.ledger.record(spoiled)
    assert evidence(kecamatan) == []


def test_roots_are_remembered_only_up_to_a_bound(kecamatan: Kecamatan) -> None:
    cache = kecamatan.ledger._seen._roots
    cache.update({10**9 + number: OTHER_ROOT for number in range(5000)})
    kecamatan.ledger.record(third(kecamatan))
    assert len(cache) < 5000
