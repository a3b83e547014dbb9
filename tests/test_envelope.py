"""The DSSE envelope: one byte form, a signature that binds type and payload, and nothing of ours needed to check it."""

import base64
import doctest
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import envelope as module
from keys.envelope import MAX_BYTES, Envelope, decode_base64, pae
from keys.errors import Forged, JejakError, Malformed
from keys.signing import PrivateKey

ACT = "application/vnd.jejak.act.v1+json"
KEY = PrivateKey.load(bytes(range(32)))
OTHER = PrivateKey.load(bytes(32))
PAYLOAD = b'{"kind":"paraf.given","note":"~~~???"}'  # its base64 uses both of the alphabet's last two signs
ENVELOPE = Envelope.seal(ACT, PAYLOAD, KEY)
DATA = ENVELOPE.data
SIGNATURE = re.search(rb'\{"keyid".*\}(?=\]\}$)', DATA)
assert SIGNATURE
assert {43, 47} <= set(base64.b64encode(PAYLOAD))

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None,
    reason="NOT CHECKED: there is no openssl here, so independent verification was not tried",
)


def spelled(
    *, kind: bytes = ACT.encode(), payload: bytes = b"e30=", keyid: bytes = b"0" * 64, sig: bytes = b"A" * 86 + b"=="
) -> bytes:
    return b'{"payloadType":"%b","payload":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}' % (
        kind,
        payload,
        keyid,
        sig,
    )


REFUSED = {
    "empty": b"",
    "empty object": b"{}",
    "trailing line feed": DATA + b"\n",
    "leading space": b" " + DATA,
    "byte order mark": b"\xef\xbb\xbf" + DATA,
    "cut short": DATA[:-1],
    "something after": DATA + b"}",
    "twice": DATA + DATA,
    "white space after a colon": DATA.replace(b'":"', b'": "', 1),
    "white space after a comma": DATA.replace(b",", b", ", 1),
    "line feed inside": DATA.replace(b",", b",\n", 1),
    "members in another order": b'{"payload":"e30=","payloadType":"a/b","signatures":[{"keyid":"%b","sig":"%b"}]}'
    % (b"0" * 64, b"A" * 86 + b"=="),
    "sig before keyid": b'{"payloadType":"a/b","payload":"e30=","signatures":[{"sig":"%b","keyid":"%b"}]}'
    % (b"A" * 86 + b"==", b"0" * 64),
    "extra member": DATA.replace(b'{"payloadType"', b'{"x":1,"payloadType"'),
    "extra member at the end": DATA[:-1] + b',"x":1}',
    "extra member in the signature": DATA.replace(b'"}]}', b'","x":1}]}'),
    "payload twice": DATA.replace(b'"payload":', b'"payload":"e30=","payload":'),
    "two signatures": DATA.replace(b"]}", b"," + SIGNATURE.group() + b"]}"),
    "no signature": DATA.replace(SIGNATURE.group(), b""),
    "no keyid": re.sub(rb'"keyid":"[^"]*",', b"", DATA),
    "null payload": spelled().replace(b'"e30="', b"null"),
    "an escape in a name": DATA.replace(b"payloadType", rb"payload\u0054ype"),
    "an escaped slash": DATA.replace(b"application/", rb"application\/"),
    "single quotes": DATA.replace(b'"', b"'"),
    "payload without padding": spelled(payload=b"e30"),
    "payload with half its padding": spelled(payload=b"YQ="),
    "payload with too much padding": spelled(payload=b"e30=="),
    "payload of padding alone": spelled(payload=b"=="),
    "payload of one sign": spelled(payload=b"A"),
    "padding in the middle": spelled(payload=b"YQ==YQ=="),
    "url-safe alphabet": spelled(payload=b"-_-_"),
    "line feed in base64": spelled(payload=b"e3\n0="),
    "pad bits set in the payload (one =)": spelled(payload=b"e31="),
    "pad bits set in the payload (two =)": spelled(payload=b"YR=="),
    "pad bits set in the signature": spelled(sig=b"A" * 85 + b"B=="),
    "signature without padding": spelled(sig=b"A" * 86),
    "signature of 63 bytes": spelled(sig=b"A" * 84),
    "signature of 65 bytes": spelled(sig=b"A" * 87 + b"="),
    "upper-case keyid": spelled(keyid=b"A" * 64),
    "short keyid": spelled(keyid=b"0" * 63),
    "long keyid": spelled(keyid=b"0" * 65),
    "empty keyid": spelled(keyid=b""),
    "empty type": spelled(kind=b""),
    "type with a space": spelled(kind=b"a b"),
    "type with a quote": spelled(kind=b'a\\"b'),
    "type beyond ASCII": spelled(kind="é".encode()),
    "type of 101 bytes": spelled(kind=b"a" * 101),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_another_spelling_of_an_envelope_is_refused(data: bytes) -> None:
    assert data != DATA
    with pytest.raises(Malformed):
        Envelope.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        spelled(),
        spelled(payload=b""),
        spelled(payload=b"YQ=="),
        spelled(payload=b"+/+/"),
        spelled(kind=b"a" * 100),
    ],
)
def test_what_is_parsed_is_kept_byte_for_byte(data: bytes) -> None:
    parsed = Envelope.parse(data)
    assert parsed.data == data
    assert data == spelled(
        kind=parsed.payload_type.encode(),
        payload=base64.b64encode(parsed.unverified_payload),
        keyid=parsed.keyid.encode(),
        sig=base64.b64encode(parsed.signature),
    )


def test_the_last_byte_that_fits_is_taken_and_the_next_is_not() -> None:
    room = MAX_BYTES - len(spelled(kind=b"", payload=b""))
    kind, payload = b"a" * (1 + (room - 1) % 4), b"A" * ((room - 1) // 4 * 4)
    full = spelled(kind=kind, payload=payload)
    assert len(full) == 64_000
    assert Envelope.parse(full).data == full
    with pytest.raises(Malformed) as caught:
        Envelope.parse(spelled(kind=kind + b"a", payload=payload))
    assert caught.value.rule == "envelope.size"
    with pytest.raises(Malformed) as sealed:
        Envelope.seal(ACT, bytes(MAX_BYTES), KEY)
    assert sealed.value.rule == "envelope.size"


def test_a_type_that_no_envelope_can_carry_is_not_sealed() -> None:
    for kind in ("", "a b", "é", 'a","payload":"e30=', "a" * 101):
        with pytest.raises(Malformed) as caught:
            Envelope.seal(kind, b"{}", KEY)
        assert caught.value.rule == "envelope.form"


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_every_payload_comes_back_as_it_was_signed(payload: bytes) -> None:
    envelope = Envelope.parse(Envelope.seal(ACT, payload, KEY).data)
    assert envelope.opened_with(KEY.public).payload == payload


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_base64_has_one_spelling(data: bytes) -> None:
    text = base64.b64encode(data)
    assert decode_base64(text) == data
    for other in (text + b"\n", text + b"=", text.rstrip(b"=") if data and len(data) % 3 else text + b"A"):
        with pytest.raises(Malformed):
            decode_base64(other)


def test_the_encoding_that_is_signed_says_where_the_type_ends() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (  # DSSE v1's own test vector
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("a", b"b 1 c") != pae("a 5 b", b"c")


def test_the_type_is_bound_by_the_signature() -> None:
    moved = Envelope.parse(DATA.replace(b"jejak.act.v1", b"jejak.possession.v1"))
    with pytest.raises(Forged) as caught:
        moved.opened_with(KEY.public)
    assert caught.value.rule == "signature.invalid"


def test_the_payload_is_bound_by_the_signature() -> None:
    changed = DATA.replace(base64.b64encode(PAYLOAD), base64.b64encode(PAYLOAD.replace(b"paraf", b"peraf")))
    with pytest.raises(Forged) as caught:
        Envelope.parse(changed).opened_with(KEY.public)
    assert caught.value.rule == "signature.invalid"


def test_an_envelope_is_not_opened_with_a_key_it_does_not_name() -> None:
    with pytest.raises(Forged) as caught:
        ENVELOPE.opened_with(OTHER.public)
    assert caught.value.rule == "signature.keyid"


def test_an_envelope_that_names_a_key_which_did_not_sign_it_is_not_opened() -> None:
    claimed = Envelope.parse(DATA.replace(KEY.public.id.encode(), OTHER.public.id.encode()))
    with pytest.raises(Forged) as caught:
        claimed.opened_with(OTHER.public)
    assert caught.value.rule == "signature.invalid"


def opens(data: bytes) -> bool:
    try:
        Envelope.parse(data).opened_with(KEY.public)
    except JejakError:
        return False
    return True


def test_no_single_bit_of_an_envelope_can_be_turned() -> None:
    assert opens(DATA)
    for place in range(len(DATA)):
        for bit in range(8):
            turned = bytearray(DATA)
            turned[place] ^= 1 << bit
            assert not opens(bytes(turned)), (place, bit)


@given(st.integers(0, len(DATA) - 1), st.integers(0, 2), st.binary(max_size=3))
@settings(deadline=None, max_examples=300)
def test_no_byte_of_an_envelope_can_be_exchanged_removed_or_added(place: int, removed: int, added: bytes) -> None:
    changed = DATA[:place] + added + DATA[place + removed :]
    assert opens(changed) == (changed == DATA)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_nothing_but_malformed_leaves_the_parser(data: bytes) -> None:
    with pytest.raises(Malformed):
        Envelope.parse(data)
    with pytest.raises(Malformed):
        Envelope.parse(spelled(payload=data + b"!"))


def test_the_worked_example_holds() -> None:
    assert doctest.testmod(module) == doctest.TestResults(0, 6)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


def openssl_verifies(signed: bytes, folder: Path) -> bool:
    pem = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + KEY.public.raw).decode()
    (folder / "key.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
    (folder / "pae").write_bytes(signed)
    (folder / "sig").write_bytes(ENVELOPE.signature)
    done = run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "pae", "-sigfile", "sig"],
        folder,
    )
    assert "Signature Verif" in done.stdout, done.stderr  # it did judge
    return done.returncode == 0


@needs_openssl
def test_openssl_accepts_the_signature_over_type_and_payload_and_over_nothing_else(tmp_path: Path) -> None:
    assert openssl_verifies(pae(ACT, PAYLOAD), tmp_path)
    assert not openssl_verifies(pae(ACT, PAYLOAD + b" "), tmp_path)
    assert not openssl_verifies(PAYLOAD, tmp_path)


def follow_the_document(act: bytes, public_key_hex: str, folder: Path) -> subprocess.CompletedProcess[str]:
    document = (Path(__file__).parent.parent / "docs" / "openssl.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)
    (folder / "act.json").write_bytes(act)
    (folder / "public-key.hex").write_text(public_key_hex)
    return run(["sh", "-c", commands], folder)


@needs_openssl
@pytest.mark.parametrize(
    "act", [DATA, DATA + b"\n", b'{"recorded_at":"2026-01-05T01:00:00.000000Z","envelope":%b}' % DATA]
)
def test_the_commands_in_the_document_verify_an_act(tmp_path: Path, act: bytes) -> None:
    done = follow_the_document(act, KEY.public.raw.hex() + "\n", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Signature Verified Successfully\n", "")
    assert (tmp_path / "payload.json").read_bytes() == PAYLOAD


@needs_openssl
@pytest.mark.parametrize(
    ("act", "key"),
    [
        (DATA.replace(base64.b64encode(PAYLOAD), base64.b64encode(PAYLOAD + b" ")), KEY),
        (DATA.replace(b"jejak.act", b"jejak.akt"), KEY),
        (Envelope.seal("application/vnd.jejak.possession.v1+json", PAYLOAD, KEY).data, KEY),
        (DATA, OTHER),
        (DATA.replace(KEY.public.id.encode(), OTHER.public.id.encode()), OTHER),
        (DATA.replace(KEY.public.id.encode(), OTHER.public.id.encode()), KEY),
        (b"", KEY),
    ],
    ids=[
        "payload changed",
        "type changed",
        "not an act",
        "another key",
        "another key named and taken",
        "another key named",
        "nothing there",
    ],
)
def test_the_commands_in_the_document_stop_at_a_forgery(tmp_path: Path, act: bytes, key: PrivateKey) -> None:
    done = follow_the_document(act, key.public.raw.hex(), tmp_path)
    assert done.returncode != 0
    assert "Successfully" not in done.stdout
