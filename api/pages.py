"""The one page there is so far: what this is, and where to read it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template_string

from api.parts import parts
from keys.errors import NotFound
from ledger.notices import DISCLAIMER, SYNTHETIC

routes = Blueprint("pages", __name__)

_PAGE = """<!doctype html>
<html lang="id">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ name }}</title></head>
<body>
<main>
<h1>{{ name }}</h1>
{% if notice %}<p><strong>{{ notice }}</strong></p>{% endif %}
<p>Jejak mencatat setiap tindakan dalam sebuah SOP sebagai catatan yang ditandatangani pejabatnya sendiri. Siapa pun
yang berhak dapat membuktikan kemudian: siapa melakukan apa, pada dokumen yang mana, dan bahwa tidak ada yang dihapus,
diubah, atau disisipkan sesudahnya.</p>
<h2>Untuk siapa saja</h2>
<ul>
<li><a href="/v1/ledger">Buku besar ini</a> dan <a href="/log/checkpoint">segel terbarunya</a></li>
<li><a href="/openapi.json">Daftar semua alamat</a> bagi pembuat program</li>
</ul>
<h2>Sesudah masuk</h2>
<p>Yang berikut hanya terbuka bagi yang sudah masuk dengan kuncinya sendiri; kata sandi kunci tidak pernah dikirim ke
sini. Perkara dibaca pejabat unitnya, dan semua unit oleh Inspektorat; siapa membaca perkara dan dokumen dicatat.
Halaman untuk masuk dari peramban belum ada: pakailah program <code>jejak</code>, dengan <code>jejak login</code>, lalu
misalnya <code>jejak cases</code>.</p>
<ul>
<li><a href="/v1/cases">Perkara</a>: keadaan tiap perkara dan jejak auditnya</li>
<li><a href="/v1/officials">Pejabat</a>: siapa memegang mandat dan kunci apa</li>
<li><a href="/v1/register">Register</a>: semua yang memberi kuasa, dan usulan yang menunggu</li>
<li><a href="/v1/sops">SOP yang berlaku</a></li>
<li><a href="/v1/session">Siapa saya</a>: mandat sendiri, dan unit yang dapat dibaca</li>
</ul>
<p><small>{{ disclaimer }}</small></p>
</main>
</body>
</html>
"""


@routes.get("/")
def home() -> Response:
    """Return the page that says what this is."""
    try:
        register = parts().register()
    except NotFound:
        name, notice = "Jejak", "Buku besar ini belum didirikan."
    else:
        name, notice = register.name, SYNTHETIC if register.synthetic else ""
    page = render_template_string(_PAGE, name=name, notice=notice, disclaimer=DISCLAIMER)
    return Response(page, content_type="text/html; charset=utf-8")
