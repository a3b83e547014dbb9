"""The kecamatan in which histories begin: two SOPs in force, a second clerk, and people with more than one mandate.

For :mod:`tests.test_histories`. It stands as a scene (:mod:`tests.scene`) and, beside it, as the reference of the same
acts (:mod:`tests.reference_sop`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from keys.possession import prove
from ledger.sop import Sop
from tests.activity_sop import activity_sop
from tests.kit import ORIGIN, key, mandate, the_sop
from tests.reference_case import Json
from tests.reference_sop import Reference
from tests.scene import Paper, Scene, Taken, reference, variant

SRI, BUDI, RATNA, HADI, NUR = "sri-wahyuni", "budi-santoso", "ratna-sari", "hadi-wijaya", "nur-aini"
IKU_SOP, LETTER_SOP = the_sop().slug, activity_sop().slug
USED = {"year": 2026, "running": 6, "agenda_no": 6}
FEWER_USED = {"year": 2026, "running": 2, "agenda_no": 3}
NUMBERINGS: tuple[Json, ...] = (
    {"classifications": ["070", "060"], "office_code": "35.07.11", "used": USED},
    {"classifications": ["070"], "office_code": "35.07.11"},
    {"classifications": ["070"], "office_code": "35.07.11", "used": FEWER_USED},
)


class _Minuted(Paper):
    """Paper on which every act is noted for a reference."""

    reference = Reference()

    def record(self, data: bytes) -> Taken:
        taken = super().record(data)
        self.reference = self.reference.after(
            taken.recorded.entry.envelope.unverified_payload, taken.recorded.leaf, taken.recorded.entry.envelope.keyid
        )
        return taken


@dataclass(frozen=True)
class Base:
    """The office as the ledger has it, and as its reference has it."""

    scene: Scene
    reference: Reference


@cache
def opened_office(revised: bool) -> Base:
    """Return a kecamatan in which two SOPs are in force, and where people hold more than one mandate.

    ``revised`` has both in their second version, and the parts of letter numbers enacted.
    """
    scene, paper = Scene(), _Minuted()
    scene.paper = scene.ledger = paper  # type: ignore[assignment]  # what a scene stands on
    scene.open()
    person = {"official": NUR, "name": "Nur Aini (sintetis)", "nip": "198001012005000099"}
    scene.approve("official", {"person": person})
    own = {
        "official": NUR,
        "public_key": key(NUR).public.raw.hex(),
        "possession": prove(ORIGIN, NUR, key(NUR)).decode(),
    }
    scene.approve("key", own)
    stands_in = {"capacity": "plh", "absence": "Camat dinas luar", "start": "2026-03-02", "end": "2026-03-03"}
    on_behalf = {"capacity": "an", "own_office": "kasubag-umum"}
    for changes in (
        {"mandate": "camat-plh-ratna", "official": RATNA, **stands_in, "end": "2026-03-05"},
        {"mandate": "staf-nur", "official": NUR, "office": "staf", "office_name": "Staf"},
        {"mandate": "camat-plh-budi", "official": BUDI, **stands_in},
        {"mandate": "camat-sri-2025", "start": "2025-01-02", "end": "2025-12-31"},
        {"mandate": "camat-pagak-sri", "unit": "pagak"},
        {"mandate": "camat-an-hadi", "official": HADI, "behalf_of": "camat-sri-wahyuni", **on_behalf},
        {
            "mandate": "camat-an-hadi-2025",
            "official": HADI,
            "behalf_of": "camat-sri-2025",
            "end": "2026-03-02",
            **on_behalf,
        },
    ):
        scene.approve("mandate", {"mandate": mandate(SRI) | changes})
    scene.do(SRI, f"sop:{LETTER_SOP}", "sop.enacted", {"sop": activity_sop().plain()})
    if revised:
        for slug, versions in sop_versions().items():
            newest = paper.reference.newest(slug)
            assert newest is not None
            scene.do(SRI, f"sop:{slug}", "sop.enacted", {"sop": versions[0], "replaces": newest.leaf})
        scene.do(SRI, f"sop:{IKU_SOP}", "numbering.enacted", NUMBERINGS[0])
    return Base(scene, paper.reference)


@cache
def sop_versions() -> dict[str, list[Json]]:
    """Return versions of each SOP: a revised one, with other decisions, and the one that was in force before."""

    def decides_at_two(sop: Json) -> None:
        sop["steps"][1] |= {"activities": ["activity.decided"]}
        sop["steps"][1]["next"] = [{"to": "3", "when": "lanjut"}, {"to": "1", "when": "ulang"}]

    def two_and_two(sop: Json) -> None:
        sop["things"] = [{"thing": "surat", "name": "Surat keterangan", "bound": True}]
        sop["steps"][1]["next"][1] = {"to": "2", "when": "kurang"}
        sop["steps"][2]["output"]["reading"] = sop["steps"][3]["kelengkapan"]["reading"] = ["surat"]
        sop["steps"][4]["activities"] = ["activity.performed", "signature.given"]
        sop["steps"][5]["activities"] = ["activity.performed", "agenda.recorded"]

    made: list[list[Sop]] = [
        [variant(decides_at_two), the_sop()],
        [activity_sop(two_and_two), activity_sop()],
    ]
    return {versions[0].slug: [one.plain() for one in versions] for versions in made}


@cache
def drafts_by_kind() -> dict[str, list[Json]]:
    """Return documents of the kind that each SOP makes, by media type."""
    kinds = (the_sop().document.media_type, activity_sop().document.media_type)
    return {
        kind: [reference(f"{kind} {number}".encode(), f"naskah-{number}", kind) for number in range(4)]
        for kind in kinds
    }
