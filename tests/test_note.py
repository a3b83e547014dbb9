"""C2SP signed-note: text is believed only when a key we pinned signed it."""

from __future__ import annotations

import base64
import doctest

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed
from keys.signing import PrivateKey
from ledger import note
from ledger.note import (
    MAX_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteSigner,
    SignatureLine,
    VerifierKey,
    open_note,
    parse_unverified,
    sign,
)

KALIPARE = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(31) + b"\x01"))
PEER = NoteSigner("sekda.malangkab.example/saksi", PrivateKey.load(bytes(31) + b"\x02"))
IMPOSTOR = NoteSigner(KALIPARE.name, PrivateKey.load(bytes(31) + b"\x03"))
TEXT = "Segel catatan.\nBaris kedua.\n"
GOOD = sign(TEXT, KALIPARE)

# The keys and the message that the documentation of Go's note package has used since 2019.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINES = [
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n",
]
GO_NOTE = f"{GO_TEXT}\n{GO_LINES[0]}".encode()
GO_NOTE_TWICE = f"{GO_TEXT}\n{GO_LINES[0]}{GO_LINES[1]}".encode()


def rule_of(data: bytes, *vkeys: VerifierKey) -> str:
    with pytest.raises(JejakError) as caught:
        open_note(data, vkeys or [KALIPARE.vkey])
    return caught.value.rule


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(note)
    assert results.attempted > 5
    assert results.failed == 0


def test_a_note_made_by_go_opens() -> None:
    opened = open_note(GO_NOTE, [VerifierKey.parse(NEUMANN)])
    assert opened.text == GO_TEXT
    assert [line.name for line in opened.signatures] == ["PeterNeumann"]


def test_a_note_of_two_signers_made_by_go_opens_with_either_and_with_both() -> None:
    neumann, enoch = VerifierKey.parse(NEUMANN), VerifierKey.parse(ENOCH)
    assert len(open_note(GO_NOTE_TWICE, [neumann, enoch]).signatures) == 2
    only_enoch = open_note(GO_NOTE_TWICE, [enoch])
    assert [line.name for line in only_enoch.signatures] == ["EnochRoot"]
    assert [line.name for line in only_enoch.unverified] == ["PeterNeumann"]


@pytest.mark.parametrize(
    "vkey",
    [
        NEUMANN,
        ENOCH,
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_a_vkey_in_use_elsewhere_is_read_and_written_alike(vkey: str) -> None:
    assert str(VerifierKey.parse(vkey)) == vkey


def test_a_signed_note_opens_with_its_vkey() -> None:
    opened = open_note(GOOD, [VerifierKey.parse(str(KALIPARE.vkey))])
    assert (opened.text, opened.data, opened.unverified) == (TEXT, GOOD, ())
    assert opened.signatures == (KALIPARE.sign(TEXT),)


def test_an_empty_list_of_keys_opens_nothing() -> None:
    with pytest.raises(Malformed) as caught:
        open_note(GOOD, [])
    assert caught.value.rule == "note.no_verifier"


def test_making_a_note_is_verifying_it() -> None:
    with pytest.raises(Forged):
        Note(GOOD, (PEER.vkey,))


def test_a_note_without_a_signature_of_a_known_key_proves_nothing() -> None:
    with pytest.raises(Forged) as caught:
        open_note(GOOD, [PEER.vkey])
    assert caught.value.rule == "note.unsigned"


def test_a_changed_text_is_refused() -> None:
    with pytest.raises(Forged) as caught:
        open_note(GOOD.replace(b"kedua", b"ketiga"), [KALIPARE.vkey])
    assert caught.value.rule == "note.signature"
    assert caught.value.facts == {"key": KALIPARE.name}


def test_a_signature_of_another_text_is_refused() -> None:
    other = KALIPARE.sign("Isi lain.\n")
    assert rule_of(TEXT.encode() + b"\n" + bytes(other)) == "note.signature"


def test_another_key_under_the_same_name_is_unknown() -> None:
    assert rule_of(sign(TEXT, IMPOSTOR)) == "note.unsigned"


def test_a_key_id_that_claims_a_known_key_is_verified_and_refused() -> None:
    forged = SignatureLine(KALIPARE.name, KALIPARE.vkey.key_id, IMPOSTOR.sign(TEXT).signature)
    assert rule_of(TEXT.encode() + b"\n" + bytes(forged)) == "note.signature"


def test_a_known_key_id_under_another_name_is_unknown() -> None:
    line = SignatureLine("lain.example", KALIPARE.vkey.key_id, KALIPARE.sign(TEXT).signature)
    assert rule_of(TEXT.encode() + b"\n" + bytes(line)) == "note.unsigned"


def test_one_bad_signature_of_a_known_key_refuses_the_note_though_another_holds() -> None:
    bad = SignatureLine(PEER.name, PEER.vkey.key_id, bytes(64))
    assert rule_of(GOOD + bytes(bad), KALIPARE.vkey, PEER.vkey) == "note.signature"
    assert rule_of(TEXT.encode() + b"\n" + bytes(bad) + bytes(KALIPARE.sign(TEXT)), KALIPARE.vkey, PEER.vkey) == (
        "note.signature"
    )


def test_a_signature_of_the_wrong_length_is_refused() -> None:
    short = SignatureLine(KALIPARE.name, KALIPARE.vkey.key_id, KALIPARE.sign(TEXT).signature[:-1])
    assert rule_of(TEXT.encode() + b"\n" + bytes(short)) == "note.signature"


def test_lines_of_unknown_keys_are_kept_apart_and_prove_nothing() -> None:
    unknown = SignatureLine("saksi.example", b"\x00\x01\x02\x03", b"\x06" * 2420)
    opened = open_note(GOOD + bytes(unknown), [KALIPARE.vkey])
    assert opened.signatures == (KALIPARE.sign(TEXT),)
    assert opened.unverified == (unknown,)


def test_one_key_may_not_sign_twice() -> None:
    assert rule_of(GOOD + bytes(KALIPARE.sign(TEXT))) == "note.duplicate"
    with pytest.raises(Malformed, match="dua kali"):
        sign(TEXT, KALIPARE, KALIPARE)


def test_two_verifier_keys_that_cannot_be_told_apart_are_refused() -> None:
    assert rule_of(GOOD, KALIPARE.vkey, KALIPARE.vkey) == "note.ambiguous"


def test_the_last_empty_line_ends_the_text() -> None:
    text = "satu\n\n— bukan tanda tangan\n\n\n"
    data = sign(text, KALIPARE)
    assert open_note(data, [KALIPARE.vkey]).text == text


def test_a_text_that_ends_like_a_note_is_still_all_text() -> None:
    inner = GOOD.decode()
    opened = open_note(sign(inner, PEER), [PEER.vkey, KALIPARE.vkey])
    assert opened.text == inner
    assert [line.name for line in opened.signatures] == [PEER.name]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "note.form"),
        (TEXT.encode(), "note.form"),
        (TEXT.encode() + b"\n", "note.form"),
        (GOOD[:-1], "note.form"),
        (GOOD + b"\n", "note.form"),
        (b"\n" + bytes(KALIPARE.sign(TEXT)), "note.form"),
        (GOOD.replace(b"\n\n", b"\n"), "note.form"),
        (GOOD + b"tambahan\n", "note.signature_line"),
        (GOOD.replace("— ".encode(), b"- "), "note.signature_line"),
        (GOOD.replace("— ".encode(), "—".encode()), "note.signature_line"),
        (GOOD.replace("— ".encode(), "—  ".encode()), "note.signature_line"),
        (GOOD[:-1] + b" \n", "note.signature_line"),
        (GOOD[:-1] + b" lagi\n", "note.signature_line"),
        (GOOD + "— x AAAAAA==\n".encode(), "note.signature_line"),
        (GOOD + "— x AAA=\n".encode(), "note.signature_line"),
        (GOOD + "— x \n".encode(), "note.signature_line"),
        (GOOD + "—  AAAAAAA=\n".encode(), "note.name"),
        (GOOD + "— x+y AAAAAAA=\n".encode(), "note.name"),
        (GOOD + "— x\u00a0y AAAAAAA=\n".encode(), "note.name"),
        (GOOD + "— x AAAAAAB=\n".encode(), "base64.canonical"),
        (GOOD + "— x AAAAAAA\n".encode(), "base64.form"),
        (GOOD + "— x AAAA-AA=\n".encode(), "base64.form"),
        (GOOD.replace(b"Segel", b"Se\xffel"), "note.utf8"),
        (GOOD.replace(b"Segel", b"Seg\xed\xa0\x80"), "note.utf8"),
        (GOOD.replace(b"\n", b"\r\n"), "note.character"),
        (GOOD.replace(b"Segel", b"Se\tel"), "note.character"),
        (GOOD.replace(b"Segel", b"Se\0el"), "note.character"),
    ],
)
def test_bytes_that_are_not_a_note_in_its_one_form_are_refused(data: bytes, rule: str) -> None:
    assert rule_of(data) == rule


def test_sixteen_signatures_of_five_kilobytes_are_accepted() -> None:
    lines = [SignatureLine(f"saksi-{number}.example", b"1234", bytes(5_000)) for number in range(15)]
    data = GOOD + b"".join(map(bytes, lines))
    assert open_note(data, [KALIPARE.vkey]).unverified == tuple(lines)


def test_a_note_above_the_limits_is_refused() -> None:
    line = SignatureLine("saksi.example", b"1234", b"5")
    assert rule_of(GOOD + bytes(line) * MAX_SIGNATURES) == "note.signatures"
    assert len(open_note(GOOD + bytes(line) * (MAX_SIGNATURES - 1), [KALIPARE.vkey]).unverified) == 99
    assert rule_of(b"x" * MAX_BYTES + GOOD) == "note.size"


@pytest.mark.parametrize("text", ["", "tanpa akhir", "kendali \x07\n", "tab\t\n", "\ud800\n"])
def test_a_text_that_no_note_may_have_is_not_signed(text: str) -> None:
    with pytest.raises(Malformed):
        sign(text, KALIPARE)
    with pytest.raises(Malformed):
        KALIPARE.sign(text)


def test_a_note_without_a_signer_is_not_written() -> None:
    with pytest.raises(Malformed):
        sign(TEXT)


@pytest.mark.parametrize(
    "name", ["", "dua kata", "a+b", "a\u2003b", "a\u0085b", "a\nb", "a\x01b", "\ud800", "x" * 256, "é" * 128]
)
def test_a_name_that_no_key_may_have_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        NoteSigner(name, KALIPARE.key)


@pytest.mark.parametrize(
    ("vkey", "rule"),
    [
        ("", "note.vkey"),
        ("PeterNeumann", "note.vkey"),
        (NEUMANN + "\n", "note.vkey"),
        (" " + NEUMANN, "note.name"),
        (NEUMANN.replace("c74f20a3", "C74F20A3"), "note.vkey"),
        (NEUMANN.replace("c74f20a3", "c74f20a"), "note.vkey"),
        (NEUMANN.replace("c74f20a3", "c74f20a4"), "note.vkey_id"),
        (NEUMANN.replace("PeterNeumann", "PeterNewmann"), "note.vkey_id"),
        (NEUMANN.replace("+ARpc", "+ARpd"), "note.vkey_id"),
        (NEUMANN.replace("+ARpc", "+BBpc"), "note.vkey_type"),
        (NEUMANN[:-4], "note.vkey_type"),
        (NEUMANN + "AAAA", "note.vkey_type"),
        (NEUMANN[:-1], "base64.form"),
        (NEUMANN.replace("Peter", "Peter+"), "note.vkey"),
        ("x+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode(), "key.weak"),
    ],
)
def test_a_vkey_that_is_not_in_its_one_form_is_refused(vkey: str, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        VerifierKey.parse(vkey)
    assert caught.value.rule == rule


names = st.text(min_size=1, max_size=20)
texts = st.text(max_size=200).map(lambda text: text + "\n")


@given(texts, names)
@settings(deadline=None)
def test_whatever_can_be_signed_opens_again(text: str, name: str) -> None:
    try:
        signer = NoteSigner(name, KALIPARE.key)
        data = sign(text, signer)
    except Malformed:
        return
    assert open_note(data, [VerifierKey.parse(str(signer.vkey))]).text == text


@given(
    st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"{text}\n\n— {text}\n".encode("utf-8", "replace"))
)
def test_random_bytes_are_never_a_note_and_raise_nothing_foreign(data: bytes) -> None:
    with pytest.raises(JejakError):
        open_note(data, [KALIPARE.vkey])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.sampled_from(["set", "insert", "cut", "drop"]))
@settings(deadline=None)
def test_a_note_with_one_byte_changed_never_opens_with_another_text(at: int, value: int, how: str) -> None:
    data = {
        "set": GOOD[:at] + bytes([value]) + GOOD[at + 1 :],
        "insert": GOOD[:at] + bytes([value]) + GOOD[at:],
        "cut": GOOD[:at],
        "drop": GOOD[:at] + GOOD[at + 1 :],
    }[how]
    if data == GOOD:
        return
    with pytest.raises(JejakError):
        open_note(data, [KALIPARE.vkey])


@given(st.text(alphabet="— x+/=A\n\u00a0", max_size=40))
@example("a\n\n— x AAAAAAA=\n")
def test_an_accepted_framing_is_what_formatting_yields(text: str) -> None:
    data = text.encode()
    try:
        body, lines = parse_unverified(data)
    except Malformed:
        return
    assert body.encode() + b"\n" + b"".join(map(bytes, lines)) == data


@given(st.text(max_size=100) | st.tuples(names, names).map(lambda pair: f"{pair[0]}+c74f20a3+{pair[1]}"))
def test_random_text_is_never_a_vkey_and_raises_nothing_foreign(text: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(text)
