"""Two judges of one case: a room of Python, and the browser's module that must say the same."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, Route

import api.desk
from api.desk import static_files
from keys.errors import Conflict, Forged, JejakError, Malformed, NotAllowed, NotFound, NotJudged, Unavailable
from tests import test_strict_json

STATIC = Path(api.desk.__file__).parent / "static"
HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1/"
CALL = tuple[Any, ...]
KINDS: dict[type[JejakError], str] = {
    Malformed: "malformed",
    Forged: "forged",
    NotAllowed: "refused",
    Conflict: "conflict",
    NotFound: "missing",
    Unavailable: "unavailable",
    NotJudged: "unjudged",
}


NOISE = "".join(
    (
        "aé字\U0001f600\u0301\u200d\u00a0 \"'\\/\t\n\r{}[]:,",
        "u0e-.19tfnNI",
        test_strict_json.FORBIDDEN,
        "\U0001f468\u200d\U0001f469",
    )
)


class Refusal(NamedTuple):
    """What both judges call a fault by."""

    kind: str
    rule: str


def by_python(judge: Callable[[], Any]) -> Any:
    """Return what Python finds, or how it refuses."""
    try:
        return judge()
    except JejakError as error:
        return Refusal(KINDS[type(error)], error.rule)


@contextmanager
def judging(browser: Browser) -> Iterator[Judge]:
    """Yield the modules, on a page that must end without an error on its console."""
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    yield open_page(page)
    page.close()
    assert said == []


def open_page(page: Page, *, words: str = "") -> Judge:
    """Return the judge on a page, which is served from the folders of the modules and of the tests, without a socket.

    Its policy is that of the desk: nothing inline, nothing from elsewhere. ``words`` is the English catalogue as JSON.
    """
    lang = "en" if words else "id"
    html = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>uji</title>'
    html += '<script type="module" src="/vectors.js">'

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        policy = {"Content-Security-Policy": "default-src 'self'"}
        if not name:
            route.fulfill(body=f"{html}</script>", content_type="text/html; charset=utf-8", headers=policy)
        elif name == static_files.ENGLISH:
            route.fulfill(body=f"export default {words};", content_type="text/javascript; charset=utf-8")
        elif (file := (STATIC if "/statis/" in route.request.url else HERE) / name).is_file():
            route.fulfill(body=file.read_bytes(), content_type="text/javascript; charset=utf-8")
        else:
            route.fulfill(status=204)

    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    page.wait_for_function("typeof judge === 'function'")  # a page may be loaded before its modules have their words
    return Judge(page)


class Judge:
    """The modules in a browser, called by name (vectors.js)."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def all(self, calls: Sequence[CALL]) -> list[Any]:
        """Return what the browser finds in each call, or how it refuses; anything but a Fault is a failure."""
        said = self._page.evaluate("calls => judge(calls)", [[name, *map(_given, values)] for name, *values in calls])
        return [_found(one) for one in said]

    def __call__(self, name: str, *values: Any) -> Any:
        """Return what the browser finds in one call."""
        return self.all([(name, *values)])[0]


def _found(answer: dict[str, Any]) -> Any:
    assert "error" not in answer, answer["error"]
    if "rule" in answer:
        assert answer["words"]
        return Refusal(answer["kind"], answer["rule"])
    return _told(answer["value"])


def _given(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, str):
        units = value.encode("utf-16-le", "surrogatepass")
        lone = any("\ud800" <= sign <= "\udfff" for sign in value)
        return {"units": memoryview(units).cast("H").tolist()} if lone else value
    if type(value) is int and abs(value) >= 2**53:
        return {"whole": str(value)}
    if isinstance(value, dict):
        return {"members": [[_given(name), _given(member)] for name, member in value.items()]}
    return [_given(one) for one in value] if isinstance(value, (list, tuple)) else value


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return base64.b64decode(value["bytes"])
    return {name: _told(member) for name, member in value["members"]}


def table(test: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a Python room's own test."""
    (mark,) = (one for one in test.pytestmark if one.name == "parametrize")
    return [one if isinstance(one, tuple) else (one,) for one in mark.args[1]]


def mutations(data: bytes, count: int, seed: int) -> list[bytes]:
    """Return ``data`` with a byte changed, removed, doubled or put elsewhere, ``count`` times."""
    chance, found = random.Random(seed), list[bytes]()  # noqa: S311  reproducible, no secret
    for _ in range(count):
        at, other = chance.randrange(len(data)), chance.randrange(len(data))
        new = chance.choice((b"", bytes([chance.randrange(256)]), data[at : at + 1] * 2, data[other : other + 1]))
        found.append(data[:at] + new + data[at + 1 :])
    return found


def random_texts(count: int, seed: int) -> list[str]:
    """Return texts of emoji, combining marks, quotes, control characters and lone surrogates."""
    chance = random.Random(seed)  # noqa: S311  reproducible, no secret
    return ["".join(chance.choices(NOISE, k=chance.randrange(1, 12))) for _ in range(count)]


def random_value(chance: random.Random, texts: list[str], depth: int = 0) -> Any:
    """Return a JSON value with these texts in it."""
    kind = chance.randrange(4 if depth > 3 else 6)
    if kind == 4:
        return [random_value(chance, texts, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 5:
        return {chance.choice(texts): random_value(chance, texts, depth + 1) for _ in range(chance.randrange(4))}
    return (chance.choice(texts), chance.randrange(-(2**53) + 1, 2**53), None, chance.random() < 0.5)[kind]
