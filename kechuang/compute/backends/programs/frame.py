"""Traces the rays of one picture: steel balls of a bearing over a floor, and writes it as PNG.

Run as `frame.py parameters.json` it leaves frame-NNNN.png. Needs numpy alone. Light, shadow and one
mirror reflection, each by the geometry of rays and spheres; the balls turn with the frame's number.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy

LIGHT = numpy.array([-4.0, 7.0, -5.0])
FAR = 1e9
ROWS_AT_ONCE = 24


def balls(count: int, turn: float) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Middles (count + 1, 3) and radii (count + 1) of the balls and of the shaft's end."""
    angles = numpy.linspace(0, 2 * numpy.pi, count, endpoint=False) + turn
    ring = numpy.stack([2.2 * numpy.cos(angles), numpy.full(count, 0.55), 2.2 * numpy.sin(angles)])
    middles = numpy.vstack([ring.T, [0.0, 1.0, 0.0]])
    return middles, numpy.append(numpy.full(count, 0.55), 1.0)


def nearest(origin, ray, middles, radii):
    """Distance to and number of the first ball each ray meets; FAR and -1 where it meets none."""
    reach = origin[:, None, :] - middles[None]
    along = numpy.einsum("nbi,ni->nb", reach, ray)
    under = along**2 - (numpy.einsum("nbi,nbi->nb", reach, reach) - radii**2)
    distance = numpy.where(under > 0, -along - numpy.sqrt(numpy.maximum(under, 0)), FAR)
    distance = numpy.where(distance > 1e-4, distance, FAR)
    ball = distance.argmin(axis=1)
    first = distance[numpy.arange(len(ray)), ball]
    return first, numpy.where(first < FAR, ball, -1)


def colours(origin, ray, middles, radii, depth=1):
    """The light that comes along each ray, (n, 3) from 0 to 1."""
    distance, ball = nearest(origin, ray, middles, radii)
    floor = numpy.where(ray[:, 1] < -1e-6, -origin[:, 1] / numpy.minimum(ray[:, 1], -1e-6), FAR)
    on_floor = (floor < distance) & (floor < 60)
    on_ball = (ball >= 0) & ~on_floor
    sky = 0.5 + 0.5 * ray[:, 1:2]
    light = (1 - sky) * numpy.array([0.95, 0.96, 0.98]) + sky * numpy.array([0.35, 0.55, 0.85])
    for hit, reach in ((on_floor, floor), (on_ball, distance)):
        if not hit.any():
            continue
        point = origin[hit] + ray[hit] * reach[hit, None]
        if hit is on_floor:
            normal = numpy.broadcast_to([0.0, 1.0, 0.0], point.shape)
            tiles = (numpy.floor(point[:, 0]) + numpy.floor(point[:, 2])) % 2
            paint, mirror = 0.35 + 0.4 * tiles[:, None] * numpy.ones(3), 0.12
        else:
            which = ball[hit]
            normal = (point - middles[which]) / radii[which, None]
            paint, mirror = numpy.array([0.55, 0.6, 0.68]) * numpy.ones((len(point), 1)), 0.55
        light[hit] = lit(point, normal, ray[hit], paint, (mirror, depth), (middles, radii))
    return light


def lit(point, normal, ray, paint, mirror, scene):
    """The light that a surface sends back: shade, shadow, gleam and what it mirrors."""
    middles, radii = scene
    share, depth = mirror
    to_light = LIGHT - point
    far = numpy.linalg.norm(to_light, axis=1, keepdims=True)
    to_light = to_light / far
    above = point + normal * 1e-3
    distance, _ = nearest(above, to_light, middles, radii)
    open_sky = (distance >= far[:, 0])[:, None]
    shade = numpy.maximum(0, numpy.einsum("ni,ni->n", normal, to_light))[:, None]
    back = ray - 2 * numpy.einsum("ni,ni->n", ray, normal)[:, None] * normal
    gleam = numpy.maximum(0, numpy.einsum("ni,ni->n", back, to_light))[:, None] ** 60
    light = paint * (0.25 + 0.75 * shade * open_sky) + 0.8 * gleam * open_sky * (share > 0.2)
    if depth:
        light = (1 - share) * light + share * colours(above, back, middles, radii, depth - 1)
    return light


def picture(width: int, height: int, count: int, frame: int, tell=None) -> numpy.ndarray:
    """The picture as (height, width, 3) bytes. `tell` is told how far it is."""
    middles, radii = balls(count, 0.05 * frame)
    eye, look = numpy.array([0.0, 4.2, -7.5]), numpy.array([0.0, 0.5, 0.0])
    ahead = (look - eye) / numpy.linalg.norm(look - eye)
    right = numpy.cross([0.0, 1.0, 0.0], ahead)
    right /= numpy.linalg.norm(right)
    up = numpy.cross(ahead, right)
    across = (numpy.arange(width) + 0.5 - width / 2) / height
    made = numpy.empty((height, width, 3), numpy.uint8)
    for top in range(0, height, ROWS_AT_ONCE):
        rows = numpy.arange(top, min(height, top + ROWS_AT_ONCE))
        down = (height / 2 - rows - 0.5) / height
        ray = (ahead * 1.6 + across[None, :, None] * right + down[:, None, None] * up)
        ray = (ray / numpy.linalg.norm(ray, axis=2, keepdims=True)).reshape(-1, 3)
        light = colours(numpy.broadcast_to(eye, ray.shape), ray, middles, radii)
        bytes_ = numpy.clip(light, 0, 1) ** (1 / 2.2) * 255 + 0.5
        made[rows] = bytes_.astype(numpy.uint8).reshape(len(rows), width, 3)
        if tell:
            tell((top + len(rows)) / height)
    return made


def png(pixels: numpy.ndarray) -> bytes:
    """The bytes of a PNG file of (height, width, 3) bytes. Source: ISO/IEC 15948."""
    height, width, _ = pixels.shape
    rows = numpy.zeros((height, width * 3 + 1), numpy.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def main(asked: dict) -> None:
    frame = int(asked["first_frame"]) + int(asked["task"])
    print(f"frame {frame}: {asked['width']} x {asked['height']}, {asked['balls']} balls")
    pixels = picture(asked["width"], asked["height"], asked["balls"], frame, tell)
    Path(f"frame-{frame:04d}.png").write_bytes(png(pixels))
    print("written")


def tell(share: float) -> None:
    fresh = Path("progress.new")
    fresh.write_text(f"{share:.3f}")
    fresh.replace("progress")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
