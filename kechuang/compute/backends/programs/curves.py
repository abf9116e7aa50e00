"""Draws curves into a PNG: axes, ticks, a colour for each curve. Standard library alone.

Source of the format: ISO/IEC 15948.
"""

import struct
import zlib

WIDTH, HEIGHT, EDGE, TICK = 720, 405, 30, 6
INK, PAPER, GRID = (40, 44, 52), (255, 255, 255), (228, 230, 235)
COLOURS = ((0, 92, 175), (200, 80, 30), (30, 130, 76), (140, 60, 150), (120, 110, 20))


def png(curves: list) -> bytes:
    """A picture of curves [(x, y), ...]; x and y are scaled to what all of them reach."""
    points = [point for curve in curves for point in curve]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    rows = [bytearray(PAPER * WIDTH) for _ in range(HEIGHT)]

    def place(x: float, y: float) -> tuple:
        across = (x - left) / ((right - left) or 1)
        up = (y - low) / ((high - low) or 1)
        return (
            round(EDGE + across * (WIDTH - 2 * EDGE)),
            round(HEIGHT - EDGE - up * (HEIGHT - 2 * EDGE)),
        )

    for step in range(TICK):
        along = EDGE + step * (WIDTH - 2 * EDGE) // (TICK - 1)
        down = EDGE + step * (HEIGHT - 2 * EDGE) // (TICK - 1)
        _line(rows, (along, EDGE), (along, HEIGHT - EDGE), GRID)
        _line(rows, (EDGE, down), (WIDTH - EDGE, down), GRID)
    _line(rows, (EDGE, HEIGHT - EDGE), (WIDTH - EDGE, HEIGHT - EDGE), INK)
    _line(rows, (EDGE, EDGE), (EDGE, HEIGHT - EDGE), INK)
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        for first, second in zip(curve, curve[1:], strict=False):
            _line(rows, place(*first), place(*second), colour, 2)
    return _written(rows)


def _line(rows: list, start: tuple, end: tuple, colour: tuple, thick: int = 1) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        x = start[0] + (end[0] - start[0]) * step // steps
        y = start[1] + (end[1] - start[1]) * step // steps
        for row in rows[y : y + thick]:
            row[3 * x : 3 * (x + thick)] = bytes(colour * thick)


def _written(rows: list) -> bytes:
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row[: 3 * WIDTH]) for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    )
