"""``jejak key``: make a key file, show it, prove that one holds it, make its successor."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import click

from api.cli_base import JejakGroup, Misuse, existing_file, json_option, passphrase, print_json, write_new_file
from api.key_request import KeyRequest
from keys.errors import NotAllowed
from keys.keyfile import NONCE_BYTES, SALT_BYTES, KeyFile, open_keyfile, read_keyfile, seal, write_keyfile
from keys.possession import prove
from keys.signing import PrivateKey, PublicKey, fingerprint

_OFFICIAL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}[a-z0-9]")


@click.group("key", cls=JejakGroup)
def key() -> None:
    """Kunci pribadi pejabat: membuat, melihat, membuktikan."""


@key.command("new")
@click.option("--official", required=True, metavar="NAMA", help="Nama pejabat dalam register, misalnya budi-santoso.")
@click.option("-o", "--output", required=True, metavar="BERKAS", type=click.Path(path_type=Path), help="Berkas kunci.")
@click.option("--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini.")
@json_option
def new(official: str, output: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Buat kunci baru dalam berkas yang terkunci kata sandi."""
    if not _OFFICIAL.fullmatch(official):
        raise Misuse("--official memuat huruf kecil, angka, dan tanda hubung saja, misalnya budi-santoso.")
    made = _made(official, output, passphrase_file, as_json)
    _show(official, made.public, output, as_json)
    if not as_json:
        click.echo("Simpan salinan berkas ini dan ingat kata sandinya: tidak ada yang dapat memulihkannya.")


@key.command("rotate")
@click.argument("file", metavar="BERKAS", type=existing_file())
@click.option(
    "--ledger", required=True, metavar="NAMA", help="Nama buku besar, misalnya kalipare.malangkab.go.id/jejak."
)
@click.option("-o", "--output", required=True, metavar="BERKAS", type=click.Path(path_type=Path), help="Berkas kunci.")
@click.option("--request", required=True, metavar="BERKAS", type=click.Path(path_type=Path),
              help="Simpan permintaan bagi pendaftar ke berkas baru.")  # fmt: skip
@click.option("--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini.")
@json_option
def rotate(file: Path, ledger: str, output: Path, request: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Buat kunci pengganti kunci di BERKAS, dan permintaan pendaftarannya bagi pendaftar."""
    old = KeyFile.parse(read_keyfile(file))
    for path in (output, request):
        if path.exists():
            raise NotAllowed("file.exists", f"Sudah ada berkas {path}; tidak ditimpa.", allowed="Pilih nama lain.")
    made = _made(old.official, output, passphrase_file, as_json)
    asked = KeyRequest.make(ledger, old.official, made, old.public.id)
    write_new_file(request, asked.format())
    if as_json:
        print_json(
            {
                "official": old.official,
                "key_id": made.public.id,
                "public_key": made.public.raw.hex(),
                "file": str(output),
                "request": str(request),
                "replaces": old.public.id,
            }
        )
        return
    _show(old.official, made.public, output, as_json)
    click.echo(f"Permintaan   {request}")
    click.echo(_ROTATION.format(request=request, output=output, old=old.public.id[:16]))


_ROTATION = """
Yang berikutnya:
1. Cetak berita acara dengan sidik kunci di atas dan tandatangani; bawa bersama permintaan itu kepada pendaftar.
2. Pendaftar pertama: jejak register propose key --request {request}
3. Pendaftar kedua, sesudah membandingkan sidik dengan Anda: jejak register approve --next --document BERITA-ACARA
4. Sesudah disetujui, cabut kunci lama dengan kunci baru:
   jejak register revoke {old} --reason rotated --key {output}
Sampai langkah 4 kunci lama masih berlaku. Bila kunci lama hilang atau bocor, minta pendaftar mencabutnya sekarang juga.
Simpan salinan berkas kunci baru dan ingat kata sandinya: tidak ada yang dapat memulihkannya."""


@key.command("show")
@click.argument("file", metavar="BERKAS", type=existing_file())
@json_option
def show(file: Path, as_json: bool) -> None:
    """Tampilkan pemilik dan sidik sebuah berkas kunci, tanpa membukanya."""
    closed = KeyFile.parse(read_keyfile(file))
    _show(closed.official, closed.public, file, as_json)


@key.command("prove")
@click.argument("file", metavar="BERKAS", type=existing_file())
@click.option(
    "--ledger", required=True, metavar="NAMA", help="Nama buku besar, misalnya kalipare.malangkab.go.id/jejak."
)
@click.option("-o", "--output", metavar="BERKAS", type=click.Path(path_type=Path), help="Simpan bukti ke berkas baru.")
@click.option("--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini.")
@json_option
def prove_possession(file: Path, ledger: str, output: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Buat bukti bahwa Anda memegang kunci ini, untuk diserahkan kepada pendaftar."""
    data = read_keyfile(file)
    words = passphrase(passphrase_file, f"kunci {KeyFile.parse(data).official}", err=True)
    opened = open_keyfile(data, words)
    proof = prove(ledger, opened.official, opened.key)
    if output is not None:
        write_new_file(output, proof)
    if as_json:
        print_json(
            {"official": opened.official, "public_key": opened.key.public.raw.hex(), "possession": proof.decode()}
        )
    elif output is None:
        click.echo(proof)
    else:
        click.echo(f"Bukti pemilikan kunci {opened.official} untuk {ledger} tersimpan di {output}.")


def _made(official: str, output: Path, passphrase_file: Path | None, as_json: bool) -> PrivateKey:
    """Return a new key, sealed into a new file under a passphrase that is asked for twice."""
    words = passphrase(passphrase_file, "untuk kunci baru", twice=True, err=as_json)
    made = PrivateKey.generate()
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    write_keyfile(output, seal(made, words, official=official, salt=salt, nonce=nonce))
    return made


def _show(official: str, public: PublicKey, file: Path, as_json: bool) -> None:
    if as_json:
        print_json({"official": official, "key_id": public.id, "public_key": public.raw.hex(), "file": str(file)})
        return
    click.echo(f"Pemilik      {official}")
    click.echo(f"Berkas       {file}")
    click.echo(f"Kunci publik {public.raw.hex()}")
    click.echo(f"Sidik kunci  {fingerprint(public)[:39]}")
    click.echo(f"             {fingerprint(public)[40:]}")
