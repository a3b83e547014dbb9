r"""A zip that has one form: what is in it, and nothing beside, decides every byte.

Any program opens it, and no two can read it differently. Numbers are sections of PKWARE's APPNOTE 6.3.10, integers are
little-endian:

1. For each member, in order of its name's bytes, a local header (4.3.7), the name, and the member's bytes::

       50 4B 03 04, version needed 10, flags 0, method 0 (stored), time 00:00, date 1980-01-01,
       CRC-32, size, size, length of the name, no extra field

2. For each member, in the same order, a central header (4.3.12) and the name::

       50 4B 01 02, made by 0x0314 (Unix, 2.0), then the fields from "version needed" on as above, no comment, disk 0,
       attributes 0 and 0o100644 << 16 (a plain file), offset of the local header

3. The end record (4.3.16): one disk, the number of members twice, size and offset of (2), no comment.

A name is one to :data:`MAX_NAME` ASCII letters, digits, ``.`` and ``-`` in parts with ``/`` between; a part begins with
a letter or a digit, so no name leads out of the folder in which it is unpacked. At most :data:`MAX_MEMBERS` members and
:data:`MAX_BYTES` bytes in all. Whatever else zips know (compression, encryption, Zip64, data descriptors, comments,
links, folders, bytes before, between or after) is not in the form. Worked example, executed by a test::

    >>> data = pack({"segel": b"isi\n", "catatan/1.json": b"{}"})
    >>> len(data), list(unpack(data))
    (218, ['catatan/1.json', 'segel'])
    >>> unpack(data + b"\x00")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    keys.errors.Malformed: Berkas ini bukan zip dalam bentuk bakunya, mulai sesudah segel. ...
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

from keys.errors import Malformed

#: A zip is at most this many bytes (128 MiB).
MAX_BYTES = 128 * 1024 * 1024
#: A zip has at most this many members; the format without Zip64 ends at 65,535.
MAX_MEMBERS = 65_000
#: A name is at most this many bytes.
MAX_NAME = 100

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9][A-Za-z0-9.-]*)*", re.ASCII)
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
#: Version needed, flags, method, time, date, CRC-32, size, size, length of the name, length of the extra field.
_FIELDS = struct.Struct("<HHHHHIIIHH")
_CENTRAL_REST = struct.Struct("<HHHII")
_END_REST = struct.Struct("<HHHHIIH")
_LOCAL_BYTES = len(_LOCAL) + _FIELDS.size
#: Bytes that a member costs beside its own and twice its name's, and that every zip costs.
_MEMBER_COST = _LOCAL_BYTES + len(_CENTRAL) + 2 + _FIELDS.size + _CENTRAL_REST.size
_END_COST = len(_END) + _END_REST.size
_UNIX = 0x0314
_DATE = 0x0021  # 1980-01-01, the first day that a zip can name
_PLAIN_FILE = 0o100644 << 16


def cost(name: str, size: int) -> int:
    """Return how many bytes a member of ``size`` bytes adds to a zip."""
    return _MEMBER_COST + 2 * len(name) + size


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the zip of these members (name, bytes), or raise :class:`Malformed` where it cannot be one."""
    if len(members) > MAX_MEMBERS:
        raise _too_many()
    size = _END_COST + sum(cost(name, len(content)) for name, content in members.items())
    if size > MAX_BYTES:
        raise _too_large(size)
    parts, central, at = list[bytes](), list[bytes](), 0
    for name in sorted(members):
        fields = _fields(_checked(name), members[name])
        parts += (_LOCAL, fields, name.encode("ascii"), members[name])
        central.append(_central(fields, name, at))
        at += _LOCAL_BYTES + len(name) + len(members[name])
    return b"".join((*parts, *central, _end(central, at)))


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a zip in this form, in its order, or raise :class:`Malformed`; ``pack`` gives it back."""
    if len(data) > MAX_BYTES:
        raise _too_large(len(data))
    members, central, at, last = dict[str, bytes](), list[bytes](), 0, ""
    while data.startswith(_LOCAL, at):
        if len(members) == MAX_MEMBERS:
            raise _too_many()
        fields = data[at + len(_LOCAL) : at + _LOCAL_BYTES]
        if len(fields) < _FIELDS.size:
            raise _not_in_form(last)
        *_, size, length, _ = _FIELDS.unpack(fields)
        start = at + _LOCAL_BYTES + length
        name = _checked(data[at + _LOCAL_BYTES : start].decode("ascii", errors="replace"))
        content = data[start : start + size]
        if name <= last or len(content) != size or fields != _fields(name, content):
            raise _not_in_form(last)
        members[name] = content
        central.append(_central(fields, name, at))
        at, last = start + size, name
    if data[at:] != b"".join((*central, _end(central, at))):
        raise _not_in_form(last)
    return members


def _checked(name: str) -> str:
    if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
        raise Malformed(
            "zip.name",
            "Zip ini memuat berkas dengan nama yang tidak diterima.",
            allowed="Nama biasa di dalam folder zip itu sendiri: huruf, angka, titik, tanda hubung.",
            member=repr(name[:MAX_NAME]),
        )
    return name


def _fields(name: str, content: bytes) -> bytes:
    size = len(content)
    return _FIELDS.pack(10, 0, 0, 0, _DATE, zlib.crc32(content), size, size, len(name), 0)


def _central(fields: bytes, name: str, offset: int) -> bytes:
    made_by = _UNIX.to_bytes(2, "little")
    rest = _CENTRAL_REST.pack(0, 0, 0, _PLAIN_FILE, offset)
    return b"".join((_CENTRAL, made_by, fields, rest, name.encode("ascii")))


def _end(central: list[bytes], offset: int) -> bytes:
    return _END + _END_REST.pack(0, 0, len(central), len(central), sum(map(len, central)), offset, 0)


def _not_in_form(last: str) -> Malformed:
    return Malformed(
        "zip.form",
        f"Berkas ini bukan zip dalam bentuk bakunya, mulai {f'sesudah {last}' if last else 'dari awal'}.",
        allowed="Zip persis seperti yang dibuat, tidak dikemas ulang.",
    )


def _too_many() -> Malformed:
    return Malformed("zip.size", "Zip ini memuat terlalu banyak berkas.", allowed=f"Paling banyak {MAX_MEMBERS}.")


def _too_large(size: int) -> Malformed:
    return Malformed("zip.size", f"Zip ini {size} bita.", allowed=f"Paling besar {MAX_BYTES} bita.")
