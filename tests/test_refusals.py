"""Every refusal is read: it says in Indonesian which rule, which step and what would be allowed, and nothing of code.

What must be read is found in the source: a rule without a sentence, or without a scenario that meets it, fails here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import keys
import ledger
from api import parts, problems, session_store
from api.app import App, create_app
from api.cli_base import WIDTH, tell
from api.rate import Rate
from api.reader import NOW
from api.settings import Settings
from keys import errors, signin
from keys.authority import mandates_in_force
from keys.errors import JejakError, NotAllowed, Unavailable
from keys.fields import Fact
from keys.member_words import MEMBERS, VALUES, words_of
from ledger import logkey
from ledger.bodies import CATALOGUE
from ledger.checkpoint import sign_checkpoint
from ledger.documents import digest_of
from ledger.kind_names import NAMES
from ledger.note import NoteSigner
from ledger.rule_words import RULES, naming_step, place_in_words
from tests.activity_sop import SLUG, activity_sop
from tests.kit import CASE, FOUNDERS, INSPECTOR, ORIGIN, Kecamatan, founding, key, mandate, mandate_of, person, the_sop
from tests.scene import Scene, founded_scene, opened_scene, reference, variant

Act = tuple[str, str, dict[str, Any]]
Json = dict[str, Any]
ROOT = Path(__file__).parent.parent

# --- what the source refuses with -------------------------------------------------------------------------

FAULTS = {name for name, one in vars(errors).items() if inspect.isclass(one) and issubclass(one, JejakError)}
DOTTED = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z0-9_]+)+")
#: Told when the service starts, on the terminal of whoever starts it: nobody is answered yet.
AT_START = {"api.settings", "ledger.logkey"}
#: Rules whose last name is filled in, by what fills it in.
FILLED_IN = {
    "possession.{name}": ("ledger", "official", "public_key"),
    "trail.{member}": ("kind", "flag"),
}


def parsed() -> dict[str, ast.Module]:
    """Return every module that answers an act or a question: those that the service is made of."""
    found: dict[str, ast.Module] = {}
    todo = ["api.app"]
    while todo:
        name = todo.pop()
        path = ROOT / f"{name.replace('.', '/')}.py"
        if name in found or name in AT_START or not path.is_file():
            continue
        found[name] = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(found[name]):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                todo += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


MODULES = parsed()


def takers() -> dict[str, int]:
    """Return who takes a rule: the faults, and every function with a parameter of that name, with its position."""
    made = dict.fromkeys(FAULTS, 0)
    for tree in MODULES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
                names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
                if "rule" in names:
                    made[node.name] = names.index("rule")
    return made


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield each call that names a rule, and the expression that is the rule."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            at = TAKERS.get(called)
            if at is not None and at < len(node.args):
                yield node, node.args[at]


TAKERS = takers()


def rules_in(name: str) -> set[str]:
    """Return the rules that a module names."""
    found: set[str] = set()
    for _, rule in calls(MODULES[name]):
        if isinstance(rule, ast.JoinedStr):
            form = ast.unparse(rule)[2:-1]
            found |= {f"{form.partition('.')[0]}.{one}" for one in FILLED_IN[form]}
        found |= {
            one.value
            for one in ast.walk(rule)
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and DOTTED.fullmatch(one.value)
        }
    return found


def rules_of_http() -> set[str]:
    return {rule for rule, *_ in problems.HTTP.values()}


def test_every_rule_that_the_service_can_name_has_one_sentence_and_there_are_no_strays() -> None:
    assert len(MODULES) > 60
    assert set().union(*map(rules_in, MODULES)) | rules_of_http() == set(RULES)


# --- what no refusal says ---------------------------------------------------------------------------------

#: Member names that are Indonesian words as well, and so are no code.
INDONESIAN = {word for said in (*MEMBERS.values(), *VALUES.values(), *NAMES.values()) for word in said.lower().split()}
ENGLISH = ({part for kind in CATALOGUE for part in kind.split(".")} | set(MEMBERS) | set(VALUES)) - INDONESIAN
CODE = re.compile(
    r"\w_\w|\b[a-z]{2,}\.[a-z]{2,}|\b(?:sop|case|register):|[\\^${}<>|`*]|'"  # names, streams, patterns, Python
    rf"|\b(?:null|true|false|None|JSON|UTF|payload|stream|{'|'.join(sorted(ENGLISH))})\b"
)
#: What stands in a refusal and is no word: fingerprints, a case's number, the name of a ledger, what is to be typed.
NAMED = re.compile(
    r"(?:sha256:)?[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z.]+\.example/jejak"
    r"|jejak login --key BERKAS"
)


def code_in(text: str) -> list[str]:
    return CODE.findall(NAMED.sub("", text))


@pytest.mark.parametrize(
    "text",
    [
        "Tulis alasannya (reason).",
        "Yang ditunggu: founding.accepted.",
        "Sebut pendahulunya: tidak ada (null).",
        "Bagian agenda_no mengikat.",
        "Tempatnya: sop:penyusunan-iku.",
        "Bagian 'nomor' tidak ada.",
        "Harus ^[0-9]+$.",
        "Tulis deviation.",
    ],
)
def test_code_in_a_sentence_is_found_out(text: str) -> None:
    assert code_in(text)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_is_one_short_sentence_without_code(rule: str) -> None:
    said = RULES[rule]
    assert re.fullmatch(r"[A-Z][^.!?]*\.", said)
    assert len(f"Aturan: {said} [{rule}]") <= WIDTH
    assert code_in(said) == []


# --- one scenario for every rule of the path --------------------------------------------------------------

DEWI, EKO = FOUNDERS
SRI, BUDI, RATNA, AGUS, HADI = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "hadi-wijaya"
OPENED, FOUNDED = opened_scene(), founded_scene()
STEPS = OPENED.steps()
OPEN, DIRECT, DRAFT, TYPE, APPROVE, PARAF, SIGN, DISTRIBUTE, AGENDA_ORDER, AGENDA, FIRST, SECOND = STEPS
IKU_SOP = f"sop:{the_sop().slug}"
OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
WHY = {"deviation": "Sekcam dinas luar; arahan lewat telepon."}
HELD = {"document": OPENED.iku["digest"]}
NOBODY = "0" * 64
NUMBERING = {"classifications": ["060"], "office_code": "35.07.11"}
CALENDAR = {
    "format": "jejak.calendar/1",
    "name": "Kalender 2026 (sintetis)",
    "basis": ["Perpres 21/2023"],
    "first_day": "2026-01-01",
    "last_day": "2026-12-31",
    "week": [{"weekday": 1, "start": "07:30", "end": "16:00"}],
    "seasons": [],
    "days_off": [],
}


def but(act: Act, **changes: Any) -> Act:
    return act[0], act[1], act[2] | changes


def after(*acts: Act, scene: Scene = OPENED, case: str = CASE) -> Scene:
    """Return the scene after these acts of a case."""
    made = scene.copy()
    for official, kind, body in acts:
        made.do(official, case, kind, body)
    return made


def told(scene: Scene, act: Act, stream: str = CASE, **changes: Any) -> JejakError:
    """Return why the act is refused; the scene holds that nothing changed."""
    official, kind, body = act
    return scene.refused(scene.sign(official, stream, kind, body, **changes))


def of_case(done: int, act: Act, **changes: Any) -> Callable[[], JejakError]:
    return lambda: told(after(*STEPS[:done]), act, **changes)


def under(change: Callable[[Json], object], *acts: Act, then: Callable[[Json], Act]) -> Callable[[], JejakError]:
    """Return what an SOP that is the real one, changed, refuses after these acts; ``then`` gets the SOP's reference."""

    def meet() -> JejakError:
        scene = OPENED.enacted(variant(change))
        sop = {"slug": the_sop().slug, "leaf": scene.sop_leaf}
        return told(after(but(OPEN, sop=sop), *acts, scene=scene), then(sop))

    return meet


def revised(**changes: Any) -> Callable[[], JejakError]:
    """Return what refuses a revision that is wrong in ``changes``."""

    def meet() -> JejakError:
        back = but(APPROVE, decision="returned", reason="Rumus keliru.")
        scene = after(*STEPS[:4], back)
        answered = {"answers": scene.case().returned, "round": 2, "replaces": OPENED.iku["digest"]}
        body = {"step": "4", "document": OPENED.iku_mended} | answered | changes
        return told(scene, (AGUS, "concept.revised", body))

    return meet


def deciding(**decision: Any) -> Callable[[], JejakError]:
    """Return what refuses this decision at step 2 of the small second SOP."""

    def meet() -> JejakError:
        scene = OPENED.copy()
        leaf = scene.do(SRI, f"sop:{SLUG}", "sop.enacted", {"sop": activity_sop().plain()}).recorded.leaf
        opening = {"step": "1", "sop": {"slug": SLUG, "leaf": leaf}, "subject": "Surat keterangan"}
        made = after((AGUS, "activity.performed", opening), scene=scene)
        return told(made, (HADI, "activity.decided", {"step": "2"} | decision))

    return meet


def corrected(at: int, part: str, old: str, new: str, **changes: Any) -> Callable[[], JejakError]:
    """Return what refuses a correction of the act number ``at`` of a case of two acts."""

    def meet() -> JejakError:
        scene = OPENED.copy()
        leaves = [scene.do(official, CASE, kind, body).recorded.leaf for official, kind, body in (OPEN, DIRECT)]
        body = {"step": STEPS[at][2]["step"], "leaf": leaves[at], "reason": "Salah tulis."}
        slip = {"field": part, "old": old, "new": new}
        said = body | slip | changes
        return told(scene, ({"1": SRI, "2": BUDI}[said["step"]], "correction.recorded", said))

    return meet


def numbered(taken: Json | None = None, enacted: Json | None = None, **changes: Any) -> Callable[[], JejakError]:
    """Return what refuses an agenda row, when another case's row is ``taken`` and this numbering is enacted."""

    def meet() -> JejakError:
        scene = after(*STEPS[:9])
        if taken is not None:
            scene.run(OTHER_CASE, 9)
            scene.do(AGUS, OTHER_CASE, "agenda.recorded", AGENDA[2] | taken)
        if enacted is not None:
            scene.do(SRI, IKU_SOP, "numbering.enacted", NUMBERING | enacted)
        return told(scene, but(AGENDA, **changes))

    return meet


def of_sop(kind: str, body: Json, *before: tuple[str, Json], stream: str = IKU_SOP, **changes: Any) -> Any:
    """Return what refuses an act of an SOP after others of it."""

    def meet() -> JejakError:
        scene = OPENED.copy()
        for earlier, said in before:
            scene.do(SRI, IKU_SOP, earlier, said)
        return told(scene, (SRI, kind, body), stream, **changes)

    return meet


def reading(**changes: Any) -> Json:
    days = {"amount": 2, "unit": "hari-kerja"}
    made = {"sop": OPENED.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": days}
    return made | {"ground": "Notulen rapat (sintetis)."} | changes


def moved() -> JejakError:
    scene = OPENED.copy()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")})
    sop = variant(lambda sop: sop.update(unit="pagak")).plain()
    return told(scene, (SRI, "sop.enacted", {"sop": sop, "replaces": scene.sop_leaf}), IKU_SOP, mandate="camat-pagak")


def superseded() -> JejakError:
    scene = OPENED.copy()
    scene.do(SRI, IKU_SOP, "sop.superseded", {"sop": scene.sop_leaf, "reason": "Tugasnya pindah (sintetis)."})
    return told(scene, OPEN)


def of_register(by: str, kind: str, body: Json, scene: Scene = OPENED) -> Callable[[], JejakError]:
    return lambda: told(scene.copy(), (by, kind, body), "register")


def predecessor(**changes: Any) -> Json:
    """Return what a founding says of the ledger before it, which was of the very same name."""
    own = NoteSigner(ORIGIN, key("log-lama"))
    note = sign_checkpoint(own, ORIGIN, 7, bytes(32)).decode()
    return {"log_key": str(own.vkey), "founding": NOBODY, "checkpoint": note, "reason": "Cakram rusak."} | changes


def founded(change: Callable[[Json], object], by: str = DEWI) -> Callable[[], JejakError]:
    """Return what refuses this founding."""

    def meet() -> JejakError:
        body = founding(NoteSigner(ORIGIN, key("log")))
        change(body)
        return told(Scene(), (by, "ledger.founded", body), "register")

    return meet


def unaccepted() -> JejakError:
    scene = Scene()
    scene.do(DEWI, "register", "ledger.founded", founding(scene.log))
    return told(scene, (DEWI, "official.proposed", {"person": person(SRI)}), "register")


def approved_by_its_proposer() -> JejakError:
    scene = FOUNDED.copy()
    leaf = scene.do(DEWI, "register", "official.proposed", {"person": person(SRI)}).recorded.leaf
    return told(scene, (DEWI, "official.approved", {"proposal": leaf}), "register")


def key_of(official: str) -> Json:
    raw = key(official).public.raw.hex()
    return {"official": official, "public_key": raw, "possession": "belum diperiksa"}


def changed_since() -> JejakError:
    """Return what refuses new data of a person that others, approved later, were proposed before."""
    scene = OPENED.copy()
    ranks = [{"person": person(SRI) | {"rank": rank}} for rank in ("Penata Tk. I", "Pembina")]
    older, newer = (scene.do(DEWI, "register", "official.proposed", one).recorded.leaf for one in ranks)
    scene.do(EKO, "register", "official.approved", {"proposal": newer})
    return told(scene, (EKO, "official.approved", {"proposal": older}), "register")


def stale() -> JejakError:
    scene = OPENED.copy()
    scene.approve("mandate", {"mandate": REGISTRAR})
    body = {"person": person(SRI) | {"rank": "Pembina"}}
    leaf = scene.do(BUDI, "register", "official.proposed", body, mandate="pendaftar-budi").recorded.leaf
    scene.do(DEWI, "register", "mandate.withdrawn", {"mandate": "pendaftar-budi", "reason": "Mutasi."})
    return told(scene, (EKO, "official.approved", {"proposal": leaf}), "register")


def twice(kind: str, body: Json) -> Callable[[], JejakError]:
    """Return what refuses to take the same thing away a second time."""

    def meet() -> JejakError:
        scene = OPENED.copy()
        scene.do(DEWI, "register", kind, body)
        return told(scene, (EKO, kind, body), "register")

    return meet


def recovering(by: str, kind: str, body: Json, *, both: bool = True) -> Callable[[], JejakError]:
    """Return what refuses the founders' recovery, where they are no registrars any more and Budi alone is.

    ``both`` is False for the approval of what Budi proposed as a registrar.
    """

    def meet() -> JejakError:
        scene = OPENED.copy()
        scene.approve("mandate", {"mandate": REGISTRAR})
        given = {"mandate": mandate(SRI, mandate="pendaftar-sri", office="registrar", office_name="Pendaftar")}
        leaf = scene.do(BUDI, "register", "mandate.proposed", given, mandate="pendaftar-budi").recorded.leaf
        for one in FOUNDERS:
            scene.do(one, "register", "mandate.withdrawn", {"mandate": mandate_of(one), "reason": "Mutasi."})
        said = body if both else {"proposal": leaf}
        return told(scene, (by, kind, said | RECOVERY), "register")

    return meet


def seated() -> JejakError:
    scene = OPENED.copy()
    scene.approve("mandate", {"mandate": mandate(HADI, mandate="camat-baru", office="camat")})
    return told(scene, OPEN)


def on_behalf() -> JejakError:
    scene = OPENED.copy()
    named = {"capacity": "an", "own_office": "sekcam", "behalf_of": mandate_of(SRI)}
    scene.approve("mandate", {"mandate": mandate(BUDI, mandate="camat-wakil", office="camat") | named})
    scene.do(DEWI, "register", "mandate.withdrawn", {"mandate": mandate_of(SRI), "reason": "Pensiun."})
    return told(scene, (BUDI, OPEN[1], OPEN[2]), mandate="camat-wakil")


def signed_with(name: str) -> Callable[[], JejakError]:
    def meet() -> JejakError:
        scene = after(OPEN)
        return scene.refused(scene.signed(BUDI, CASE, "direction.given", DIRECT[2], by=key(name)))

    return meet


def expired() -> JejakError:
    scene = after(OPEN)
    scene.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-2025", start="2025-01-01", end="2025-12-31")})
    return told(scene, DIRECT, mandate="sekcam-2025")


PDF = reference(b"bukan IKU (sintetis)", "iku.pdf", "application/pdf")
RETURNED = (BUDI, "document.returned", {"step": "6", "to": "2", "reason": "Renstra berubah."} | HELD)
REGISTRAR = mandate(BUDI, mandate="pendaftar-budi", office="registrar", office_name="Pendaftar")
RECOVERY = {"recovery": "Pendaftar tinggal satu."}
LOST = {"keyid": key(SRI).public.id, "reason": "lost"}
LEAKED = LOST | {"reason": "compromised", "compromised_since": "2027-01-01T00:00:00+07:00"}
NO_NIP = {"official": SRI, "name": "Sri Wahyuni (sintetis)", "without_nip": "Lupa."}
UNSTANDING = mandate(BUDI, mandate="an", capacity="an", own_office="staf", behalf_of=mandate_of(SRI))
WITHDRAWN = (SRI, "disposition.withdrawn", {"step": "1", "reason": "Surat masuk dibatalkan."})
NUMBER = AGENDA[2]["number"]


def disposing_twice(sop: Json) -> None:
    sop["steps"][1]["activities"] = ["disposition.issued"]


def performing_the_draft(sop: Json) -> None:
    sop["steps"][2]["activities"] = ["activity.performed"]


def again(sop: Json, **changes: Any) -> Act:
    """Return the second disposition, by the secretary at step 2."""
    return BUDI, "disposition.issued", OPEN[2] | {"step": "2", "sop": sop} | changes


#: rule -> what is done to meet it
SCENARIOS: list[tuple[str, Callable[[], JejakError]]] = [
    # streams
    ("act.ledger", of_case(1, DIRECT, ledger="pagak.malangkab.example/jejak")),
    ("stream.version", of_case(1, DIRECT, version=4)),
    ("stream.previous", of_case(1, DIRECT, previous=NOBODY)),
    ("sop.unknown", of_case(0, but(OPEN, sop={"slug": "lain", "leaf": NOBODY}))),
    ("sop.unknown", of_sop("numbering.enacted", NUMBERING, stream="sop:lain")),
    ("sop.version", of_case(0, but(OPEN, sop={"slug": the_sop().slug, "leaf": NOBODY}))),
    ("sop.version", of_sop("sop.superseded", {"sop": NOBODY, "reason": "Pindah."})),
    ("sop.superseded", superseded),
    # the path of a case
    ("case.open", of_case(0, DIRECT)),
    ("case.open", of_case(2, OPEN)),
    ("case.open", of_case(0, (BUDI, OPEN[1], OPEN[2] | {"step": "2"}))),
    ("case.forwarded", of_case(0, but(OPEN, forwarded_to=["lurah"]))),
    ("case.supersedes", of_case(0, but(OPEN, supersedes={"case": OTHER_CASE[5:], "signature": NOBODY}))),
    ("case.withdrawn", lambda: told(after(OPEN, WITHDRAWN), DIRECT)),
    ("case.withdrawal", of_case(2, (BUDI, "disposition.withdrawn", WITHDRAWN[2] | {"step": "2"}))),
    ("case.finished", of_case(12, DIRECT)),
    ("case.sop", under(disposing_twice, then=lambda sop: again({"slug": the_sop().slug, "leaf": NOBODY}))),
    (
        "case.period",
        under(disposing_twice, then=lambda sop: again(sop, period={"first_year": 2027, "last_year": 2027})),
    ),
    ("sop.order", of_case(1, DRAFT)),
    ("sop.activity", of_case(2, (RATNA, "concept.typed", DRAFT[2]))),
    ("sop.activity", of_case(9, FIRST)),
    ("sop.needless", of_case(1, but(DIRECT, **WHY))),
    ("sop.needless", of_case(6, but(WITHDRAWN, **WHY))),
    ("sop.kelengkapan", of_case(4, PARAF)),
    ("sop.outcome", deciding(decision="ragu-ragu")),
    ("sop.reason", deciding(decision="kurang")),
    ("case.return", of_case(5, RETURNED)),
    ("case.signed", of_case(7, WITHDRAWN)),
    ("case.document", of_case(5, but(PARAF, document=digest_of(b"lain")))),
    ("case.document", revised(replaces=digest_of(b"lain"))),
    ("case.draft", under(performing_the_draft, DIRECT, then=lambda sop: (RATNA, "activity.performed", {"step": "3"}))),
    ("case.media_type", of_case(3, but(TYPE, document=PDF))),
    ("case.answers", revised(answers=NOBODY)),
    ("case.round", revised(round=3)),
    ("case.unchanged", revised(document=OPENED.iku)),
    ("case.addressee", of_case(10, but(FIRST, recipient="Bupati"))),
    ("case.dispatched", of_case(11, FIRST)),
    ("case.copies", of_case(10, but(FIRST, copies=7))),
    # corrections
    ("correction.leaf", corrected(0, "subject", "Penyusunan IKU 2026", "Penyusunan IKU", leaf=NOBODY)),
    ("correction.step", corrected(0, "subject", "Penyusunan IKU 2026", "Penyusunan IKU", step="2")),
    ("correction.binding", corrected(0, "period.first_year", "2026", "2027")),
    ("correction.old", corrected(0, "letter.number", "060/13", "060/14")),
    ("correction.new", corrected(0, "subject", "Penyusunan IKU 2026", "Penyusunan IKU 2026")),
    ("correction.new", corrected(0, "letter.date", "2026-02-26", "kemarin")),
    # numbers of letters
    ("agenda.number", numbered(taken={}, agenda_no=2)),
    ("agenda.no", numbered(taken={}, number=NUMBER | {"running": 2})),
    ("agenda.numbering", numbered(enacted={})),
    (
        "agenda.used",
        numbered(enacted={"classifications": ["070"], "used": {"year": 2026, "running": 9, "agenda_no": 9}}),
    ),
    # SOPs
    ("sop.stream", of_sop("sop.enacted", {"sop": the_sop().plain()}, stream="sop:lain")),
    ("sop.replaces", of_sop("sop.enacted", {"sop": the_sop().plain(), "replaces": NOBODY})),
    ("sop.unit", moved),
    ("sop.by", of_sop("sop.superseded", {"sop": OPENED.sop_leaf, "reason": "Pindah.", "by": the_sop().slug})),
    ("calendar.same", of_sop("calendar.enacted", {"calendar": CALENDAR}, ("calendar.enacted", {"calendar": CALENDAR}))),
    ("numbering.code", of_sop("numbering.enacted", NUMBERING | {"office_code": "35.07.11."})),
    ("numbering.same", of_sop("numbering.enacted", NUMBERING, ("numbering.enacted", NUMBERING))),
    ("reading.sop", of_sop("reading.confirmed", reading(sop=NOBODY))),
    ("reading.raw", of_sop("reading.confirmed", reading(raw="2 hari"))),
    ("reading.clear", of_sop("reading.confirmed", reading(step="1", raw="10 menit"))),
    ("reading.blank", of_sop("reading.confirmed", reading(step="3", raw=""))),
    ("reading.fits", of_sop("reading.confirmed", reading(reading="staf"))),
    ("reading.same", of_sop("reading.confirmed", reading(), ("reading.confirmed", reading()))),
    # the register
    ("ledger.founded", of_register(DEWI, "official.proposed", {"person": person(SRI)}, Scene())),
    ("ledger.founded", lambda: told(FOUNDED.copy(), (DEWI, "ledger.founded", founding(FOUNDED.log)), "register")),
    ("founding.accepted", unaccepted),
    ("founding.accepted", of_register(EKO, "founding.accepted", {"founding": NOBODY}, FOUNDED)),
    ("founding.log_key", founded(lambda b: b.update(log_key=str(NoteSigner("lain.example/log", key("log")).vkey)))),
    ("founding.mandate", founded(lambda b: b["founders"][0]["mandate"].update(office="camat"))),
    ("founding.two", founded(lambda b: b["founders"][1].update(public_key=key(DEWI).public.raw.hex()))),
    ("founding.signer", founded(lambda b: None, by=EKO)),
    ("founding.successor", founded(lambda b: b.update(successor_of=predecessor()))),
    ("founding.successor", founded(lambda b: b.update(successor_of=predecessor(checkpoint="Bukan segel.\n")))),
    ("register.official", of_register(DEWI, "official.proposed", {"person": person(SRI)})),
    ("register.official", of_register(DEWI, "mandate.proposed", {"mandate": mandate(SRI)}, FOUNDED)),
    ("register.nip", of_register(DEWI, "official.proposed", {"person": person(SRI) | {"official": "sri-w"}})),
    ("register.key", of_register(DEWI, "key.proposed", key_of(SRI))),
    ("register.mandate", of_register(DEWI, "mandate.proposed", {"mandate": mandate(SRI)})),
    ("register.proposal", of_register(EKO, "official.approved", {"proposal": NOBODY})),
    ("register.four_eyes", approved_by_its_proposer),
    ("register.four_eyes", of_register(DEWI, "mandate.proposed", {"mandate": mandate(DEWI, mandate="kedua")}, FOUNDED)),
    ("register.person", of_register(DEWI, "official.proposed", {"person": NO_NIP})),
    ("register.changed", changed_since),
    ("register.behalf", of_register(DEWI, "mandate.proposed", {"mandate": UNSTANDING})),
    ("register.stale", stale),
    ("register.revoked", twice("key.revoked", LOST)),
    ("register.since", of_register(SRI, "key.revoked", LEAKED)),
    ("register.withdrawn", twice("mandate.withdrawn", {"mandate": mandate_of(SRI), "reason": "Mutasi."})),
    ("recovery.founder", recovering(RATNA, "official.proposed", {"person": person(SRI)})),
    ("recovery.needless", of_register(DEWI, "mandate.proposed", {"mandate": REGISTRAR} | RECOVERY)),
    ("recovery.registrars", recovering(DEWI, "official.proposed", {"person": person(SRI) | {"rank": "Pembina"}})),
    ("recovery.both", recovering(EKO, "mandate.approved", {}, both=False)),
    # authority
    ("authority.key", signed_with("orang-asing")),
    ("authority.official", signed_with(SRI)),
    ("authority.mandate", of_case(1, DIRECT, mandate=mandate_of(SRI))),
    ("authority.period", expired),
    ("authority.office", of_case(1, (SRI, DIRECT[1], DIRECT[2]))),
    ("authority.seat", seated),
    ("authority.behalf", on_behalf),
]
JUDGES = (
    *("keys.authority", "ledger.streams", "ledger.case_rules", "ledger.correction", "ledger.agenda_book"),
    *("ledger.enactment", "ledger.sop_readings"),
    *("ledger.officials", "ledger.register_founding", "ledger.register_powers", "ledger.successor"),
)
#: Rooms that judge the acts of a case: whatever they refuse is about a step.
OF_A_CASE = ("ledger.case_rules", "ledger.correction", "ledger.agenda_book", "ledger.sop_readings")
#: What the agenda book refuses of an SOP, where no step is.
OF_NO_STEP = {"numbering.code"}
#: Rooms whose refusals a clerk reads, each word of them.
TOLD = (
    *(*JUDGES, "ledger.sop", "ledger.sop_procedure", "ledger.acts", "ledger.founding", "ledger.past", "ledger.seen"),
    *("ledger.journal", "ledger.turn", "ledger.waiting", "api.parts", "api.trails", "api.problems"),
    *("api.access", "api.rate", "api.reader", "api.session_store"),
)


def test_every_rule_that_is_judged_has_a_scenario_and_there_are_no_strays() -> None:
    assert {rule for rule, _ in SCENARIOS} == set().union(*map(rules_in, JUDGES))


@pytest.mark.parametrize(("rule", "meet"), SCENARIOS, ids=[f"{rule} {at}" for at, (rule, _) in enumerate(SCENARIOS)])
def test_a_refusal_says_rule_step_and_what_is_allowed_and_nothing_of_code(
    rule: str, meet: Callable[[], JejakError]
) -> None:
    fault = meet()
    assert fault.rule == rule
    for said in (fault.detail, fault.allowed):
        assert re.fullmatch(r"[A-Z0-9][^\n]*[^.]\.", said), said
        assert code_in(said) == [], said
    if any(rule in rules_in(name) - OF_NO_STEP for name in OF_A_CASE) or "step" in fault.facts:
        assert fault.detail.startswith(f"Langkah {fault.facts['step']}: ")


@pytest.mark.parametrize("name", TOLD)
def test_no_word_of_a_refusal_is_code_whatever_the_case_puts_into_it(name: str) -> None:
    said = [
        one.value
        for call, rule in calls(MODULES[name])
        for part in (*call.args[call.args.index(rule) + 1 :], *(k.value for k in call.keywords if k.arg == "allowed"))
        for one in ast.walk(part)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    assert said
    assert [one for one in said if code_in(one)] == []


@pytest.mark.parametrize("name", TOLD)
def test_every_refusal_is_written_with_what_would_be_allowed(name: str) -> None:
    made = [call for call, _ in calls(MODULES[name]) if isinstance(call.func, ast.Name) and call.func.id in FAULTS]
    assert [one.lineno for one in made if "allowed" not in {given.arg for given in one.keywords}] == []


# --- at the door: who signs in, and who reads what --------------------------------------------------------

HERE = "http://localhost"


@dataclass
class Door:
    """A served ledger with the reference case, asked without a network: faults come as they are raised."""

    app: App
    office: Kecamatan

    def asked(self, path: str, by: str | None = None, method: str = "GET", **sent: Any) -> JejakError:
        """Return the fault by which a request is refused; ``by`` is whoever is signed in."""
        headers = dict(sent.pop("headers", {}))
        if by is not None:
            headers["Authorization"] = f"Bearer {self.token(by)}"
        asked = self.app.test_request_context(path, method=method, headers=headers, **sent)
        with asked, pytest.raises(JejakError) as caught:
            self.answer()
        return caught.value

    def answer(self) -> None:
        self.app.preprocess_request()
        self.app.dispatch_request()

    def token(self, official: str) -> str:
        here, keyid = self.app.parts, key(official).public.id
        now = here.clock()
        held = mandates_in_force(here.register(), official, keyid, NOW, now)
        return here.sessions.begin(official, keyid, now, [one.mandate for one in held])[0]

    def challenge(self) -> str:
        return self.app.parts.sessions.challenge(self.app.parts.clock())[0]

    def stated(self, by: str = BUDI, ledger: str = ORIGIN, audience: str = HERE, **changes: str) -> JejakError:
        """Return what refuses a statement by this key that is wrong in what is named."""
        said = {"official": by, "challenge": self.challenge()} | changes
        return self.signed_in_with(signin.sign(ledger, audience, said["official"], said["challenge"], key(by)))

    def signed_in_with(self, data: bytes) -> JejakError:
        return self.asked("/v1/sessions", method="POST", data=data, content_type="application/json")


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    office = Kecamatan(tmp_path_factory.mktemp("pintu")).open()
    logkey.write(office.folder / "log.key", office.log)
    office.run(upto=1)
    office.register(INSPECTOR)
    for official, name in ((SRI, "camat-pagak"), (HADI, "kasubag-umum-pagak")):
        office.approve("mandate", {"mandate": mandate(official, mandate=name, unit="pagak")})
    for official in (AGUS, HADI):
        office.do(DEWI, "register", "mandate.withdrawn", {"mandate": mandate_of(official), "reason": "Mutasi."})
    app = create_app(Settings(office.folder), office.clock)
    yield Door(app, office)
    app.close()
    office.ledger.close()


def impatient(door: Door) -> JejakError:
    rate = Rate(burst=1)
    rate.take("192.0.2.1", at=0.0)
    with pytest.raises(JejakError) as caught:
        rate.take("192.0.2.1", at=0.0)
    return caught.value


def from_another_page(door: Door) -> JejakError:
    """Return what refuses that a page of another site ends the session whose cookie the browser sends along."""
    sent = {"Cookie": f"jejak={door.token(BUDI)}", "Origin": "http://127.0.0.1:9"}
    return door.asked("/v1/session", method="DELETE", headers=sent)


def told_twice(door: Door) -> JejakError:
    given = door.challenge()
    door.app.parts.sessions.take(given, door.app.parts.clock())
    return door.stated(challenge=given)


def unwritable(door: Door) -> JejakError:
    """Return what refuses a reading that cannot be noted."""

    @contextmanager
    def broken(engine: object) -> Iterator[None]:
        raise Unavailable("views.storage", "Berkas ini tidak dapat dibaca.")
        yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_store.storage, "reading", broken)
        return door.asked("/v1/cases", headers={"Authorization": f"Bearer {door.token(BUDI)}"})


def ahead(door: Door) -> JejakError:
    """Return what refuses to show a state that has a leaf which does not come."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "WAITS", 0.0)
        return door.asked("/v1/cases?unit=kalipare&min_leaf=9999", by=BUDI)


#: rule -> what is done at the door to meet it
AT_THE_DOOR: list[tuple[str, Callable[[Door], JejakError]]] = [
    ("signin.form", lambda door: door.signed_in_with(door.office.sign(BUDI, CASE, DIRECT[1], DIRECT[2]))),
    ("signin.ledger", lambda door: door.stated(ledger="pagak.malangkab.example/jejak")),
    ("signin.audience", lambda door: door.stated(audience="http://127.0.0.1:9")),
    ("signin.official", lambda door: door.stated(official=SRI)),
    ("signin.challenge", told_twice),
    ("signin.refused", lambda door: door.stated("orang-asing")),
    ("signin.rate", impatient),
    ("session.missing", lambda door: door.asked("/v1/cases")),
    ("session.ended", lambda door: door.asked("/v1/cases", headers={"Authorization": "Bearer tidak-ada"})),
    ("session.storage", unwritable),
    ("views.behind", ahead),
    ("access.origin", from_another_page),
    ("access.mandate", lambda door: door.asked("/v1/cases", by=AGUS)),
    ("access.unit", lambda door: door.asked(f"/v1/cases/{CASE[5:]}", by=HADI)),
    ("access.unit", lambda door: door.asked("/v1/cases?unit=kalipare", by=HADI)),
    ("access.unit", lambda door: door.asked(f"/v1/documents/{door.office.letter['digest']}", by=HADI)),
    ("access.which", lambda door: door.asked("/v1/cases", by=SRI)),
    ("access.inspector", lambda door: door.asked("/v1/reads", by=SRI)),
    ("reads.official", lambda door: door.asked("/v1/reads?official=orang-asing", by=INSPECTOR)),
    ("reads.name", lambda door: door.asked("/v1/reads?name=tidak-ada", by=INSPECTOR)),
    ("reads.name", lambda door: door.asked(f"/v1/reads?name={OTHER_CASE}", by=INSPECTOR)),
    ("reads.leaf", lambda door: door.asked("/v1/reads?name=99999", by=INSPECTOR)),
    ("reads.document", lambda door: door.asked(f"/v1/reads?name={'0' * 8}", by=INSPECTOR)),
]
DOOR = ("keys.signin", "api.access", "api.rate", "api.reader", "api.reads", "api.session", "api.session_store")
#: Said by no room of the door itself, but before anything is read.
BESIDE = {"views.behind"}
#: Met by programs only, whose authors are told the form itself.
OF_PROGRAMS = {"signin.form"}


def test_every_rule_of_the_door_has_a_scenario_and_there_are_no_strays() -> None:
    named = {one for one in set().union(*map(rules_in, DOOR)) if one.partition(".")[0] != "request"}
    assert {rule for rule, _ in AT_THE_DOOR} == named | BESIDE


@pytest.mark.parametrize(
    ("rule", "meet"), AT_THE_DOOR, ids=[f"{rule} {at}" for at, (rule, _) in enumerate(AT_THE_DOOR)]
)
def test_a_refusal_at_the_door_says_rule_and_what_is_allowed_and_nothing_of_code(
    rule: str, meet: Callable[[Door], JejakError], door: Door
) -> None:
    fault = meet(door)
    assert fault.rule == rule
    for said in (fault.detail, fault.allowed):
        assert re.fullmatch(r"[A-Z0-9][^\n]*[^.]\.", said), said
        assert rule in OF_PROGRAMS or code_in(said) == [], said


# --- step, place and member -------------------------------------------------------------------------------


def test_an_act_of_a_step_that_its_sop_does_not_have_is_refused_by_its_number() -> None:
    fault = told(after(OPEN), but(DIRECT, step="99"))
    assert (fault.rule, fault.facts["step"]) == ("sop.step", "99")
    assert fault.detail.endswith("tidak punya langkah 99.")


def test_whoever_has_not_the_office_of_a_step_is_told_which_step() -> None:
    fault = told(after(OPEN), (SRI, DIRECT[1], DIRECT[2]))
    assert (fault.rule, fault.facts["step"], fault.detail[:11]) == ("authority.office", "2", "Langkah 2: ")


def test_a_step_is_named_once_and_the_fault_keeps_its_type_and_facts() -> None:
    with pytest.raises(NotAllowed) as caught, naming_step("6"), naming_step("6"):
        raise NotAllowed("sop.order", "Belum giliran.", allowed="Tunggu.", member="deviation")
    fault = caught.value
    assert (fault.detail, fault.allowed) == ("Langkah 6: Belum giliran.", "Tunggu.")
    assert (fault.rule, fault.facts) == ("sop.order", {"step": "6", "member": "deviation"})


def test_a_fault_that_is_no_refusal_is_left_alone() -> None:
    with pytest.raises(AssertionError, match="our own bug"), naming_step("6"):
        raise AssertionError("our own bug")


def test_a_place_is_called_what_people_call_it() -> None:
    assert [place_in_words(one) for one in ("register", "sop:iku", "case:1-2")] == [
        "register",
        "SOP iku",
        "perkara 1-2",
    ]


def schemas(of: type[Fact] = Fact) -> Iterator[type[Fact]]:
    for one in of.__subclasses__():
        yield one
        yield from schemas(one)


def test_every_member_of_every_fact_has_a_word_and_there_are_no_strays() -> None:
    for package in (keys, ledger):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    own = [one for one in schemas() if one.__module__.partition(".")[0] in ("keys", "ledger")]
    assert {name for one in own for name in one.model_fields} == set(MEMBERS)
    assert [word for word in MEMBERS.values() if code_in(word)] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("reason",), "alasan"),
        (("letter", "number"), "nomor (surat masuk)"),
        (("addressees", 1, "copies"), "jumlah salinan (penerima ke-2)"),
        (("attachments", "0"), "lampiran ke-1"),
        (("reading", "Duration", "amount"), "jumlah (bacaan)"),
        ((), ""),
        (("lain",), ""),
        ((0,), ""),
    ],
)
def test_a_part_is_called_by_its_innermost_word_and_where_it_stands(path: tuple[str | int, ...], said: str) -> None:
    assert words_of(path) == said


def test_a_part_in_no_form_is_named_in_words_and_its_path_is_a_fact() -> None:
    wrong = DISTRIBUTE[2] | {"addressees": [{"name": "Inspektorat", "copies": 0}]}
    with pytest.raises(errors.Malformed) as caught:
        CATALOGUE["distribution.ordered"][1].read(wrong, "act.body", "Isi perintah distribusi")
    fault = caught.value
    assert fault.detail == "Isi perintah distribusi: bagian “jumlah salinan (penerima ke-1)” harus paling kecil 1."
    assert fault.facts == {"member": "addressees.0.copies"}
    assert code_in(fault.allowed) == []


def test_what_there_is_to_choose_from_is_told_in_words() -> None:
    with pytest.raises(errors.Malformed) as caught:
        CATALOGUE["typing.reviewed"][1].read(APPROVE[2] | {"decision": "x"}, "act.body", "Isi pemeriksaan ketikan")
    assert caught.value.detail.endswith("bagian “keputusan” harus salah satu dari: disetujui, dikembalikan.")


# --- where they are told ----------------------------------------------------------------------------------


def test_a_problem_document_has_the_rule_in_words_and_the_step() -> None:
    fault = told(after(OPEN), DRAFT)
    with Flask("uji").app_context():
        problem = problems.answer_to(fault).get_json()
    assert (problem["rule"], problem["rule_words"], problem["step"]) == ("sop.order", RULES["sop.order"], "3")
    assert (problem["detail"], problem["allowed"]) == (fault.detail, fault.allowed)
    assert problems.http_body(404)["rule_words"] == RULES["request.path"]


def test_the_command_line_tells_detail_allowed_and_the_rule_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    tell(of_case(12, DIRECT)(), as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        "Ditolak: Langkah 2: Perkara ini sudah selesai; tidak ada langkah lagi.",
        "Perubahan sesudah selesai dibuat dengan perkara baru yang menggantikannya.",
        "Aturan: Perkara yang selesai tidak mempunyai langkah lagi. [case.finished]",
    ]
