"""What a file's name says of its settings is taken, and held against flags and tensors."""

from pathlib import Path

import pytest
import torch
from commands import Recsae
from jobs.import_models.refusals import GOOD, ITEMS, WIDTH, entries
from rechorus_world import attention_state, sae_state, write_folder

from recsae.jobs.import_models import import_file
from recsae.jobs.import_names import Wanted, settings_in

SASREC = "SASRec__data__0__lr=0.001__l2=1e-06__emb_size=8__num_layers=2__num_heads=2"
SAE = f"{SASREC.replace('SASRec', 'SASRec_SAE')}__sae_lr=5e-05__sae_k=4__sae_scale_size=3"
ATTENTION = f"{SAE}__sae_attn_heads=2__sae_attn_dropout=0.1"
BOTH = {**GOOD, **sae_state(WIDTH, 3 * WIDTH)}
STATES: dict[str, dict[str, torch.Tensor]] = {
    "base": GOOD,
    "both": BOTH,
    "attention": {**BOTH, **attention_state(WIDTH)},
    "alone": sae_state(WIDTH, 3 * WIDTH),
}


def put(kind: str, name: str, tmp_path: Path) -> Path:
    file = tmp_path / f"{name}.pt"
    torch.save(STATES[kind], file)
    return file


def test_the_settings_that_a_name_says() -> None:
    sizes = {"emb_size": 8, "num_layers": 2, "num_heads": 2}
    assert settings_in(f"{SASREC}.pt") == sizes
    sae = {**sizes, "sae_k": 4, "sae_scale_size": 3}
    assert settings_in(f"{SAE}__batch_size=256.pt") == sae
    assert settings_in(f"{ATTENTION}__batch_size=256.pt") == {**sae, "sae_attn_heads": 2}
    assert settings_in("num_heads=16.pt") == {"num_heads": 16}
    for name in ("model.pt", "my_num_heads=2.pt", "SASRec__num_heads=two.pt", "a__sae_k=0.5.pt"):
        assert settings_in(name) == {}, name


@pytest.mark.parametrize(
    ("kind", "name", "taken"),
    [
        ("base", SASREC, {"num_heads": 2}),
        ("both", SAE, {"num_heads": 2, "sae_k": 4}),
        ("attention", ATTENTION, {"num_heads": 2, "sae_k": 4, "sae_attn_heads": 2}),
    ],
)
def test_what_no_flag_says_is_taken_from_the_name(
    kind: str,
    name: str,
    taken: dict[str, int],
    data: Path,
    tmp_path: Path,
    own_cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, where = put(kind, name, tmp_path), {"dataset": str(data)}
    found = import_file(str(file), Wanted("mine"), where, device=None)
    assert found["from_name"] == taken and found["imported"]
    words = ", ".join(f"{key}={value}" for key, value in taken.items())
    assert f"{file.name}: {words}, as its name says\n" in capsys.readouterr().err
    flags = Wanted("mine", **taken)  # type: ignore[arg-type]
    plain = put(kind, "model", tmp_path)
    again = import_file(str(plain), flags, where, device=None)
    assert not again["imported"] and again["from_name"] == {}
    assert again["path"] == found["path"] and again["metrics"] == found["metrics"]
    assert "as its name says" not in capsys.readouterr().err


OTHER_NAMES = {
    "other heads": (
        "base",
        SASREC,
        ["--num_heads", "4"],
        "--num_heads: the file's name says num_heads=2, got 4",
    ),
    "other k": ("both", SAE, ["--sae_k", "5"], "--sae_k: the file's name says sae_k=4, got 5"),
    "other heads of the attention": (
        "attention",
        ATTENTION,
        ["--sae_attn_heads", "4"],
        "--sae_attn_heads: the file's name says sae_attn_heads=2, got 4",
    ),
    "heads that do not divide": ("base", "a__num_heads=3", [], "its name says num_heads=3, but"),
    "another width": ("base", "a__emb_size=64", [], "emb_size=64, but its tensors show 8"),
    "other layers": ("base", "a__num_layers=1", [], "num_layers=1, but its tensors show 2"),
    "another scale": ("both", "a__sae_scale_size=16", [], "=16, but its tensors show 3"),
    "k above the latents": ("both", "a__sae_k=25", [], "sae_k=25, but it has 24 latents"),
    "k of no autoencoder": ("base", SAE, [], "sae_k=4, but it holds no autoencoder"),
    "heads of no attention": ("both", ATTENTION, [], "sae_attn_heads=2, but it holds no attention"),
}


@pytest.mark.parametrize("case", OTHER_NAMES)
def test_a_name_that_flags_or_tensors_contradict(
    case: str, run: Recsae, data: Path, tmp_path: Path
) -> None:
    kind, name, flags, line = OTHER_NAMES[case]
    file = put(kind, name, tmp_path)
    assert line in run("import", file, "--dataset", data, "--name", "mine", *flags).mistake
    assert not entries(tmp_path)


def test_an_autoencoder_alone_is_held_against_its_base(
    run: Recsae, data: Path, tmp_path: Path
) -> None:
    base = put("base", "base", tmp_path)
    words = ["--name", "mine", "--dataset", data, "--num_heads", 4]
    assert run("import", base, *words).code == 0
    before = entries(tmp_path)
    alone = ["--name", "theirs", "--base", "mine"]
    line = run("import", put("alone", SAE, tmp_path), *alone).mistake
    assert "its name says num_heads=2, but the base" in line and "has 4" in line
    assert entries(tmp_path) == before
    done = run("import", put("alone", SAE.replace("heads=2", "heads=4"), tmp_path), *alone)
    assert done.code == 0 and "sae_k=4, as its name says" in done.err


def exact() -> dict[str, torch.Tensor]:
    """Return an autoencoder that gives back what it is given: x = relu(x) - relu(-x)."""
    both = torch.cat([torch.eye(WIDTH), -torch.eye(WIDTH)])
    zeros = {"encoder.bias": torch.zeros(2 * WIDTH), "b_dec": torch.zeros(WIDTH)}
    parts = {"encoder.weight": both, "W_dec": both, **zeros}
    return {f"sae_module.{name}": tensor for name, tensor in parts.items()}


@pytest.mark.parametrize("sound", [True, False])
def test_an_import_that_means_nothing_says_so(
    sound: bool,
    data: Path,
    tmp_path: Path,
    own_cache: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    torch.save({**GOOD, **(exact() if sound else sae_state(WIDTH, 24))}, tmp_path / "model.pt")
    wanted = Wanted("mine", num_heads=2, sae_k=WIDTH if sound else 4)
    found = import_file(str(tmp_path / "model.pt"), wanted, {"dataset": str(data)}, device=None)
    err = capsys.readouterr().err
    fvu = found["metrics"]["dev"]["fvu"]
    assert found["imported"] and (fvu < 1e-6 if sound else fvu > 1)
    if sound:
        assert found["warnings"] == [] and "fvu" not in err
    else:
        (warning,) = found["warnings"]
        assert f"fvu {fvu:.3g} on dev and " in warning and warning in err
        assert "not trained on these states, or another k" in warning


@pytest.mark.parametrize("missing", [[1], [12], [ITEMS], [3, 4, 9], [*range(5, 15)]])
def test_items_of_the_table_without_an_event(
    missing: list[int], run: Recsae, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "data", ITEMS)
    gone = {str(item) for item in missing}
    for file in folder.iterdir():
        head, *lines = file.read_text().splitlines()
        kept = [line for line in lines if line.split("\t")[1] not in gone]
        file.write_text("\n".join([head, *kept]) + "\n")
    file = put("base", "model", tmp_path)
    words = ["--dataset", folder, "--name", "mine", "--num_heads", 2]
    err = run("import", file, *words).mistake
    assert err.startswith(f"recsae: {file}: i_emb"), err
    assert not entries(tmp_path)
    if missing == [ITEMS]:
        assert "expected 24 rows for data (ids from 1 to 23), found 25" in err
    else:
        message = ", ".join(map(str, missing[:5])) + (" and 5 more" if len(missing) > 5 else "")
        assert f"expected an event of each id from 1 to 24 in data, found none of {message};" in err
