"""A rotor on two sliding bearings, with ross-rotordynamics: is it stable, where does it resonate?

Run as `bearing.py parameters.json` it leaves speeds.csv (natural frequencies and damping by speed)
and response.csv with response.png (amplitude under an unbalance at the middle).
"""

import csv
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import curves
import numpy
import ross

RADIANS = 2 * numpy.pi / 60
ELEMENTS, MODES, SPEEDS = 6, 4, 40


def rotor(asked: dict, speeds: numpy.ndarray) -> ross.Rotor:
    """A steel shaft of 1.5 m with two discs, on two plain cylindrical bearings."""
    steel = ross.Material("steel", rho=7810, E=211e9, G_s=81.2e9)
    journal = asked["journal_mm"] / 1000
    shaft = [
        ross.ShaftElement(L=0.25, idl=0.0, odl=journal, material=steel) for _ in range(ELEMENTS)
    ]
    discs = [
        ross.DiskElement.from_geometry(n=n, material=steel, width=0.07, i_d=journal, o_d=0.28)
        for n in (2, 4)
    ]
    mass = sum(one.m for one in (*shaft, *discs))
    bearings = [
        ross.CylindricalBearing(
            n=n, speed=list(speeds), weight=mass * 9.81 / 2, bearing_length=journal / 2,
            journal_diameter=journal, radial_clearance=asked["clearance_um"] * 1e-6,
            oil_viscosity=asked["viscosity_mpa_s"] / 1000,
        )
        for n in (0, ELEMENTS)
    ]  # fmt: skip
    return ross.Rotor(shaft, discs, bearings)


def main(asked: dict) -> None:
    top = (asked["speed_rpm"] + asked["task"] * asked["step"]) * RADIANS
    speeds = numpy.linspace(top / SPEEDS, top, SPEEDS)
    machine = rotor(asked, speeds)
    Path("progress").write_text("0.3")
    modes = [machine.run_modal(speed=speed, num_modes=2 * MODES) for speed in speeds]
    with open("speeds.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["speed_rpm", "mode", "natural_rpm", "log_decrement"])
        for speed, one in zip(speeds, modes, strict=True):
            for mode in range(min(MODES, len(one.wn))):
                table.writerow([f"{speed / RADIANS:.1f}", mode + 1,
                                f"{one.wn[mode] / RADIANS:.3f}", f"{one.log_dec[mode]:.6f}"])
    Path("progress").write_text("0.7")
    found = machine.run_unbalance_response(
        node=ELEMENTS // 2, unbalance_magnitude=asked["unbalance_g_mm"] * 1e-6, unbalance_phase=0.0,
        frequency=speeds,
    )  # fmt: skip
    size = numpy.abs(found.forced_resp[ELEMENTS // 2 * 6]) * 1e6
    curve = [(float(a / RADIANS), float(b)) for a, b in zip(speeds, size, strict=True)]
    with open("response.csv", "w", newline="") as file:
        csv.writer(file).writerows([("speed_rpm", "amplitude_um"), *curve])
    Path("response.png").write_bytes(curves.png([curve]))
    worst = min(float(min(one.log_dec[:MODES])) for one in modes)
    peak = max(curve, key=lambda point: point[1])
    said = "stable" if worst > 0 else "unstable"
    print(f"{said} to {top / RADIANS:.0f} rpm, least log decrement {worst:.4f};"
          f" peak {peak[1]:.2f} um at {peak[0]:.0f} rpm")  # fmt: skip


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
