"""`train --model_name Popularity`: a baseline of counts, scored as a base is."""

import time
from pathlib import Path
from typing import Any

import torch

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import code_digest, digest, read_json, whole, write_json
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.machine import device_of, machine
from recsae.metrics import CUTOFFS
from recsae.metrics.panel import Panel
from recsae.metrics.ranking import Asked, Seen, ranks_among
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.counts.models import SCORERS, Histories
from recsae.sequences import Sequences, Targets, met_before, seen_items
from recsae.test_reads import count_test_read

KIND = "baselines"
_FILE = "baseline.json"


def score(name: str, data: DataSettings, *, device: str | None) -> dict[str, Any]:
    """Return the scores of one of BASELINES on dev and test, under the keys of a base."""
    start = time.perf_counter()
    device_of(device)  # a mistake in it is told, though counting needs no device
    read = Sequences.of(load(data), data)
    parts = (read.items, read.offsets, read.train_lengths, read.n_items)
    targets = {"dev": read.dev, "test": read.test}
    path, scores = _scored(name, Histories(*parts), targets, Cache.default())
    return {
        "model_name": name,
        "dataset": read.name,
        "protocol": read.protocol("history", CUTOFFS),
        **scores,
        "settings": {},
        "machine": machine(torch.device("cpu")),
        "path": str(path),
        "seconds": round(time.perf_counter() - start, 3),
    }


def controls(activations: Activations, cache: Cache) -> dict[str, dict[str, float]]:
    """Return the dev metrics of each baseline on the data that gave these activations."""
    targets = {"dev": activations.targets("dev"), "test": activations.targets("test")}
    histories = activations.histories()
    found = {name: _scored(name, histories, targets, cache)[1] for name in BASELINES}
    return {name: scores["metrics"]["dev"] for name, scores in found.items()}


def _scored(
    name: str, histories: Histories, targets: dict[str, Targets], cache: Cache
) -> tuple[Path, dict[str, Any]]:
    """Return `metrics` and `groups` by split, computed if nobody has, and where they lie."""
    where = [targets[split].position for split in targets]
    arrays = [histories.items, histories.offsets, histories.train_lengths, *where]
    code = code_digest("recommenders/counts", "metrics", "sequences*", "splits*")
    key = digest(name, histories.n_items, code, *arrays)

    def build(folder: Path) -> None:
        count_test_read(folder)
        scores: dict[str, dict[str, Any]] = {"metrics": {}, "groups": {}}
        for split, target in targets.items():
            panel = _panel(histories, target)
            recommend = SCORERS[name](histories, target.position)
            rank_R = ranks_among(recommend, panel.asked)
            scores["metrics"][split] = panel.scores(rank_R)
            scores["groups"][split] = panel.groups(rank_R)
        write_json(folder / _FILE, scores)

    folder, _ = cache.get(KIND, key, build)
    with whole(folder):
        return folder, dict(read_json(folder / _FILE))


def _panel(histories: Histories, targets: Targets) -> Panel:
    offsets, items = seen_items(histories.items, histories.offsets, targets, "history")
    seen = Seen(torch.from_numpy(offsets), torch.from_numpy(items))
    asked = Asked(torch.tensor(targets.item), seen)
    length_R = targets.position - histories.offsets[targets.user]
    popularity_R = histories.item_counts()[targets.item]
    met_R = met_before(histories.items, histories.offsets, targets)
    return Panel(asked, histories.n_items, length_R, popularity_R, met_R)
