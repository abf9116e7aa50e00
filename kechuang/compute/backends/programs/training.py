"""A network that learns to tell a worn bearing from a sound one, with PyTorch.

Signals are drawn: noise, a turning shaft, and in the worn ones the ring of a damaged race. Run as
`training.py parameters.json` it leaves loss.csv, loss.png (training and held back) and model.txt
(how many of those held back it tells right).
"""

import csv
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import curves
import torch

LENGTH, RATE, SHAFT, RING, BLOWS = 256, 2048.0, 30.0, 480.0, 105.0
HELD_BACK = 0.25


def drawn(asked: dict) -> tuple:
    """Signals and whether each is of a worn bearing, by the seed of the task."""
    torch.manual_seed(asked["seed"] + asked["task"])
    count = asked["samples"]
    worn = torch.randint(0, 2, (count, 1)).float()
    at = torch.arange(LENGTH) / RATE + torch.rand(count, 1)
    turning = torch.sin(2 * torch.pi * SHAFT * at + 6.28 * torch.rand(count, 1))
    since = torch.remainder(at, 1 / BLOWS)
    ring = torch.exp(-since * 400) * torch.sin(2 * torch.pi * RING * since)
    return turning + worn * ring + 0.6 * torch.randn(count, LENGTH), worn


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(int(os.environ.get("KECHUANG_PROCESSORS", "1")))
    signals, worn = drawn(asked)
    spectra = torch.log1p(torch.fft.rfft(signals).abs())
    held = int(HELD_BACK * len(worn))
    network = torch.nn.Sequential(
        torch.nn.Linear(spectra.shape[1], asked["width"]), torch.nn.ReLU(),
        torch.nn.Linear(asked["width"], 1),
    )  # fmt: skip
    wrong = torch.nn.BCEWithLogitsLoss()
    steps = torch.optim.Adam(network.parameters(), lr=1e-3)
    rows = []
    for epoch in range(asked["epochs"]):
        order = held + torch.randperm(len(worn) - held)
        total = 0.0
        for batch in order.split(64):
            loss = wrong(network(spectra[batch]), worn[batch])
            steps.zero_grad()
            loss.backward()
            steps.step()
            total += loss.item() * len(batch)
        with torch.no_grad():
            beside = wrong(network(spectra[:held]), worn[:held]).item()
        rows.append((epoch + 1, total / len(order), beside))
        Path("progress").write_text(f"{(epoch + 1) / asked['epochs']:.3f}")
    with torch.no_grad():
        right = ((network(spectra[:held]) > 0).float() == worn[:held]).float().mean().item()
    leave(rows, right)


def leave(rows: list, right: float) -> None:
    """What was learnt, as a table, a picture and a word."""
    with open("loss.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["epoch", "training", "held back"])
        table.writerows((epoch, f"{one:.5f}", f"{other:.5f}") for epoch, one, other in rows)
    lines = [[(row[0], row[place]) for row in rows] for place in (1, 2)]
    Path("loss.png").write_bytes(curves.png(lines))
    said = f"loss {rows[0][1]:.3f} to {rows[-1][1]:.3f}; of those held back {right:.1%} right"
    Path("model.txt").write_text(said + "\n", encoding="utf-8")
    print(said)


if __name__ == "__main__":
    main()
