"""A model card: what an exported autoencoder is of, how good it is, and how to make it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from recsae.metrics.registry import metrics as registered
from recsae.report import formats
from recsae.report.finalists import seeds_words
from recsae.report.summary import interval_words

Figures = Mapping[str, Any]
_SPLITS: Final = ("dev", "test")
_SCORES: Final = ("ndcg@10", "hr@10")
_CODE: Final = ("fvu", "share", "l0", "dead")
_AUDIT: Final = ("leak_share", "leak_rank", "fvu_permuted", "fvu_zeroed", "ndcg@10_permuted")


@dataclass(frozen=True)
class CardFacts:
    """What a card tells of a model that does not leak; `jobs.scores` has what the figures are."""

    model_name: str
    base_name: str
    """The recommender whose states it explains."""
    dataset: str
    protocol: str
    width: int
    latents: int
    settings: Mapping[str, Any]
    metrics: Mapping[str, Figures]
    """By split."""
    difference: Mapping[str, Mapping[str, Figures]]
    """To the base, by split and metric: mean, low, high and verdict."""
    base: Mapping[str, Figures]
    """Metrics of the base, by split."""
    versions: Mapping[str, str]
    controls: Mapping[str, Figures] = field(default_factory=dict)
    """Dev metrics of what it is held against, by name."""
    finalist: Mapping[str, Any] | None = None
    """Its scores over fresh seeds, if it was a finalist."""
    command: str | None = None
    """What makes it again; None of one that was trained elsewhere."""


def model_card(facts: CardFacts) -> str:
    """Return the card as Markdown, with the front matter that model hubs read."""
    parts = [
        _FRONT,
        f"# {facts.model_name} on {facts.dataset}\n",
        f"A sparse autoencoder of {facts.latents:,} latents, at most {facts.settings['sae_k']} of "
        f"them active, on the {facts.width}-dimensional states of {facts.base_name}.\n",
        _USE.format(dataset=facts.dataset),
        f"## Data and protocol\n\n{facts.protocol}\n",
        _metrics(facts),
        _audit(facts.metrics["dev"]),
        _controls(facts),
        _settings(facts),
        _again(facts),
    ]
    return "\n".join(part for part in parts if part)


_FRONT: Final = """\
---
library_name: recsae
tags:
- sparse-autoencoder
- sequential-recommendation
---
"""
_USE: Final = """\
## Use

```python
import recsae

model = recsae.load_model("PATH OF THIS FOLDER")
```

The base is in `base/`. The data ({dataset}) are not here: recsae computes their states again.
`model.safetensors` holds W_enc, b_enc, W_dec and b_dec of
`relu(topk((x - b_dec) W_enc^T + b_enc)) W_dec + b_dec`; `config.json` holds its settings.
"""


def _metrics(facts: CardFacts) -> str:
    names = [*_SCORES, *(name for name in _CODE if name in facts.metrics["dev"])]
    heads = ["", *(f"{split}, {who}" for split in _SPLITS for who in ("this", "base"))]
    rows = []
    for name in names:
        cells = [
            formats.value(name, figures.get(split, {}).get(name))
            for split in _SPLITS
            for figures in (facts.metrics, facts.base)
        ]
        rows.append([name, *cells])
    lines = [
        f"- {split} {name}: {interval_words(found)}"
        for split in _SPLITS
        for name, found in facts.difference.get(split, {}).items()
    ]
    apart = ["Difference to the base, paired by user, with 95 % intervals:", "", *lines, ""]
    return "\n".join(
        ["## Metrics", "", *_table(heads, rows), "", *apart * bool(lines), *_seeds(facts.finalist)]
    )


def _seeds(finalist: Figures | None) -> list[str]:
    """Return lines of what fresh trainings scored, none where there are none."""
    if finalist is None:
        return []
    lines = [
        f"- {split} {name}: {formats.spread(name, figures[split])}"
        for name, figures in finalist["metrics"].items()
        for split in _SPLITS
    ]
    return [f"Over {seeds_words(finalist)}, with 95 % intervals:", "", *lines, ""]


def _audit(dev: Figures) -> str:
    known = registered()
    rows = [
        [name, formats.value(name, dev[name]), known[name].meaning]
        for name in _AUDIT
        if name in dev and name in known
    ]
    verdict = "Passed: what is scored comes from the code alone."
    return "\n".join(["## Leak audit", "", verdict, "", *_table(["", "dev", "what"], rows), ""])


def _controls(facts: CardFacts) -> str:
    if not facts.controls:
        return ""
    names = [*_SCORES, *_CODE]
    shown = {"this model": facts.metrics["dev"], **facts.controls}
    rows = [
        [who, *(formats.value(name, figures.get(name)) for name in names)]
        for who, figures in shown.items()
    ]
    words = "On dev: the base, what only counts, and the best trial of each control in the search."
    return "\n".join(["## Controls", "", words, "", *_table(["", *names], rows), ""])


def _settings(facts: CardFacts) -> str:
    rows = [[name, f"{value}"] for name, value in facts.settings.items()]
    return "\n".join(["## Settings", "", *_table(["setting", "value"], rows), ""])


def _again(facts: CardFacts) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    if facts.command is None:
        return f"## Versions\n\n{versions}. The model was trained elsewhere and imported.\n"
    return (
        f"## Make it again\n\nIn this folder, with {versions}:\n\n"
        f"```sh\n{facts.command}\n```\n\n"
        "On a machine of the same type the weights are the same to the last digit.\n"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
