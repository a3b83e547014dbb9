"""What Jejak says of itself wherever it shows a verdict: what its signatures, its copies and its readings are not."""

from __future__ import annotations

#: What every print and every page that shows a verdict says (DOMAIN, rule 14).
DISCLAIMER = (
    "Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE; bukan pengganti tanda tangan "
    "basah atau TTE tersertifikasi pada naskah dinas."
)

#: What a ledger with made-up officials says besides.
SYNTHETIC = "Buku besar percobaan: pejabat, NIP, dan dokumen di dalamnya sintetis (dibuat-buat)."
#: What an audit of a copy cannot see by itself.
CUT_TAIL = (
    "Bila daun terakhir dipotong bersama segelnya, salinan ini sendiri tidak memperlihatkannya: bandingkan dengan tanda"
    " terima atau segel yang disimpan di luar salinan."
)
#: Said of a step whose office the SOP's source does not state (basis ``disimpulkan``).
INFERRED = "Pelaksana langkah ini disimpulkan, tidak tertulis dalam naskah SOP."
