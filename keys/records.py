"""What is written of a person and of a mandate: the records that register acts carry.

Capacities (UU 30/2014, Permendagri on official letters): ``definitif`` holds the office; ``plt`` fills a vacancy;
``plh`` stands in during a temporary absence; ``an`` signs on behalf, one level down; ``ub`` two levels down. A mandate
of the last two names the mandate on whose behalf it is, where that is known.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from keys.fields import Date, Fact, Line, Slug

Capacity = Literal["definitif", "plt", "plh", "an", "ub"]


class OfficialRecord(Fact):
    """A person as the register knows them. NIP and rank may be absent (honorary staff), with a reason."""

    official: Slug
    name: Line
    nip: Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$")] | None = None
    rank: Line | None = None
    without_nip: Line | None = None

    @model_validator(mode="after")
    def _says_why(self) -> OfficialRecord:
        if (self.nip is None) == (self.without_nip is None):
            raise ValueError("wajib memuat NIP, atau alasan mengapa tidak ada NIP, dan bukan keduanya")
        return self


class Decree(Fact):
    """The decree (SK) behind a mandate."""

    number: Line
    date: Date
    issuer: Line


class MandateRecord(Fact):
    """Office and capacity given to a person for a period; dates are days in WIB, both inclusive."""

    mandate: Slug
    official: Slug
    unit: Slug
    office: Slug
    office_name: Line
    capacity: Capacity
    decree: Decree
    start: Date
    end: Date | None = None
    absence: Line | None = None
    own_office: Slug | None = None
    behalf_of: Slug | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> MandateRecord:
        if self.end is not None and self.end < self.start:
            raise ValueError("berakhir sebelum mulai")
        if (self.capacity in ("plt", "plh")) != (self.absence is not None):
            raise ValueError("plt dan plh, dan hanya keduanya, wajib memuat sebab berhalangan")
        if (self.capacity in ("an", "ub")) != (self.own_office is not None):
            raise ValueError("an dan ub, dan hanya keduanya, wajib memuat jabatan sendiri")
        if self.behalf_of is not None and self.own_office is None:
            raise ValueError("hanya an dan ub yang menyebut atas nama siapa")
        return self
