"""The memory that a trial requires of a GPU: the largest settings of a space, tried on one."""

import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from ray.exceptions import RayError

from recsae.progress import say
from recsae.search.engine.reports import one_line
from recsae.search.ray import cluster
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.reservations import run_with
from recsae.search.ray.resources import Allocation, Requirement
from recsae.search.ray.trainable import Work, factory
from recsae.space import SearchSpace
from recsae.space.parameters import MODEL, RATE, Parameter

STEPS: Final = 20
"""Of training, with a deep scoring after them: what takes most memory has come by then."""
PURPOSE: Final = "to measure what a trial needs (gpus: auto)"
NVIDIA_SMI: Final = (
    "nvidia-smi",
    "--query-gpu=memory.total",
    "--format=csv,noheader,nounits",
)
MIB, GIB = 2**20, 2**30
ONE_MORE: Final = "import torch; print(*torch.cuda.mem_get_info())"
WHOLE = Requirement(1, 1)
"""A trial that fills a GPU."""


def largest(space: SearchSpace) -> list[tuple[str, dict[str, Any]]]:
    """Return for each model of a space its name and its largest settings."""
    drawn = [(model, space.suggest(partial(_largest, model))) for model in space.models]
    return [(model, space.settings_for(params).values()) for model, params in drawn]


def _largest(model: str, parameter: Parameter) -> Any:
    """Return the value that takes most memory, and that leaves no term of the loss off.

    Of numbers the largest, but of a rate's range the lower end; of other choices the first.
    """
    if parameter.name == MODEL:
        return model
    values = parameter.corners()
    if parameter.name == RATE and parameter.kind == "float":
        return values[0]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return max(numbers) if len(numbers) == len(values) else values[0]


def measured_requirement(
    space: SearchSpace, work: Work, interrupt: Interrupt, allocation: Allocation
) -> Requirement | None:
    """Train the largest settings for some steps on a GPU of the cluster; return what they took.

    None: torch there cannot use it (a build for CPUs, an old driver), which is said. A measurement
    that fails is said too; a trial then needs a whole GPU. Raises InterruptError after a Ctrl-C.
    """
    values = asdict(replace(work, device="cuda"))
    try:
        found = run_with(allocation, interrupt, PURPOSE, _measure, largest(space), values)
    except RayError as error:
        reason = one_line(getattr(error, "cause", None) or error)
        say(f"gpus: auto: measuring what a trial needs failed ({reason}): each takes a whole GPU")
        return WHOLE
    if isinstance(found, str):
        say(f"gpus: auto: {found} cannot use its GPU, so trials run on CPUs")
        return None
    used, total, notes = found
    for note in notes:
        say(f"gpus: auto: {note}")
    return Requirement(used, _of_the_smallest(total))


def _of_the_smallest(total: int) -> int:
    """Return the bytes of the smallest GPU of the cluster, at most those of the measured one.

    An allocation is the same part of any GPU: one that fits the smallest fits them all.
    """
    answers = cluster.run_on_each_node(_memories, gpus_alone=True)
    sizes = [size for _, found in answers if isinstance(found, list) for size in found]
    least, most = min(sizes, default=total), max(sizes, default=total)
    if least < most:
        sizes_text = f"GPUs have {least / GIB:.0f} to {most / GIB:.0f} GiB"
        say(f"gpus: auto: {sizes_text}: a trial's share is such that the smallest has room for it")
    return min(total, least)


def _memories() -> list[int]:
    """Return the bytes of each GPU of this node, as its driver tells; none if it tells nothing."""
    try:
        done = subprocess.run(NVIDIA_SMI, capture_output=True, text=True, timeout=30, check=True)
        return [int(line) * MIB for line in done.stdout.split()]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def _measure(cases: list[tuple[str, dict[str, Any]]], work_values: dict[str, Any]) -> Any:
    """Run in a process of its own, so that the memory of the context is measured too.

    Returns what torch cannot use the GPU, in words, or what `measure` returns.
    """
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} on {socket.gethostname()}"
    others, notes = others_hold(torch.cuda, _beside_one_more)
    work = Work(**work_values)
    make = factory(work.factory)

    def step(model: str, settings: dict[str, Any]) -> None:
        make(model, settings, work).try_out(STEPS)

    used, total, failures = measure(cases, step, torch.cuda, others)
    return used, total, [*notes, *failures]


def others_hold(cuda: Any, beside_one_more: Callable[[], int]) -> tuple[int, list[str]]:
    """Return the bytes of the device that other processes hold, and what there is to say of it.

    What is taken before anything is trained is theirs and a context, ours. By how much it grows
    with one more context tells how large that is; `beside_one_more` returns what is taken then.
    """
    free, total = cuda.mem_get_info()
    try:
        grown = beside_one_more()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        unknown = f"cannot tell what other processes hold of the GPU ({one_line(error)})"
        return 0, [f"{unknown}: each trial counts as if it held that too"]
    return max(0, 2 * (total - free) - grown), []


def _beside_one_more() -> int:
    command = [sys.executable, "-c", ONE_MORE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    free, total = map(int, done.stdout.split())
    return total - free


def measure(
    cases: Sequence[tuple[str, dict[str, Any]]],
    step: Callable[[str, dict[str, Any]], Any],
    cuda: Any,
    others: int = 0,
) -> tuple[int, int, list[str]]:
    """Return the most bytes taken of the device over all cases, those it has, and failures.

    Both are without what others hold; a context is included. cuda: `torch.cuda`. A case that does
    not fit takes all that there is; one that fails otherwise counts with what it took.
    """
    failures: list[str] = []
    for model, settings in cases:
        try:
            step(model, settings)
        # Larger cases cannot take more than all: no need to try them.
        except cuda.OutOfMemoryError:
            _, total = cuda.mem_get_info()
            return total - others, total - others, failures
        except Exception as error:
            failed = f"the largest settings of {model} failed ({one_line(error)})"
            failures.append(f"{failed}: they count with what they took until then")
    free, total = cuda.mem_get_info()
    # All that torch itself has reserved is in the peak below.
    context = total - free - cuda.memory_reserved() - others
    return max(0, context) + cuda.max_memory_reserved(), total - others, failures
