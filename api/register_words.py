"""The register on a page that people can read, as the service shows it; nothing here verifies it, and it says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.cli_base import item, paragraph, table
from api.cli_read import SYNTHETIC, end
from ledger.kind_names import name_of
from ledger.wording import CAPACITIES, day, short, when


def register_in_words(said: dict[str, Any]) -> str:
    """Return the page of the whole register: registrars, what waits, then everybody with what they hold."""
    names = {one["official"]: one["name"] for one in said["officials"]}
    lines = [*_head("Register", said), "Pendiri    " + " dan ".join(names.get(one, one) for one in said["founders"])]
    able = ", ".join(names.get(one, one) for one in said["registrars_able"]) or "tidak ada"
    lines.append(paragraph(f"Pendaftar  yang dapat bertindak: {able}", 0, 11))
    if len(said["registrars_able"]) < 3:
        lines.append(
            paragraph(
                "PERHATIAN: kurang dari tiga pendaftar dapat bertindak. Satu orang yang berhalangan menghentikan semua"
                " pemberian kuasa; daftarkan pendaftar ketiga.",
                0,
                2,
            )
        )
    for one in said["recovery"]:
        what = f"mandat {one['mandate']}" if one["what"] == "mandate" else f"kunci {short(one['keyid'])}"
        lines.append(item(f"Daun {one['leaf_index']}: {what} diberikan dalam pemulihan oleh kedua pendiri.", "!"))
    lines += ["", "Usulan yang menunggu:" if said["proposals"] else "Tidak ada usulan yang menunggu."]
    for one in said["proposals"]:
        lines += _waiting(one, names)
    rows = [
        (
            names.get(one["official"], one["official"]),
            f"{one['office_name']} ({CAPACITIES[one['capacity']]})",
            f"{day(one['start'])} sampai {day(one['end']) if one.get('end') else 'dicabut'}",
            one["standing"],
            one["mandate"],
        )
        for one in said["mandates"]
    ]
    lines += ["", table(("Pejabat", "Jabatan", "Masa", "Keadaan", "Mandat"), rows)]
    keys = [
        (
            names.get(one["official"], one["official"]),
            one["keyid"][:16] + "…",
            f"daun {one['since']}",
            f"dicabut daun {one['until']}, {one['revoked']['reason_words']}" if one["revoked"] else "berlaku",
            "ada" if one["proven"] else "tidak ada",
        )
        for one in said["keys"]
    ]
    lines += ["", table(("Pejabat", "Sidik kunci", "Sejak", "Keadaan", "Berita acara"), keys)]
    return "\n".join([*lines, *end(said)])


def official_in_words(said: dict[str, Any]) -> str:
    """Return the page of one person: who they are, and their history."""
    lines = [*_head(f"{said['name']} ({said['official']})", said)]
    lines.append(f"NIP      {said['nip'] or 'tidak ada: ' + str(said['without_nip'])}")
    lines.append(f"Pangkat  {said['rank'] or 'tidak disebut'}")
    current = [
        f"{one['office_name']} ({CAPACITIES[one['capacity']]})"
        for one in said["mandates"]
        if one["standing"] == "berlaku"
    ]
    lines.append(paragraph(f"Memegang {', '.join(current) or 'tidak ada mandat yang berlaku'}", 0, 9))
    good = [one for one in said["keys"] if one["until"] is None]
    lines.append(f"Kunci    {len(good)} berlaku dari {len(said['keys'])} yang pernah terdaftar")
    lines += [f"         {one['keyid']}" for one in good]
    lines += ["", "Riwayat:", *(item(one) for one in said["history"])]
    return "\n".join([*lines, *end(said)])


def _head(title: str, said: dict[str, Any]) -> list[str]:
    lines = [title]
    at = said.get("at")
    if at:
        lines.append(f"Seperti pada daun {at['leaf_index']}, {when(dt.datetime.fromisoformat(at['recorded_at']))}")
    if said.get("synthetic"):
        lines.append(SYNTHETIC)
    return lines


def _waiting(one: dict[str, Any], names: dict[str, str]) -> list[str]:
    """Return the lines of a proposal that waits."""
    match one["kind"]:
        case "official.proposed":
            what = f"{one['person']['name']} ({one['gains']})"
        case "key.proposed":
            what = f"kunci {short(one['key']['keyid'])} milik {names.get(one['gains'], one['gains'])}"
        case _:
            record = one["mandate"]
            what = f"{names.get(one['gains'], one['gains'])} sebagai {record['office_name']}"
            what += f" ({CAPACITIES[record['capacity']]})"
    by = names.get(one["by"], one["by"])
    recovery = ", sebagai pemulihan" if one["recovery"] else ""
    told = f"Daun {one['leaf_index']}: {name_of(one['kind'])}, {what}; diusulkan {by}{recovery}"
    if one["stale"]:
        return [item(f"{told}. GUGUR: {one['stale']['detail']}", "!")]
    return [item(f"{told}. Menyetujuinya: jejak register approve {one['leaf_index']}")]
