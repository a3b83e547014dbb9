"""What every ``jejak`` command shares: Indonesian help, faults in plain words, exit codes, ``--json``, tables.

Exit codes (docs/cli.md): 0 done and it holds; 1 refused, or something does not hold; 2 cannot be judged or not
reached; 3 the command was written wrongly. A fault is told on stderr as detail, what would be allowed, and the rule
in words, its name in brackets; with ``--json`` it is one JSON object on stdout, and everything else a person reads
goes to stderr.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import click

from keys.errors import Conflict, Forged, JejakError, Malformed, NotAllowed, NotFound, NotJudged, Unavailable
from ledger.note import VerifierKey
from ledger.rule_words import RULES
from ledger.whole_file import create

DONE, REFUSED, NOT_JUDGED, MISUSE = 0, 1, 2, 3
#: Columns that a page takes where it is not shown on a terminal, and the least and most that it takes there.
WIDTH, NARROWEST, WIDEST = 96, 60, 120
#: A word of at most so many characters is not broken in a table while there is another way.
_WHOLE_WORD = 48
#: Faults of this machine, not of a service that is not reached: what was asked for cannot be done here.
_HERE = frozenset({"server.port", "file.write", "demo.folder", "outside.storage", "logkey.storage"})
_FOUNDING = re.compile("[0-9a-f]{64}", re.ASCII)

Command = TypeVar("Command", bound=Callable[..., Any])

_WORDS = (("[required]", "[wajib]"), ("required]", "wajib]"), ("env var:", "lingkungan:"), ("default:", "bawaan:"))


class Misuse(click.UsageError):
    """The command was written wrongly; the message is ours and Indonesian."""


class JejakCommand(click.Command):
    """A command whose help is Indonesian."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", "[PILIHAN]")
        super().__init__(*args, **kwargs)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), "Pemakaian: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        _write_options(self, ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help."""
        return _help_option(super().get_help_option(ctx))


class JejakGroup(click.Group):
    """A group of commands whose help is Indonesian."""

    command_class = JejakCommand

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("options_metavar", "[PILIHAN]")
        kwargs.setdefault("subcommand_metavar", "PERINTAH ...")
        super().__init__(*args, **kwargs)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), "Pemakaian: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        _write_options(self, ctx, formatter)
        rows = [(name, self.commands[name].get_short_help_str(WIDTH)) for name in self.list_commands(ctx)]
        with formatter.section("Perintah"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help."""
        return _help_option(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they were added: that of the work."""
        return list(self.commands)


JejakGroup.group_class = JejakGroup


class Program(JejakGroup):
    """The outermost group: it turns every fault into words and an exit code."""

    # click overloads main by standalone_mode; this one always exits.
    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run the command and exit with its code."""
        given = list(sys.argv[1:] if args is None else args)
        extra.pop("standalone_mode", None)
        try:
            code = super().main(args=given, prog_name="jejak", standalone_mode=False, **extra)
        except click.Abort:
            click.echo("Dibatalkan.", err=True)
            code = REFUSED
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            code = MISUSE
        except click.ClickException as error:
            code = _tell_misuse(error, "--json" in given)
        except JejakError as error:
            code = tell(error, as_json="--json" in given)
        except BrokenPipeError:
            # Whoever read us has gone; nothing more can be told, not even by the interpreter's own flush.
            sys.stdout = open("/dev/null", "w", encoding="utf-8")  # noqa: SIM115
            code = REFUSED
        except Exception as bug:  # the outermost handler: it says that the fault is ours, and judges nothing
            if os.environ.get("JEJAK_TRACE"):
                raise
            code = tell(_bug(bug), as_json="--json" in given)
        sys.exit(code if isinstance(code, int) else DONE)


def _bug(bug: Exception) -> NotJudged:
    return NotJudged(
        "program.fault",
        "Program ini sendiri salah; perintah ini tidak membuktikan apa pun, ke arah mana pun.",
        allowed="Laporkan kepada pengelola. Untuk rinciannya: ulangi dengan JEJAK_TRACE=1 di depan perintah.",
        cause=type(bug).__name__,
    )


def code_of(error: JejakError) -> int:
    """Return the exit code of a fault."""
    unreached = isinstance(error, Unavailable) and error.rule not in _HERE
    return NOT_JUDGED if unreached or isinstance(error, NotJudged) else REFUSED


def width(stream: TextIO | None = None) -> int:
    """Return the columns that a page takes on ``stream`` (stdout if None): the terminal's, where it is one."""
    try:
        wide = os.get_terminal_size((stream or sys.stdout).fileno()).columns
    except (OSError, ValueError, AttributeError):
        return WIDTH
    return min(max(wide or WIDTH, NARROWEST), WIDEST)


_NAMES: tuple[tuple[type[JejakError], str], ...] = (
    (Malformed, "malformed"),
    (NotAllowed, "not_allowed"),
    (Conflict, "conflict"),
    (NotFound, "not_found"),
    (Unavailable, "unavailable"),
    (Forged, "forged"),
    (NotJudged, "not_judged"),
)


def tell(error: JejakError, *, as_json: bool) -> int:
    """Tell a fault and return its exit code."""
    code = code_of(error)
    if as_json:
        fault = next((name for kind, name in _NAMES if isinstance(error, kind)), "refused")
        print_json(
            {
                "error": fault,
                "rule": error.rule,
                "rule_words": RULES.get(error.rule, ""),
                "detail": error.detail,
                "allowed": error.allowed,
                "facts": error.facts,
                "exit": code,
            }
        )
        return code
    head = {NOT_JUDGED: "Tidak dapat dinilai"}.get(code, "Tidak cocok" if isinstance(error, Forged) else "Ditolak")
    _tell(f"{head}: {error.detail}", error.allowed, error.rule)
    return code


def _tell(*parts: str) -> None:
    """Tell on stderr what is wrong, what would be allowed, and last the rule in words, its name in brackets.

    A rule that only this command line has, and no service names, has no words.
    """
    *words, rule = parts
    said = f"Aturan: {RULES[rule]} [{rule}]" if rule in RULES else f"[{rule}]"
    for text in filter(None, (*words, said)):
        click.echo(paragraph(text, 0, 2, width(sys.stderr)), err=True)


def print_json(value: Any) -> None:
    """Print one JSON value on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False))


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Tulis hasil sebagai JSON.")(command)


def existing_file() -> click.Path:
    """Return the type of a file that must be there."""
    return click.Path(exists=True, dir_okay=False, path_type=Path)


def read_file(path: Path, most: int = 32 * 1024 * 1024) -> bytes:
    """Return a file's bytes, or raise NotFound, or Malformed beyond ``most`` bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise NotFound("file.read", f"Berkas {path} tidak dapat dibaca.", cause=str(error)) from None
    if len(data) > most:
        raise Malformed("file.size", f"Berkas {path} terlalu besar.", allowed=f"Paling besar {most} bita.")
    return data


def write_new_file(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all, or raise NotAllowed: nothing is ever written over."""
    try:
        create(path, data)
    except FileExistsError:
        raise NotAllowed(
            "file.exists", f"Sudah ada berkas {path}; tidak ditimpa.", allowed="Pilih nama lain."
        ) from None
    except OSError as error:
        raise Unavailable(
            "file.write",
            f"Berkas {path} tidak dapat ditulis.",
            allowed="Periksa foldernya: harus ada, dapat ditulis, dan masih ada ruangnya.",
            cause=str(error),
        ) from None


def passphrase(file: Path | None, what: str, *, twice: bool = False, err: bool = False) -> str:
    """Return the passphrase in the first line of ``file``, or ask for it."""
    if file is not None:
        try:
            text = read_file(file, 16 * 1024).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("keyfile.passphrase_text", f"Berkas {file} bukan teks UTF-8.") from None
        return text.split("\n", 1)[0].removesuffix("\r")
    while True:
        words = _hidden(f"Kata sandi {what}", err)
        if not twice or words == _hidden("Ulangi kata sandi", err):
            return words
        click.echo("Kedua kata sandi tidak sama. Ulangi.", err=True)


def _hidden(question: str, err: bool) -> str:
    """Ask without showing the answer; where that cannot be, nothing is asked and the command was written wrongly."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(click.prompt(question, hide_input=True, err=err))
        except getpass.GetPassWarning:
            raise Misuse("tidak ada terminal untuk mengetik kata sandi; pakai --passphrase-file.") from None


def confirmed(question: str, *, err: bool = False) -> bool:
    """Ask and return whether the answer is yes; asks again until it is one of y or t."""
    while True:
        answer = click.prompt(f"{question} [y/t]", prompt_suffix=" ", err=err).strip().lower()
        if answer in ("y", "ya"):
            return True
        if answer in ("t", "tidak"):
            click.echo("Tidak ada yang ditandatangani.", err=True)
            return False


def paragraph(text: str, indent: int = 0, hang: int = 0, columns: int | None = None) -> str:
    """Return text wrapped to the page, line ends and their indentation kept; ``hang`` more columns where it wraps.

    What people copy (a command, a fingerprint, a path) is never broken inside a word.
    """
    lines = []
    for line in text.split("\n"):
        first = " " * (indent + len(line) - len(line.lstrip(" ")))
        lines.append(
            textwrap.wrap(
                line.strip(" "),
                columns or width(),
                initial_indent=first,
                subsequent_indent=first + " " * hang,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return "\n".join(part for parts in lines for part in parts or [""]).rstrip()


def item(text: str, mark: str = "-") -> str:
    """Return text as an item of a list."""
    return paragraph(f"{mark} {text}", 2, 2)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], columns: int | None = None) -> str:
    """Return rows as aligned columns within ``columns``; long cells wrap, the widest columns give way."""
    cells = [[str(one) if one is not None else "" for one in row] for row in rows]
    every = [list(headings), *cells]
    widths = [max(max(map(len, one[at].split("\n"))) for one in every) for at in range(len(headings))]
    room = (columns or width()) - 2 * (len(headings) - 1)
    words = [max((len(word) for row in every for word in row[at].split()), default=0) for at in range(len(headings))]
    while sum(widths) > room and max(widths) > 6:
        # What people copy (a case's number, a path) stays in one piece as long as another column can give way.
        yielding = [at for at, one in enumerate(widths) if one > (words[at] if words[at] <= _WHOLE_WORD else 6)]
        widest = max(yielding or range(len(widths)), key=lambda at: widths[at])
        widths[widest] -= 1
    lines = []
    for number, row in enumerate(every):
        parts = [
            [piece for line in cell.split("\n") for piece in textwrap.wrap(line, size, break_on_hyphens=False) or [""]]
            for cell, size in zip(row, widths, strict=True)
        ]
        for at in range(max(map(len, parts))):
            pieces = [part[at] if at < len(part) else "" for part in parts]
            lines.append("  ".join(piece.ljust(size) for piece, size in zip(pieces, widths, strict=True)).rstrip())
        if number == 0:
            lines.append("  ".join("-" * size for size in widths))
    return "\n".join(lines)


def _help_option(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = "Tampilkan petunjuk ini."
    return option


def _write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    records = []
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None and not isinstance(param, click.Argument):
            text = record[1]
            for english, own in _WORDS:
                text = text.replace(english, own)
            records.append((record[0], text))
    with formatter.section("Pilihan"):
        formatter.write_dl(records)


def _tell_misuse(error: click.ClickException, as_json: bool) -> int:
    said = _misuse_in_words(error)
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx else "jejak"
    if as_json:
        print_json(
            {
                "error": "misuse",
                "rule": "cli.usage",
                "detail": said,
                "allowed": f"{path} --help",
                "facts": {},
                "exit": MISUSE,
            }
        )
        return MISUSE
    _tell(f"Salah tulis: {said}", f"Petunjuknya: {path} --help", "cli.usage")
    return MISUSE


def _misuse_in_words(error: click.ClickException) -> str:
    """Return what is wrong with the command line; click's own words are English."""
    match error:
        case Misuse():
            return error.message
        case click.MissingParameter(param=param):
            return f"{_name(param)} wajib disebut."
        case click.NoSuchOption(option_name=name, possibilities=near):
            return f"tidak ada pilihan {name}." + (f" Mungkin: {', '.join(sorted(near))}." if near else "")
        case click.BadOptionUsage(option_name=name):
            return f"pilihan {name} ditulis tanpa nilai, atau dengan nilai yang tidak perlu."
        case click.BadParameter(param=param) if param is not None:
            match param.type:
                case click.Choice(choices=choices):
                    return f"{_name(param)} harus salah satu dari: {', '.join(map(str, choices))}."
                case click.Path():
                    return f"{_name(param)}: {_typed(error)} tidak ada, atau tidak dapat dipakai."
                case click.types.IntParamType():
                    return f"{_name(param)} harus bilangan bulat dalam batasnya."
            return f"nilai {_name(param)} tidak sah."
        case click.UsageError(ctx=ctx) if ctx is not None and isinstance(ctx.command, click.Group):
            return f"tidak ada perintah seperti itu. Yang ada: {', '.join(ctx.command.commands)}."
    return "ada kata yang tidak dikenal perintah ini."


def _typed(error: click.BadParameter) -> str:
    """Return the name of a file as it was typed: click's own words have it between the only quotation marks."""
    _, _, rest = error.message.partition(" '")
    typed, found, _ = rest.rpartition("' ")
    return typed if found else "berkas atau folder itu"


def check_pins(vkey: str | None, founding: str | None) -> None:
    """Return if what was typed can be a log's key and a leaf hash, else raise Misuse, naming the option."""
    if founding is not None and _FOUNDING.fullmatch(founding) is None:
        raise Misuse("--founding harus 64 angka heksadesimal: 0 sampai 9, a sampai f.")
    if vkey is not None:
        try:
            VerifierKey.parse(vkey)
        except Malformed as fault:
            raise Misuse(f"--vkey tidak sah. {fault.detail} Salin ulang dari berita acara pendirian.") from None


def _name(param: click.Parameter | None) -> str:
    if param is None:
        return "sebuah nilai"
    return (
        max(param.opts, key=len)
        if isinstance(param, click.Option)
        else str(param.make_metavar(click.Context(click.Command(""))))
    )
