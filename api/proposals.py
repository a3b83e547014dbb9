"""Proposals that wait for a second pair of eyes: which one is meant, and all that it says, in words."""

from __future__ import annotations

from api.known_register import Known, Signer, now
from keys.errors import NotAllowed
from keys.records import MandateRecord
from keys.register import Register
from keys.signing import PublicKey, fingerprint
from ledger import bodies as b
from ledger.acts import Act
from ledger.kind_names import name_of
from ledger.register_history import why_stale
from ledger.wording import day

#: kind of an approval -> kind of what it approves.
PROPOSALS = {
    "official.approved": "official.proposed",
    "key.approved": "key.proposed",
    "mandate.approved": "mandate.proposed",
}
_CAPACITIES = {
    "definitif": "definitif",
    "plt": "Pelaksana Tugas (Plt)",
    "plh": "Pelaksana Harian (Plh)",
    "an": "atas nama (a.n.)",
    "ub": "untuk beliau (u.b.)",
}


def waiting(known: Known, *, recovery: bool) -> list[str]:
    """Return the leaves of the proposals that may still be approved, by founders or by registrars, oldest first."""
    register, at = known.register, now()
    return [
        leaf
        for leaf in known.acts
        if (proposal := register.proposals.get(leaf)) is not None
        and proposal.recovery == recovery
        and why_stale(register, proposal, known.index, at) is None
    ]


def next_for(known: Known, signer: Signer, *, recovery: bool) -> str:
    """Return the oldest proposal that the signer may approve: made by somebody else, and not to their own gain.

    Raises NotAllowed (rule ``register.proposal``) where there is none.
    """
    register = known.register
    for leaf in waiting(known, recovery=recovery):
        proposal = register.proposals[leaf]
        if not any(register.same_person(signer.official, one) for one in (proposal.by, proposal.gains)):
            return leaf
    raise NotAllowed(
        "register.proposal",
        "Tidak ada usulan yang menunggu persetujuan Anda.",
        allowed="Usulan sendiri, usulan bagi diri sendiri, dan yang sudah gugur tidak dihitung;"
        " semuanya: jejak register show.",
    )


def chosen(known: Known, kind: str, leaf: str | None, *, recovery: bool = False) -> str:
    """Return the leaf of the proposal that an approval of ``kind`` means: the one named, or the only one that waits.

    ``recovery``: the founders approve, and only what they proposed as such. Raises NotAllowed (rule
    ``register.proposal``), listing what waits where there is more than one, or ``register.stale`` of one that fell.
    """
    wanted = PROPOSALS[kind]
    open_ = [one for one in waiting(known, recovery=recovery) if known.acts[one].kind == wanted]
    if leaf is None:
        if len(open_) == 1:
            return open_[0]
        if open_:
            raise NotAllowed(
                "register.proposal",
                f"Ada {len(open_)} {name_of(wanted)} yang menunggu; sebut yang mana.",
                allowed="\n".join(
                    ["Pilih satu:", *(f"--set proposal={one}\n  {brief(known, known.acts[one])}" for one in open_)]
                ),
                proposals=open_,
            )
        raise NotAllowed(
            "register.proposal",
            f"Tidak ada {name_of(wanted)} yang menunggu persetujuan.",
            allowed=f"Persetujuan didahului {name_of(wanted)} dari "
            + ("pendiri lain." if recovery else "pendaftar lain yang masih berwenang."),
        )
    if leaf in open_:
        return leaf
    act, proposal = known.acts.get(leaf), known.register.proposals.get(leaf)
    if act is None:
        said = "Usulan yang disebut tidak ada dalam register."
    elif act.kind != wanted:
        said = f"Yang akan disetujui bukan {name_of(wanted)}, melainkan {name_of(act.kind)}."
    elif proposal is None:
        said = f"{name_of(wanted).capitalize()} ini sudah diputus."
    elif proposal.recovery == recovery and (fallen := why_stale(known.register, proposal, known.index, now())):
        raise fallen
    else:
        return leaf  # an ordinary proposal and a recovery do not go together: the register's own rule says so
    named = ", ".join(open_) or "tidak ada"
    raise NotAllowed("register.proposal", said, allowed=f"{name_of(wanted).capitalize()} yang menunggu: {named}.")


def brief(known: Known, act: Act) -> str:
    """Return a proposal in one line: whom it is for, and who proposed it."""
    register, body = known.register, act.body
    match body:
        case b.OfficialProposed(person=person):
            what = person.name
        case b.KeyProposed(official=official, public_key=raw):
            what = f"kunci {_fingerprint(raw)[:19]}… milik {_name(register, official)}"
        case b.MandateProposed(mandate=record):
            what = f"{_name(register, record.official)} sebagai {record.office_name} ({_CAPACITIES[record.capacity]})"
        case _:
            what = name_of(act.kind)
    return f"{what}; diusulkan {_name(register, act.official)}"


def content(known: Known, act: Act) -> list[tuple[str, str]]:
    """Return all that a proposal says, and who made it, as (heading, value)."""
    register, body = known.register, act.body
    rows: list[tuple[str, str]] = []
    match body:
        case b.OfficialProposed(person=person):
            rows = [
                ("Nama", person.name),
                ("NIP", person.nip or f"tanpa NIP: {person.without_nip}"),
                ("Pangkat", person.rank or "tidak disebut"),
                ("Dalam register", person.official),
            ]
        case b.KeyProposed(official=official, public_key=raw):
            printed = _fingerprint(raw)
            rows = [
                *_person(register, official),
                ("Kunci publik", raw),
                ("Sidik kunci", printed[:39]),
                ("", printed[40:]),
            ]
        case b.MandateProposed(mandate=record):
            rows = [*_person(register, record.official), *_mandate(register, record)]
    proposer = register.mandates.get(act.mandate)
    office = f", {proposer.record.office_name}" if proposer else ""
    rows = [*rows, ("Pengusul", f"{_name(register, act.official)}{office}")]
    if isinstance(body, b.Given) and body.recovery is not None:
        rows.append(("Pemulihan", f"oleh kedua pendiri, karena: {body.recovery}"))
    return rows


def _person(register: Register, official: str) -> list[tuple[str, str]]:
    known = register.officials.get(official)
    if known is None:
        return [("Pejabat", f"{official} (belum terdaftar)")]
    return [("Pejabat", f"{known.record.name} ({official})"), ("NIP", known.record.nip or "tanpa NIP")]


def _mandate(register: Register, record: MandateRecord) -> list[tuple[str, str]]:
    decree = record.decree
    until = f"sampai {day(record.end)}" if record.end else "sampai dicabut"
    rows = [
        ("Jabatan", f"{record.office_name} ({record.office})"),
        ("Unit", record.unit),
        ("Kedudukan", _CAPACITIES[record.capacity]),
        ("Keputusan", f"{decree.issuer} nomor {decree.number} tanggal {day(decree.date)}"),
        ("Berlaku", f"{day(record.start)} {until}"),
        ("Nama mandat", record.mandate),
    ]
    if record.absence:
        rows.append(("Sebab", record.absence))
    if record.own_office:
        rows.append(("Jabatan sendiri", record.own_office))
    if record.behalf_of:
        behalf = register.mandates.get(record.behalf_of)
        of = f"{_name(register, behalf.record.official)}, {behalf.record.office_name}" if behalf else "tidak dikenal"
        rows.append(("Atas nama", f"{of} ({record.behalf_of})"))
    return rows


def taken(known: Known, body: b.KeyRevoked | b.MandateWithdrawn) -> list[tuple[str, str]]:
    """Return all about the key or mandate that an act would take away, as (heading, value)."""
    register = known.register
    if isinstance(body, b.KeyRevoked):
        key = register.keys[body.keyid]
        printed = fingerprint(key.public)
        return [
            *_person(register, key.official),
            ("Sidik kunci", printed[:39]),
            ("", printed[40:]),
            ("Berlaku sejak", f"daun {key.since}"),
            ("Berita acara", key.berita_acara or "tidak ada"),
        ]
    record = register.mandates[body.mandate].record
    return [*_person(register, record.official), *_mandate(register, record)]


def _name(register: Register, official: str) -> str:
    known = register.officials.get(official)
    return known.record.name if known else official


def _fingerprint(raw: str) -> str:
    return fingerprint(PublicKey.load(bytes.fromhex(raw)))
