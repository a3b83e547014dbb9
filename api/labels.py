"""What every answer that people rely on carries: whether the ledger is made up, and what its signatures are not."""

from __future__ import annotations

from typing import Any

from api.parts import parts
from keys.register import Register
from ledger.notices import DISCLAIMER
from ledger.streams import REGISTER


def labelled(answer: dict[str, Any]) -> dict[str, Any]:
    """Return ``answer`` with ``synthetic`` (None where nothing is founded) and ``disclaimer`` (DOMAIN, rule 14)."""
    stream = parts().ledger.stream(REGISTER)
    synthetic = stream.state.synthetic if stream and isinstance(stream.state, Register) else None
    return answer | {"synthetic": synthetic, "disclaimer": DISCLAIMER}
