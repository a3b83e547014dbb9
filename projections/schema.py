"""The tables of the read models: disposable, in a database file of their own (docs/adr/0003-views-apart.md).

Whoever changes a table or what a column means raises :data:`VERSION`; views of another version are rebuilt. Only
``views``, which says so, never changes. Times are text as they are shown: ``recorded_at`` in UTC, ``occurred_at`` with
the offset that its signer stated.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, MetaData, Table, Text

#: The version of everything below.
VERSION = 8

METADATA = MetaData()
#: Texts compare by their code points, as SQLite's do, and not by anybody's language.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")

#: One row: how far the views have come, in which journal. ``leaf`` is the leaf hash (hex) before the position.
VIEWS = Table(
    "views",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("schema", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("founding", TEXT),
    Column("leaf", TEXT),
)

#: What many rows say alike, once: ``id`` is of the content (:mod:`projections.interned`).
INTERNED = Table(
    "interned",
    METADATA,
    Column("id", TEXT, primary_key=True),
    Column("content", JSON, nullable=False),
    sqlite_with_rowid=False,
)

#: One row an act of any stream; ``marked`` is the digest that a review, paraf or signature stands on. ``reason`` is why
#: it returned, withdrew, corrected or decided, ``deviation`` why it left the SOP's path. Who signed, by which key and
#: on which mandate, is the interned ``signer``.
TRAIL = Table(
    "trail",
    METADATA,
    Column("leaf_index", Integer, primary_key=True),
    Column("leaf", TEXT, nullable=False),
    Column("stream", TEXT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("step", TEXT),
    Column("round", Integer),
    Column("official", TEXT, nullable=False),
    Column("office", TEXT, nullable=False),
    Column("unit", TEXT, nullable=False),
    Column("signer", TEXT, nullable=False),
    Column("documents", JSON, nullable=False),
    Column("decision", TEXT),
    Column("reason", TEXT),
    Column("deviation", TEXT),
    Column("occurred_at", TEXT, nullable=False),
    Column("recorded_at", TEXT, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("sentence", TEXT, nullable=False),
    Column("marked", TEXT),
)
# An index ends with the leaf index by itself, so a page of whoever or whatever is sought is read in leaf order.
Index("trail_by_stream", TRAIL.c.stream)
Index("trail_by_official", TRAIL.c.official)
Index("trail_by_office", TRAIL.c.office)
Index("trail_by_unit", TRAIL.c.unit)
Index("trail_by_kind", TRAIL.c.kind)
Index("trail_by_time", TRAIL.c.recorded_at)
Index(
    "trail_by_mark",
    TRAIL.c.marked,
    sqlite_where=TRAIL.c.marked.is_not(None),
    postgresql_where=TRAIL.c.marked.is_not(None),
)

#: One row a flag of an act, by the flag's stable name (:mod:`ledger.flag_names`).
TRAIL_FLAGS = Table(
    "trail_flags",
    METADATA,
    Column("name", TEXT, primary_key=True),
    Column("leaf_index", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

#: One row a document and place from which it is referred to: by the act of ``stream`` at ``leaf_index`` first, signed
#: by ``official``. A place is all cases of a unit (``unit:<unit>``), which the same people may read, or another stream.
MENTIONS = Table(
    "mentions",
    METADATA,
    Column("digest", TEXT, primary_key=True),
    Column("place", TEXT, primary_key=True),
    Column("stream", TEXT, nullable=False),
    Column("leaf_index", Integer, nullable=False),
    Column("official", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

#: One row a case: ``state`` is what is shown, the columns beside it are what is asked for. ``unnumbered_index`` is the
#: signature whose letter has no number yet; ``supersedes`` the case (uuid) that this one was opened to replace.
CASES = Table(
    "cases",
    METADATA,
    Column("case_id", TEXT, primary_key=True),
    Column("opened_index", Integer, nullable=False, unique=True),
    Column("unit", TEXT, nullable=False),
    Column("due_office", TEXT),
    Column("due_index", Integer),
    Column("first_year", Integer),
    Column("last_year", Integer),
    Column("signed_index", Integer),
    Column("unnumbered_index", Integer),
    Column("document", TEXT),
    Column("supersedes", TEXT),
    Column("state", JSON, nullable=False),
)
Index("cases_by_office", CASES.c.unit, CASES.c.due_office, CASES.c.due_index)
Index("cases_by_unit", CASES.c.unit, CASES.c.opened_index)
Index(
    "cases_unnumbered",
    CASES.c.unit,
    CASES.c.unnumbered_index,
    sqlite_where=CASES.c.unnumbered_index.is_not(None),
    postgresql_where=CASES.c.unnumbered_index.is_not(None),
)
Index(
    "cases_by_superseded",
    CASES.c.supersedes,
    sqlite_where=CASES.c.supersedes.is_not(None),
    postgresql_where=CASES.c.supersedes.is_not(None),
)
Index("cases_by_period", CASES.c.unit, CASES.c.first_year, CASES.c.last_year, CASES.c.signed_index)

#: One row an IKU document that was ever a draft; ``content`` is null where it could not be read, ``why`` says why.
PAPERS = Table(
    "papers",
    METADATA,
    Column("digest", TEXT, primary_key=True),
    Column("content", JSON(none_as_null=True)),
    Column("why", TEXT),
)

#: One row in the book of outgoing letters; ``book`` is its office code as codes that read alike share it.
AGENDA = Table(
    "agenda",
    METADATA,
    Column("leaf_index", Integer, primary_key=True),
    Column("case_id", TEXT, nullable=False),
    Column("unit", TEXT, nullable=False),
    Column("book", TEXT, nullable=False),
    Column("year", Integer, nullable=False),
    Column("agenda_no", Integer, nullable=False),
    Column("number", TEXT, nullable=False),
    Column("running", Integer, nullable=False),
    Column("office_code", TEXT, nullable=False),
    Column("letter_date", TEXT, nullable=False),
    Column("sent_date", TEXT, nullable=False),
    Column("addressee", TEXT, nullable=False),
    Column("summary", TEXT, nullable=False),
    Column("remark", TEXT),
    Column("document", TEXT, nullable=False),
    Column("paper", Boolean, nullable=False),
)
Index("agenda_by_year", AGENDA.c.year, AGENDA.c.book)
Index("agenda_by_case", AGENDA.c.case_id)

#: The last letter numbers of a year that an office gave on paper before, as it stated them for each SOP.
USED = Table(
    "used_numbers",
    METADATA,
    Column("sop", TEXT, primary_key=True),
    Column("book", TEXT, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("unit", TEXT, nullable=False),
    Column("office_code", TEXT, nullable=False),
    Column("running", Integer, nullable=False),
    Column("agenda_no", Integer, nullable=False),
    Column("leaf_index", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("used_numbers_by_year", USED.c.year, USED.c.book)

#: One row a delivery.
DISPATCHES = Table(
    "dispatches",
    METADATA,
    Column("leaf_index", Integer, primary_key=True),
    Column("case_id", TEXT, nullable=False),
    Column("recipient", TEXT, nullable=False),
    Column("method", TEXT, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("received_by", TEXT, nullable=False),
    Column("received_at", TEXT, nullable=False),
    Column("evidence", TEXT, nullable=False),
)
Index("dispatches_by_case", DISPATCHES.c.case_id)
