"""Each mistake in the parameters of a space file is one line, whatever the parameter is."""

from pathlib import Path

import pytest
from space.mistakes.space_mistakes import mistake


def parameter(line: str, more: str = "") -> str:
    """Return a space of all models with one parameter on line 3 and others after it."""
    return (
        "model_name: [SASRec_SAE, SASRec_SAE_Attention, SASRec_SAE_Contrastive]\nparameters:\n"
        f"  {line}\n{more}"
    )


MISTAKES = {
    "misspelt parameter": (
        parameter("sae_kk: 3"),
        "mine.yaml:3: sae_kk: no such setting (did you mean 'sae_k'?)",
    ),
    "parameter of another model": (
        "model_name: SASRec_SAE\nparameters: {sae_attn_heads: 2}",
        "mine.yaml:2: sae_attn_heads: not a setting of SASRec_SAE; SASRec_SAE_Attention has it",
    ),
    "parameter of the base": (
        parameter("emb_size: {choice: [32, 64]}"),
        "mine.yaml:3: emb_size: a setting of the shared SASRec: it goes under base:",
    ),
    "only some models have it": (
        parameter("sae_attn_heads: 2"),
        "mine.yaml:3: sae_attn_heads: not a setting of SASRec_SAE, SASRec_SAE_Contrastive; "
        "expected when: {model_name: SASRec_SAE_Attention}",
    ),
    "a wider condition than the models that have it": (
        parameter(
            "sae_attn_heads: {value: 2, when: {model_name: [SASRec_SAE_Attention, SASRec_SAE]}}"
        ),
        "mine.yaml:3: sae_attn_heads: not a setting of SASRec_SAE; expected when",
    ),
    "wrong type": (
        parameter("sae_k: three"),
        "mine.yaml:3: sae_k: expected an integer >= 1, got 'three'",
    ),
    "out of bounds": (parameter("sae_k: 0"), "mine.yaml:3: sae_k: expected an integer >= 1, got 0"),
    "nothing": (parameter("sae_k:"), "mine.yaml:3: sae_k: expected an integer >= 1, got nothing"),
    "not a number": (parameter("sae_lr: .nan"), "mine.yaml:3: sae_lr: expected a finite number"),
    "infinite range": (
        parameter("sae_lr: {float: [1.0, .inf]}"),
        "mine.yaml:3: sae_lr.float: expected a finite number, got .inf",
    ),
    "a number too large": (
        parameter("sae_lr: {float: [1, 1" + 400 * "0" + "]}"),
        "mine.yaml:3: sae_lr.float: expected a number below 2^63, got 1000",
    ),
    "k above the latents among many choices": (
        parameter(
            f"sae_k: {{choice: {[*range(1, 129), 130, 129]}}}",
            "  sae_scale_size: {choice: [4, 2]}\n",
        ),
        "mine.yaml:3: sae_k: expected at most 128 (sae_scale_size x width), got 130",
    ),
    "a list for a value": (parameter("sae_k: [2, 16]"), "mine.yaml:3: sae_k: expected {int: [low,"),
    "an empty mapping": (parameter("sae_k: {}"), "mine.yaml:3: sae_k: expected {int: [low, high]}"),
    "only options": (parameter("sae_k: {log: true}"), "mine.yaml:3: sae_k: expected {int: [low,"),
    "misspelt form": (
        parameter("sae_k: {imt: [2, 16]}"),
        "mine.yaml:3: sae_k.imt: expected int, float, choice, value, log, step, scale, prior or"
        " when, got 'imt' (did you mean 'int'?)",
    ),
    "misspelt option": (
        parameter("sae_k: {int: [2, 16], lgo: true}"),
        "mine.yaml:3: sae_k.lgo: expected int, log, step, prior or when, got 'lgo'"
        " (did you mean 'log'?)",
    ),
    "option of another form": (
        parameter("sae_lr: {float: [0.1, 0.2], step: 1}"),
        "mine.yaml:3: sae_lr.step: expected float, log, scale, prior or when, got 'step'",
    ),
    "two forms": (
        parameter("sae_k:\n    int: [2, 16]\n    choice: [2]"),
        "mine.yaml:5: sae_k.choice: expected int, log, step, prior or when, got 'choice'",
    ),
    "range upside down": (
        parameter("sae_k: {int: [16, 2]}"),
        "mine.yaml:3: sae_k.int: expected [low, high] with low < high, got [16, 2]",
    ),
    "empty range": (parameter("sae_k: {int: [2, 2]}"), "with low < high, got [2, 2]"),
    "three ends": (
        parameter("sae_k: {int: [2, 4, 8]}"),
        "mine.yaml:3: sae_k.int: expected [low, high], two integers, got [2, 4, 8]",
    ),
    "a fraction in an int": (parameter("sae_k: {int: [2, 4.5]}"), "two integers, got [2, 4.5]"),
    "truth in an int": (parameter("sae_k: {int: [true, 4]}"), "two integers, got [True, 4]"),
    "a text in a float": (parameter("sae_lr: {float: [a, 4]}"), "of this file, got a"),
    "low end outside of the setting": (
        parameter("sae_k: {int: [0, 16]}"),
        "mine.yaml:3: sae_k.int: expected an integer >= 1, got 0",
    ),
    "high end outside of the setting": (
        parameter("sae_attn_dropout: {float: [0, 1], when: {model_name: SASRec_SAE_Attention}}"),
        "mine.yaml:3: sae_attn_dropout.float: expected a number >= 0 and < 1, got 1.0",
    ),
    "float for an integer": (
        parameter("sae_k: {float: [2, 16]}"),
        "mine.yaml:3: sae_k.float: expected integers: write {int: [low, high]}",
    ),
    "a float below its setting": (
        parameter("sae_lr: {float: [-1, 5]}"),
        "mine.yaml:3: sae_lr.float: expected a number > 0, got -1.0",
    ),
    "range of a text": (
        parameter("sae_positions: {int: [1, 2]}"),
        "mine.yaml:3: sae_positions.int: expected one of all, last, got 1",
    ),
    "log from zero": (
        parameter("sae_auxk: {float: [0, 1], log: true}"),
        "mine.yaml:3: sae_auxk.float: expected low > 0 because log is true, got 0.0",
    ),
    "log is no truth": (parameter("sae_k: {int: [2, 4], log: 2}"), "sae_k.log: expected true or"),
    "wrong scale": (
        parameter("sae_lr: {float: [0.1, 0.2], scale: latent}"),
        "mine.yaml:3: sae_lr.scale: expected latents, got 'latent' (did you mean 'latents'?)",
    ),
    "step of zero": (parameter("sae_k: {int: [2, 4], step: 0}"), "sae_k.step: expected an integer"),
    "step that misses the end": (
        parameter("sae_k: {int: [2, 9], step: 2}"),
        "mine.yaml:3: sae_k.step: expected a divisor of high - low (7), got 2",
    ),
    "step and log": (
        parameter("sae_k: {int: [2, 8], step: 2, log: true}"),
        "mine.yaml:3: sae_k.step: expected no step because log is true",
    ),
    "no choices": (parameter("sae_k: {choice: []}"), "sae_k.choice: expected a list of values"),
    "one choice without a list": (parameter("sae_k: {choice: 3}"), "expected a list of values"),
    "a wrong choice": (
        parameter("sae_positions:\n    choice:\n      - all\n      - lst"),
        "yaml:6: sae_positions.choice: expected one of all, last, got 'lst' (did you mean 'last",
    ),
    "a choice twice": (
        parameter("sae_k: {choice: [2, 3, 2]}"),
        "mine.yaml:3: sae_k.choice: expected each value once, got 2 twice",
    ),
    "a list as choice": (parameter("sae_k: {choice: [[2]]}"), "expected a text, a number, true or"),
    "unknown condition": (
        parameter("sae_auxk: {value: 1, when: {sae_kk: 2}}", "  sae_k: 2\n"),
        "mine.yaml:3: sae_auxk.when.sae_kk: expected model_name or a parameter of this file "
        "(did you mean 'sae_k'?)",
    ),
    "condition on a value that never is": (
        parameter("sae_auxk: {value: 1, when: {sae_k: 4}}", "  sae_k: {choice: [2, 3]}\n"),
        "mine.yaml:3: sae_auxk.when.sae_k: expected one of 2, 3, got 4",
    ),
    "condition outside of a range": (
        parameter("sae_auxk: {value: 1, when: {sae_k: 40}}", "  sae_k: {int: [2, 30]}\n"),
        "mine.yaml:3: sae_auxk.when.sae_k: expected a value of sae_k, got 40",
    ),
    "condition on a float": (
        parameter("sae_auxk: {value: 1, when: {sae_lr: 1}}", "  sae_lr: {float: [0.1, 1.0]}\n"),
        "mine.yaml:3: sae_auxk.when.sae_lr: expected an int, choice or fixed parameter",
    ),
    "condition on a misspelt model": (
        parameter("sae_auxk: {value: 1, when: {model_name: SASRec_SEA}}"),
        "(did you mean 'SASRec_SAE'?)",
    ),
    "empty condition": (
        parameter("sae_auxk: {value: 1, when: {}}"),
        "sae_auxk.when: expected {par",
    ),
    "condition on itself": (
        parameter("sae_k: {choice: [1, 2], when: {sae_k: 1}}"),
        "mine.yaml:3: sae_k.when: goes round in a circle: sae_k → sae_k",
    ),
    "circle of conditions": (
        parameter(
            "sae_k: {choice: [1, 2], when: {sae_batch_size: 8}}",
            "  sae_batch_size: {choice: [8, 9], when: {sae_k: 1}}\n",
        ),
        "goes round in a circle: ",
    ),
    "conditions that exclude each other": (
        parameter(
            "sae_k: {choice: [1, 2], when: {model_name: SASRec_SAE}}",
            "  sae_auxk: {value: 0.5, when: {sae_k: 1, model_name: SASRec_SAE_Attention}}\n",
        ),
        "mine.yaml:4: sae_auxk.when: no listed model can ever meet this condition",
    ),
    "k above the latents": (
        parameter("sae_k: {int: [2, 200]}", "  sae_scale_size: {choice: [2, 4]}\n"),
        "mine.yaml:3: sae_k: expected at most 128 (sae_scale_size x width), got 200",
    ),
    "k above the latents of a small base": (
        parameter("sae_k: 16", "base: {emb_size: 4, num_heads: 1}\n"),
        "mine.yaml:3: sae_k: expected at most 8 (sae_scale_size x width), got 16",
    ),
    "a default that cannot be": (
        parameter("sae_scale_size: 1", "base: {emb_size: 4, num_heads: 1}\n"),
        "mine.yaml:2: sae_k: expected at most 4 (sae_scale_size x width), got 5 (its default)",
    ),
    "heads that do not divide the width": (
        parameter("sae_attn_heads: {choice: [1, 3], when: {model_name: SASRec_SAE_Attention}}"),
        "mine.yaml:3: sae_attn_heads: expected a divisor of the width 64, got 3",
    ),
    "heads between the ends of a range": (
        parameter("sae_attn_heads: {int: [1, 4], when: {model_name: SASRec_SAE_Attention}}"),
        "mine.yaml:3: sae_attn_heads: expected a divisor of the width 64, got 3",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_line(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    assert expected in mistake(tmp_path, text)
