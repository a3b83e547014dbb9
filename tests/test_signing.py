"""Ed25519 with one rule: nothing that OpenSSL refuses, no keys for which anyone can sign."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import Forged, Malformed
from keys.signing import PrivateKey, PublicKey

# A slow, obvious curve (RFC 8032 §5.1, affine coordinates), to say by arithmetic what the code says by list.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
NEUTRAL = (0, 1)


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(n: int, point: Point) -> Point:
    total = NEUTRAL
    for bit in bin(n)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(raw: bytes) -> Point | None:
    """Decode as RFC 8032 §5.1.3 does; None where it refuses."""
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


RFC_8032 = [  # §7.1, TEST 1 to 3: seed, public key, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

SMALL_ORDER = [  # the eight points of order 1, 2, 4 and 8, in their own encodings
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
SMALL_ORDER_DISGUISED = [  # the same points in the six encodings that are not canonical
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]

KEY = PrivateKey.load(bytes(range(32)))


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_are_signed_and_verified(seed: str, public: str, message: str, signature: str) -> None:
    key = PrivateKey.load(bytes.fromhex(seed))
    assert key.public.raw.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    PublicKey.load(bytes.fromhex(public)).verify(bytes.fromhex(signature), bytes.fromhex(message))


def test_a_key_id_is_the_sha256_of_the_raw_public_key() -> None:
    assert KEY.public.id == hashlib.sha256(KEY.public.raw).hexdigest()


@pytest.mark.parametrize("encoding", SMALL_ORDER + SMALL_ORDER_DISGUISED)
def test_a_key_of_small_order_is_refused_in_every_encoding(encoding: str) -> None:
    with pytest.raises(Malformed) as caught:
        PublicKey.load(bytes.fromhex(encoding))
    assert caught.value.rule in {"key.weak", "key.canonical"}


def test_the_list_of_small_orders_is_what_arithmetic_says() -> None:
    points = [decode(bytes.fromhex(encoding)) for encoding in SMALL_ORDER]
    assert len({point for point in points if point and times(8, point) == NEUTRAL}) == 8
    assert [decode(bytes.fromhex(encoding)) for encoding in SMALL_ORDER_DISGUISED] == [None] * 6


def test_a_signature_anyone_can_make_for_a_weak_key_would_pass_without_our_rule() -> None:
    weak = bytes.fromhex(SMALL_ORDER[0])
    forged = encode(NEUTRAL) + bytes(32)
    Ed25519PublicKey.from_public_bytes(weak).verify(forged, b"whatever")  # raises nothing
    with pytest.raises(Malformed, match="siapa pun dapat membuat tanda tangan"):
        PublicKey.load(weak)


@pytest.mark.parametrize("y", range(P, 2**255), ids=lambda y: f"p+{y - P}")
@pytest.mark.parametrize("sign", [0, 1])
def test_an_encoding_that_is_not_canonical_is_refused(y: int, sign: int) -> None:
    with pytest.raises(Malformed) as caught:
        PublicKey.load((y | sign << 255).to_bytes(32, "little"))
    assert caught.value.rule == "key.canonical"


@given(st.binary(min_size=32, max_size=32) | st.integers(0, 200).map(lambda y: y.to_bytes(32, "little")))
@settings(deadline=None)
def test_a_key_is_accepted_exactly_where_the_curve_has_a_point_that_eight_does_not_kill(raw: bytes) -> None:
    point = decode(raw)
    if point is None or times(8, point) == NEUTRAL:
        with pytest.raises(Malformed):
            PublicKey.load(raw)
    else:
        assert PublicKey.load(raw).raw == raw


def test_a_key_that_is_not_on_the_curve_is_refused() -> None:
    off = (2).to_bytes(32, "little")
    assert decode(off) is None
    with pytest.raises(Malformed) as caught:
        PublicKey.load(off)
    assert caught.value.rule == "key.point"


def test_a_key_with_a_torsion_part_is_taken_as_openssl_takes_it() -> None:
    honest, torsion = decode(KEY.public.raw), decode(bytes.fromhex(SMALL_ORDER[4]))
    assert honest
    assert torsion
    mixed = encode(add(honest, torsion))
    assert PublicKey.load(mixed).raw == mixed


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed) as public:
        PublicKey.load(bytes(length))
    with pytest.raises(Malformed) as private:
        PrivateKey.load(bytes(length))
    assert public.value.rule == private.value.rule == "key.length"


def test_bytes_of_any_type_are_judged_as_bytes() -> None:
    signature, views = KEY.sign(b"paraf"), [bytearray, memoryview, lambda data: memoryview(data).cast("Q")]
    for view in views:
        assert PublicKey.load(view(KEY.public.raw)) == KEY.public
        assert type(PublicKey.load(view(KEY.public.raw)).raw) is bytes
        KEY.public.verify(view(signature), b"paraf")
        with pytest.raises(Forged, match="tidak cocok"):
            KEY.public.verify(view(signature), b"paraf ")
        with pytest.raises(Forged, match="bentuk"):
            KEY.public.verify(view(signature * 8), b"paraf")
        with pytest.raises(Malformed) as caught:
            PublicKey.load(view(KEY.public.raw * 8))
        assert caught.value.rule == "key.length"


def test_a_number_is_no_key() -> None:
    with pytest.raises(TypeError):
        PublicKey.load(32)  # type: ignore[arg-type]


def test_a_signature_whose_s_was_raised_by_the_group_order_is_refused() -> None:
    signature = KEY.sign(b"paraf")
    s = int.from_bytes(signature[32:], "little")
    for multiple in range(1, (2**256 - 1 - s) // L + 1):
        with pytest.raises(Forged) as caught:
            KEY.public.verify(signature[:32] + (s + multiple * L).to_bytes(32, "little"), b"paraf")
        assert caught.value.rule == "signature.form"


@pytest.mark.parametrize("length", [0, 32, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Forged) as caught:
        KEY.public.verify((KEY.sign(b"paraf") * 2)[:length], b"paraf")
    assert caught.value.rule == "signature.form"


def test_a_signature_over_another_message_or_by_another_key_is_refused() -> None:
    signature = KEY.sign(b"paraf")
    with pytest.raises(Forged, match="tidak cocok"):
        KEY.public.verify(signature, b"paraf ")
    with pytest.raises(Forged, match="tidak cocok"):
        PrivateKey.load(bytes(32)).public.verify(signature, b"paraf")


@given(st.binary(max_size=100), st.integers(0, 511))
@settings(deadline=None)
def test_a_signature_holds_and_with_any_one_bit_turned_it_does_not(message: bytes, bit: int) -> None:
    signature = KEY.sign(message)
    KEY.public.verify(signature, message)
    turned = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    with pytest.raises(Forged):
        KEY.public.verify(turned, message)


def test_two_new_keys_differ_and_a_seed_gives_its_key_back() -> None:
    one, other = PrivateKey.generate(), PrivateKey.generate()
    assert one.public != other.public
    assert PrivateKey.load(one.seed()).public == one.public


def test_no_secret_is_shown_in_print() -> None:
    for shown in (repr(KEY), str(KEY), f"{KEY}"):
        assert KEY.seed().hex() not in shown
        assert repr(KEY.seed())[2:-1] not in shown
        assert "Ed25519PrivateKey" not in shown


# What a dishonest signer can make: S is right for a, r and the challenge, but A or R has a part of small order, so that
# verifiers with the cofactor, verifiers without it and verifiers with checks of their own come to different answers.
BASE = decode(bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666"))


def crafted(a: int, r: int, of_key: str, of_nonce: str, message: bytes) -> tuple[bytes, bytes, int]:
    """Return a public key, its signature over ``message`` and the challenge, with these parts of small order added."""
    key_part, nonce_part = decode(bytes.fromhex(of_key)), decode(bytes.fromhex(of_nonce))
    assert BASE
    assert key_part
    assert nonce_part
    key, nonce = encode(add(times(a, BASE), key_part)), encode(add(times(r, BASE), nonce_part))
    challenge = int.from_bytes(hashlib.sha512(nonce + key + message).digest(), "little") % L
    return key, nonce + ((r + challenge * a) % L).to_bytes(32, "little"), challenge


def openssl_accepts(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def accepted(raw: bytes, signature: bytes, message: bytes) -> bool:
    try:
        PublicKey.load(raw).verify(signature, message)
    except (Malformed, Forged):
        return False
    return True


def test_a_signature_that_holds_only_with_the_cofactor_is_refused() -> None:
    raw, signature, _ = crafted(5, 7, SMALL_ORDER[0], SMALL_ORDER[4], b"paraf")
    with pytest.raises(Forged) as caught:
        PublicKey.load(raw).verify(signature, b"paraf")
    assert caught.value.rule == "signature.invalid"


def test_a_key_with_a_torsion_part_signs_only_where_the_challenge_kills_that_part() -> None:
    outcomes = set()
    for number in range(40):
        message = b"paraf %d" % number
        raw, signature, challenge = crafted(5, 7, SMALL_ORDER[4], SMALL_ORDER[0], message)
        assert accepted(raw, signature, message) == openssl_accepts(raw, signature, message) == (challenge % 8 == 0)
        outcomes.add(challenge % 8 == 0)
    assert outcomes == {True, False}


def test_a_nonce_of_small_order_is_refused_though_openssl_takes_it() -> None:
    raw, signature, _ = crafted(5, 0, SMALL_ORDER[0], SMALL_ORDER[0], b"paraf")
    assert openssl_accepts(raw, signature, b"paraf")
    with pytest.raises(Forged) as caught:
        PublicKey.load(raw).verify(signature, b"paraf")
    assert caught.value.rule == "signature.invalid"


@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.sampled_from(SMALL_ORDER),
    st.sampled_from(SMALL_ORDER),
    st.binary(max_size=4),
)
@settings(deadline=None)
def test_nothing_is_accepted_that_openssl_refuses(a: int, r: int, of_key: str, of_nonce: str, message: bytes) -> None:
    raw, signature, _ = crafted(a, r, of_key, of_nonce, message)
    here, there = accepted(raw, signature, message), openssl_accepts(raw, signature, message)
    key, nonce = decode(raw), decode(signature[:32])
    assert key
    assert nonce
    of_small_order = NEUTRAL in (times(8, key), times(8, nonce))
    assert here == (there and not of_small_order)
