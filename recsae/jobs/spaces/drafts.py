"""`space init` and `space schema`: a new space file with comments, and what checks it in an editor.

The ranges of a draft are those of the shipped spaces.
"""

import json
import textwrap
from pathlib import Path
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.files import write_whole
from recsae.sae.registry import variant
from recsae.settings import expected, fields
from recsae.space import SEED, Parameter, SearchSpace, load_space, shipped_spaces
from recsae.space.file_format.schema import schema_text, write_schema
from recsae.space.shipped import SCHEMA_NAME, shipped_folder

SHARED: Final = "sasrec_sae.yaml"
"""The shipped space whose ranges a model gets that has no space of its own."""
TRIALS: Final = 16
_WIDE: Final = 98


def schema(out: Path | None) -> dict[str, Any]:
    """Return where the schema lies, written to `out` if that is given, and its text."""
    if out is None:
        path = shipped_folder() / SCHEMA_NAME
    elif out.is_dir():
        path = write_schema(out)
    else:
        path = out
        _write(out, schema_text())
    return {"path": str(path.resolve()), "text": schema_text()}


def init(model_name: str, out: Path | None) -> dict[str, Any]:
    """Return a commented space of a model, written to `out` if that is given.

    Raises SettingError for an unknown model, RecsaeError where there is such a file already.
    """
    variant(model_name)
    path = shipped_folder() / SCHEMA_NAME
    text = _text(model_name, path.resolve())
    if out is not None:
        _write(out, text)
    return {"path": None if out is None else str(out), "model_name": model_name, "text": text}


def _write(path: Path, text: str) -> None:
    if path.exists():
        raise RecsaeError(f"{path}: exists already; give another name with -o")
    if not path.parent.is_dir():
        raise RecsaeError(f"{path.parent}: no such folder")
    write_whole(path, text)


def _text(model_name: str, schema_path: Path) -> str:
    kind = variant(model_name)
    searched = {p.name: p for p in _ranges(model_name) if p.name in fields(kind.Settings)}
    lines = [
        f"# yaml-language-server: $schema={schema_path}",
        f"# A search over {model_name}. `recsae space check FILE` tells what is wrong with it,",
        "# `recsae space show FILE` what it draws, and `recsae tune FILE` searches it.",
        f"model_name: {model_name}",
        "dataset: synthetic  # made up, runs anywhere; a named set, a file or a folder",
        "",
        "parameters:",
        "  # {int: [low, high]}, {float: [low, high]}, {choice: [a, b]}, or a bare value: fixed.",
    ]
    for parameter in searched.values():
        lines += [*_about(kind.Settings, parameter.name), f"  {_written(parameter)}"]
    lines += ["  # The other settings, at their defaults:"]
    for name, field in fields(kind.Settings).items():
        if name not in searched and name != SEED:
            lines += _about(kind.Settings, name)
            lines += [f"  # {name}: {json.dumps(field.default)}"]
    lines += [
        "",
        "objectives: {ndcg@10: max}  # several give a Pareto set: {ndcg@10: max, l0: min}",
        '# constraints: {dead: "<= 0.5"}  # what the answer must meet on dev',
        f"search: {{sampler: tpe, trials: {TRIALS}, seed: 0}}",
        "scheduler: {name: asha, grace_epochs: 1, reduction_factor: 3}",
        "resources: {cpus: 1, gpus: auto}",
    ]
    return "\n".join(lines) + "\n"


def _ranges(model_name: str) -> tuple[Parameter, ...]:
    """Return the parameters of the shipped space of a model alone, else those of all models."""
    spaces = {name: load_space(name) for name in shipped_spaces()}
    own = [space for space in spaces.values() if _is_of(space, model_name)]
    return (own or [spaces[SHARED]])[0].parameters


def _is_of(space: SearchSpace, model_name: str) -> bool:
    return space.models == (model_name,) and len(space.objectives) == 1


def _about(kind: Any, name: str) -> list[str]:
    """Return what a setting means and takes, as lines of comment."""
    text = f"{' '.join(str(fields(kind)[name].description).split())} [{expected(kind, name)}]"
    return [f"  # {line}" for line in textwrap.wrap(text, _WIDE - 4)]


def _written(parameter: Parameter) -> str:
    """Return a parameter as a line of YAML, which JSON is but for the quotes."""
    form = parameter.written()
    if not isinstance(form, dict):
        return f"{parameter.name}: {json.dumps(form)}"
    parts = [f"{key}: {json.dumps(part)}" for key, part in form.items() if part is not False]
    return f"{parameter.name}: {{{', '.join(parts)}}}"
