"""What one GPU is worth to recsae, as JSON lines on standard output, in ten minutes at most.

Each section is tried by itself: one that fails says so, and the rest goes on. Where there is no GPU
that torch can use, that is said, and nothing is measured.

    python benchmarks/gpu.py [--small] [SECTION ...]
"""

import itertools
import multiprocessing as mp
import os
import platform
import sys
import time
import traceback
from functools import partial
from typing import Any

import torch
from gpu_data import (
    SHAPES,
    VARIANTS,
    activations,
    nothing_seen,
    random_ranking,
    rows_of,
    sequences,
    trainer,
)
from gpu_searches import searches
from gpu_timing import RUNS, SMALL, STEPS, launches, say, seconds, waits

from recsae.metrics.ranking import ranks
from recsae.recommenders.sasrec.architecture import SASRecArchitecture
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.recommenders.training.cross_entropy import cross_entropy
from recsae.sae.registry import variant
from recsae.scoring import Evaluator

GIB = 2**30
PROTOCOL = (
    "medians of 5 after one to warm up; `cpu` is the same machine with the threads named; "
    "ms are of a training step; `times` is the CPU's time divided by the GPU's"
)


def device() -> None:
    """The card, what a process takes of it before its first tensor, and what TF32 would save."""
    free, total = torch.cuda.mem_get_info()
    say(
        "device",
        name=torch.cuda.get_device_name(),
        total_gib=total / GIB,
        context_gib=(total - free - torch.cuda.memory_reserved()) / GIB,
        cpu=platform.processor() or platform.machine(),
        cores=os.cpu_count(),
        torch=torch.__version__,
        cuda=torch.version.cuda,
        python=platform.python_version(),
        protocol=PROTOCOL,
    )
    states_RD, table_ID, *_ = random_ranking(*((64, 64) if SMALL else (4096, 16_384)))
    states_RD, table_ID = states_RD.cuda(), table_ID.cuda()
    exact_RI = states_RD.double() @ table_ID.double().T
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    for precision in ("ieee", "tf32"):
        matmul.fp32_precision = precision
        ms = 1e3 * seconds(lambda: states_RD @ table_ID.T)
        off = float(((states_RD @ table_ID.T).double() - exact_RI).norm() / exact_RI.norm())
        say("float32 product", precision=precision, default=before == precision, ms=ms, error=off)
    matmul.fp32_precision = before


def equality() -> None:
    """Whether a GPU trains as a CPU does, the same again, and the same after a pause."""
    x_ND = rows_of(2048)
    for name, given in VARIANTS:
        own = given | ({"sae_attn_dropout": 0.0} if "Attention" in name else {})
        own |= {"sae_contrastive_view": "base"} if "Contrastive" in name else {}
        runs = [trainer(name, own, x_ND, d, (8, 8, 256)) for d in ("cpu", "cuda", "cuda", "cuda")]
        *first, resumed = [[run.epoch()["loss"] for _ in range(2)] for run in runs[:3]], runs[3]
        (cpu, cuda, again), state = first[0], trainer(name, own, x_ND, "cuda", (8, 8, 256))
        state.epoch()
        resumed.load_state_dict(state.state_dict())
        say(
            "equality",
            model=name,
            **given,
            cpu=cpu,
            gpu=cuda,
            largest_difference=max(abs(a - b) for a, b in zip(cpu, cuda, strict=True)),
            again_the_same_bits=cuda == again,
            resumed_the_same_bits=resumed.epoch()["loss"] == cuda[1],
        )


def steps() -> None:
    """A training step of each variant and shape: time, kernels, waits, against one CPU thread."""
    torch.set_num_threads(1)
    for shape, (name, given) in itertools.product(SHAPES[: 1 if SMALL else None], VARIANTS):
        x_ND = rows_of(shape[2] * STEPS)
        fewer = max(4, STEPS * 256 // shape[2])
        rows = {"cpu": x_ND[: fewer * shape[2]], "cuda": x_ND}
        runs = {d: trainer(name, given, x, d, shape, epochs=1000) for d, x in rows.items()}
        scale, k, batch = shape
        ms = {"cuda": 1e3 * seconds(runs["cuda"].epoch) / STEPS}
        ms["cpu"] = 1e3 * seconds(runs["cpu"].epoch, 2) / fewer
        lines = waits(runs["cuda"].epoch)
        say(
            "step",
            model=name,
            **given,
            scale=scale,
            k=k,
            batch=batch,
            gpu_ms=ms["cuda"],
            cpu_1_thread_ms=ms["cpu"],
            times=ms["cpu"] / ms["cuda"],
            **launches(runs["cuda"].epoch),
            waits=sum(lines.values()) / STEPS,
            waits_at={line: n / STEPS for line, n in lines.most_common(4)},
        )


def processes() -> None:
    """Steps a second of P processes together on the GPU: what `gpus: auto` gains by packing."""
    context = mp.get_context("spawn")
    alone = 0.0
    for count in (1, 2) if SMALL else (1, 4, 16):
        barrier, rates = context.Barrier(count), context.SimpleQueue()
        workers = [
            context.Process(target=_train_for_a_while, args=(barrier, rates)) for _ in range(count)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
        rate = sum(rates.get() for worker in workers if not worker.exitcode)
        alone = alone or rate
        say("processes", count=count, steps_a_second=rate, times_one=rate / alone)


def _train_for_a_while(barrier: Any, rates: Any, lasting: float = 0.5 if SMALL else 4.0) -> None:
    torch.set_num_threads(1)
    run = trainer("SASRec_SAE", {}, rows_of(256 * STEPS), "cuda", (32, 16, 256), epochs=1000)
    run.epoch()
    barrier.wait(100)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < lasting:
        run.epoch()
        done += STEPS
    rates.put(done / (time.perf_counter() - start))


def base() -> None:
    """A step of SASRec, and two epochs of its training with the scoring after each."""
    torch.set_num_threads(os.cpu_count() or 1)
    _base_steps()
    _base_epochs()


def _base_steps() -> None:
    for items, batch in ((1682, 32),) if SMALL else ((1682, 32), (26_744, 32), (26_744, 256)):
        ms, waiting = {}, 0
        for where in ("cpu", "cuda"):
            model = SASRec(SASRecSettings(), items).to(where).train()
            adam = torch.optim.AdamW(model.parameters(), fused=True)
            items_BL = torch.randint(0, items, (batch, 50)).to(where)
            lengths_B = torch.full((batch,), 50).to(where)
            step = partial(_base_step, model, adam, items_BL, lengths_B)
            ms[where] = 1e3 * seconds(step)
            waiting = sum(waits(step).values())
        say(
            "base step",
            items=items,
            windows=batch,
            gpu_ms=ms["cuda"],
            cpu_ms=ms["cpu"],
            threads=torch.get_num_threads(),
            times=ms["cpu"] / ms["cuda"],
            waits=waiting,
        )


def _base_epochs() -> None:
    log, settings = sequences(SMALL), SASRecSettings(epochs=2)
    found: dict[str, tuple[float, list[float]]] = {}
    for where in ("cpu", "cuda", "cuda"):
        start = time.perf_counter()
        curve = SASRecArchitecture().train(log, settings, torch.device(where)).curve
        again = found.get(where)
        found[where] = (time.perf_counter() - start, curve)
    say(
        "base, two epochs",
        data=log.name,
        gpu_s=found["cuda"][0],
        cpu_s=found["cpu"][0],
        threads=torch.get_num_threads(),
        times=found["cpu"][0] / found["cuda"][0],
        ndcg_gpu=found["cuda"][1],
        ndcg_cpu=found["cpu"][1],
        again_the_same=again is not None and again[1] == found["cuda"][1],
    )


def _base_step(
    model: SASRec, adam: torch.optim.Optimizer, items_BL: torch.Tensor, lengths_B: torch.Tensor
) -> None:
    hidden_TD = model.hidden(items_BL, lengths_B).flatten(0, 1)
    adam.zero_grad()
    loss = cross_entropy(hidden_TD, model.item_table(), items_BL.flatten())
    torch.autograd.backward(loss)
    adam.step()


def evaluation() -> None:
    """Ranks alone, and all measures of an autoencoder on the dev split."""
    torch.set_num_threads(os.cpu_count() or 1)
    _rankings()
    _measures()


def _rankings() -> None:
    for users, items in ((943, 1682),) if SMALL else ((943, 1682), (6040, 3706), (20_000, 50_000)):
        given = random_ranking(users, items)
        there = [part.cuda() for part in given]
        cpu, gpu = (
            partial(ranks, states_RD, table_ID, target_R, nothing_seen(users))
            for states_RD, table_ID, target_R in (given, there)
        )
        times = {"cpu": seconds(cpu, 1 if items > 9999 else RUNS), "cuda": seconds(gpu)}
        unlike = cpu() != gpu()
        say(
            "ranks",
            users=users,
            items=items,
            gpu_ms=1e3 * times["cuda"],
            cpu_ms=1e3 * times["cpu"],
            threads=torch.get_num_threads(),
            times=times["cpu"] / times["cuda"],
            unlike=float(unlike.double().mean()),
        )


def _measures() -> None:
    stored = activations(SMALL)
    kind = variant("SASRec_SAE")
    x_ND = stored.tensor("train_x")
    run = trainer("SASRec_SAE", {}, x_ND, "cpu", (8, 8, 256))
    run.epoch()
    for deep in (False, True):
        ms = {}
        for where in ("cpu", "cuda"):
            evaluator = Evaluator(stored, "dev", device=where)
            ms[where] = 1e3 * seconds(partial(evaluator.measure, run.model.to(where), deep))
        say(
            "measures",
            model=kind.name,
            deep=deep,
            users=len(stored.dev_x),
            gpu_ms=ms["cuda"],
            cpu_ms=ms["cpu"],
            threads=torch.get_num_threads(),
            times=ms["cpu"] / ms["cuda"],
        )


def search() -> None:
    """Whole searches with the GPU and without it, by the command line."""
    for found in searches(SMALL):
        say("search", **found)


SECTIONS = (device, equality, steps, base, evaluation, processes, search)


def main() -> None:
    """Measure the sections named, by default all."""
    if not torch.cuda.is_available():
        print("no GPU that torch can use here: nothing is measured")
        return
    named = [word for word in sys.argv[1:] if not word.startswith("-")]
    for section in SECTIONS:
        if named and section.__name__ not in named:
            continue
        start = time.perf_counter()
        try:
            section()
        except Exception:
            say("failed", section=section.__name__, error=traceback.format_exc()[-1500:])
        say("took", section=section.__name__, seconds=time.perf_counter() - start)


if __name__ == "__main__":
    main()
