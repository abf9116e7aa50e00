"""The bar of a project's money: public paid and unpaid, own received and outstanding."""

from django.utils.translation import gettext as _

from kechuang.site.templatetags import words


def parts(source) -> dict:
    """What `_money_bar.html` draws and says; `source` is a mapping or an object with `*_fen`."""
    total, public, paid, own, received = (
        int(_amount(source, name) or 0)
        for name in ("total_fen", "public_fen", "public_paid_fen", "own_fen", "own_received_fen")
    )
    other = max(0, total - public - own)
    amounts = (
        (_("财政已拨"), "f1", paid),
        (_("财政未拨"), "f2", public - paid),
        (_("自筹到位"), "f5", received),
        (_("自筹未到"), "f6", own - received),
        (_("其他来源"), "f4", other),
    )
    rects, at = [], 0.0
    for name, css, fen in amounts:
        if fen <= 0 and css == "f4":
            continue
        width = 100 * fen / total if total else 0.0
        rects.append(
            {"name": name, "css": css, "fen": fen, "x": f"{at:.2f}", "width": f"{width:.2f}"}
        )
        at += width
    said = "，".join(f"{r['name']} {' '.join(words.rounded(r['fen']))}" for r in rects)
    return {
        "total": total, "public": public, "own": own, "public_paid": paid, "own_received": received,
        "own_at": f"{100 * public / total if total else 0:.2f}",
        "public_share": words.percent(public / total if total else None),
        "paid_share": words.percent(paid / public if public else None),
        "received_share": words.percent(received / own if own else None),
        "rects": rects,
        "words": f"{_('总经费')} {' '.join(words.rounded(total))}：{said}",
    }  # fmt: skip


def _amount(source, name):
    return source.get(name) if isinstance(source, dict) else getattr(source, name, 0)
