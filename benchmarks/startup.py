"""What a command costs before it does anything: CPU seconds and modules, against `python -c pass`.

Each command runs in a process of its own, several times; the least CPU time counts, for whatever
else the machine does only adds to it.

    python benchmarks/startup.py [--rounds 3] [--json]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEAVY = ("torch", "ray", "optuna", "pandas", "plotly", "pyarrow", "scipy")
COMMANDS = {
    "--help": ["--help"],
    "tune --help": ["tune", "--help"],
    "a mistake in a flag": ["tune", "smoke.yaml", "--trails", "3"],
    "a mistake in a space": ["tune", "broken.yaml"],
    "a mistake in the data": ["tune", "smoke.yaml", "--dataset", "nowhere"],
    "a damaged log": ["tune", "smoke.yaml", "--dataset", "broken.csv"],
    "runs": ["runs"],
}
LISTED = "import sys; sys.argv = ['recsae', *{words!r}]\nfrom recsae.__main__ import main\n" + (
    "try: main()\nexcept SystemExit: pass\nprint(len(sys.modules), *(m for m in {heavy!r} if m in "
    "sys.modules), file=sys.__stderr__)\n"
)


def cpu_seconds(command: Sequence[str], folder: Path, rounds: int) -> float:
    """Return the least CPU seconds of a process that runs a command in a folder."""
    found = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def modules(words: Sequence[str], folder: Path) -> tuple[int, list[str]]:
    """Return how many modules a command loads, and which heavy ones."""
    code = LISTED.format(words=list(words), heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    count, *heavy = done.stderr.splitlines()[-1].split()
    return int(count), heavy


def main() -> None:
    """Measure each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "broken.yaml").write_text("model_name: SASRec_SAE\nparameters: {sae_q: 3}\n")
        (folder / "broken.csv").write_text("user_id,item_id,timestamp\n1,2,3\n1,2,x\n")
        bare = cpu_seconds([sys.executable, "-c", "pass"], folder, options.rounds)
        for title, words in COMMANDS.items():
            own = cpu_seconds([sys.executable, "-m", "recsae", *words], folder, options.rounds)
            count, heavy = modules(words, folder)
            row = {"command": title, "seconds": round(own, 3), "ratio": round(own / bare, 1)}
            rows.append({**row, "modules": count, "heavy": heavy})
    if options.json:
        print(json.dumps({"python_seconds": round(bare, 3), "commands": rows}))
        return
    print(f"CPU seconds; python -c pass: {bare:.3f}")
    for row in rows:
        print(f"  {row['command']:24}", row["seconds"], row["ratio"], row["modules"], row["heavy"])


if __name__ == "__main__":
    main()
