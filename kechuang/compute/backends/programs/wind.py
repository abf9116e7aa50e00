"""A numerical wind tunnel: steady laminar flow around a square bar, by OpenFOAM's simpleFoam.

Run as `wind.py parameters.json` it leaves forces.csv (drag and lift coefficients by iteration),
residuals.csv and residuals.png. The bar's side is 1, the wind's speed 1; the Reynolds number sets
the viscosity. Tasks of an array take one Reynolds number each, `step` apart.
"""

import csv
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import curves

FOAM = "/usr/share/openfoam"  # where Debian puts it; elsewhere WM_PROJECT_DIR says
FAR = (-6.0, -0.5, 0.5, 16.0)
WIDE = (-6.0, -0.5, 0.5, 6.0)
HEAD = 'FoamFile {{ version 2.0; format ascii; class {kind}; object {name}; }}\n'
SOLVED = re.compile(r"Solving for (\w+), Initial residual = ([\d.e+-]+)")


def write(name: str, kind: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD.format(kind=kind, name=path.name) + text)


def mesh(cells: int) -> str:
    """Eight blocks around the bar; `cells` along its side, coarser away from it."""
    points = [f"({x} {y} {z})" for z in (0, 1) for y in WIDE for x in FAR]
    counts = (3 * cells, cells, 5 * cells), (3 * cells, cells, 3 * cells)
    grows = (0.15, 1, 6), (0.15, 1, 6)
    blocks = []
    for j in range(3):
        for i in range(3):
            if (i, j) == (1, 1):
                continue
            low = [4 * j + i, 4 * j + i + 1, 4 * j + i + 5, 4 * j + i + 4]
            corners = " ".join(str(one) for one in (*low, *(one + 16 for one in low)))
            blocks.append(
                f"hex ({corners}) ({counts[0][i]} {counts[1][j]} 1)"
                f" simpleGrading ({grows[0][i]} {grows[1][j]} 1)"
            )

    def side(first: int, second: int) -> str:
        return f"({first} {second} {second + 16} {first + 16})"

    inlet = " ".join(side(4 * j, 4 * j + 4) for j in range(3))
    outlet = " ".join(side(4 * j + 3, 4 * j + 7) for j in range(3))
    sides = " ".join(side(row + i, row + i + 1) for row in (0, 12) for i in range(3))
    bar = " ".join(side(*pair) for pair in ((5, 6), (6, 10), (10, 9), (9, 5)))
    return (
        f"scale 1; vertices ({' '.join(points)}); blocks ({' '.join(blocks)}); edges ();"
        f" boundary (inlet {{ type patch; faces ({inlet}); }}"
        f" outlet {{ type patch; faces ({outlet}); }}"
        f" sides {{ type symmetry; faces ({sides}); }} bar {{ type wall; faces ({bar}); }}"
        " defaultFaces { type empty; faces (); });"
    )


def case(cells: int, reynolds: int, iterations: int) -> None:
    """Write the case: mesh, fields, schemes, and the forces on the bar."""
    write("system/blockMeshDict", "dictionary", mesh(cells))
    write("system/controlDict", "dictionary", f"""
application simpleFoam; startFrom startTime; startTime 0; stopAt endTime; endTime {iterations};
deltaT 1; writeControl timeStep; writeInterval {iterations}; writeFormat ascii;
functions {{ forces {{ type forceCoeffs; libs ("libforces.so"); patches (bar); rho rhoInf; rhoInf 1;
liftDir (0 1 0); dragDir (1 0 0); CofR (0 0 0); pitchAxis (0 0 1); magUInf 1; lRef 1; Aref 1;
writeControl timeStep; writeInterval 1; }} }}
""")
    write("system/fvSchemes", "dictionary", """
ddtSchemes { default steadyState; } gradSchemes { default Gauss linear; }
divSchemes { default none; div(phi,U) bounded Gauss linearUpwind grad(U);
div((nuEff*dev2(T(grad(U))))) Gauss linear; }
laplacianSchemes { default Gauss linear corrected; } interpolationSchemes { default linear; }
snGradSchemes { default corrected; }
""")
    write("system/fvSolution", "dictionary", """
solvers { p { solver GAMG; smoother GaussSeidel; tolerance 1e-8; relTol 0.05; }
U { solver smoothSolver; smoother symGaussSeidel; tolerance 1e-8; relTol 0.1; } }
SIMPLE { consistent yes; residualControl { p 1e-5; U 1e-5; } }
relaxationFactors { equations { U 0.9; } }
""")
    write("constant/transportProperties", "dictionary",
          f"transportModel Newtonian; nu {1 / reynolds:.9g};")
    write("constant/turbulenceProperties", "dictionary", "simulationType laminar;")
    write("0/U", "volVectorField", """
dimensions [0 1 -1 0 0 0 0]; internalField uniform (1 0 0); boundaryField {
inlet { type fixedValue; value uniform (1 0 0); } outlet { type zeroGradient; }
sides { type symmetry; } bar { type noSlip; } defaultFaces { type empty; } }
""")
    write("0/p", "volScalarField", """
dimensions [0 2 -2 0 0 0 0]; internalField uniform 0; boundaryField {
inlet { type zeroGradient; } outlet { type fixedValue; value uniform 0; }
sides { type symmetry; } bar { type zeroGradient; } defaultFaces { type empty; } }
""")


def solve(iterations: int) -> dict:
    """Run the solver, tell how far it is; the first residual of each field by iteration."""
    environment = {**os.environ, "WM_PROJECT_DIR": os.environ.get("WM_PROJECT_DIR", FOAM)}
    subprocess.run(["blockMesh"], env=environment, check=True, stdout=subprocess.DEVNULL)
    found: dict = {}
    with subprocess.Popen(
        ["simpleFoam"], env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        now = 0
        for line in running.stdout or ():
            if line.startswith("Time = "):
                now = int(float(line[7:].split()[0]))
                Path("progress").write_text(f"{now / iterations:.3f}")
            for field, residual in SOLVED.findall(line):
                found.setdefault(field, {}).setdefault(now, float(residual))
    if running.returncode:
        sys.exit(running.returncode)
    return found


def forces() -> list:
    """(iteration, drag, lift) as the solver wrote them; the columns are named in its head."""
    path = next(Path("postProcessing/forces").glob("*/coeff*.dat"))
    rows, heads = [], []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            heads = line.lstrip("# ").split()
        else:
            row = dict(zip(heads, line.split(), strict=False))
            rows.append((int(float(row["Time"])), float(row["Cd"]), float(row["Cl"])))
    return rows


def main(asked: dict) -> None:
    reynolds = asked["reynolds"] + asked["task"] * asked["step"]
    case(asked["cells"], reynolds, asked["iterations"])
    residuals = solve(asked["iterations"])
    rows = forces()
    with open("forces.csv", "w", newline="") as file:
        csv.writer(file).writerows([("iteration", "drag", "lift"), *rows])
    with open("residuals.csv", "w", newline="") as file:
        table = [(field, *row) for field, by in residuals.items() for row in by.items()]
        csv.writer(file).writerows([("field", "iteration", "residual"), *table])
    Path("residuals.png").write_bytes(curves.png([
        [(now, math.log10(value)) for now, value in by.items() if value > 0]
        for by in residuals.values()
    ]))  # fmt: skip
    done, drag, lift = rows[-1]
    print(f"Re {reynolds}: drag {drag:.4f}, lift {lift:.2e}, {done} iterations")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
