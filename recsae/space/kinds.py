"""The samplers and schedulers that a space may name: found by folder, for they stand above a space.

What a space must know of one it asks of the registry, which reads it from the text of the class.
"""

from typing import Any, Final

from recsae.registry import Registry

SAMPLERS: Final[Registry[Any]] = Registry(
    "recsae.search.samplers.base:Sampler",
    # The experimental sampler of the second folder may be taken out with it.
    folder=("recsae.search.samplers", "recsae.search.curve_gp"),
    group="recsae.samplers",
    key="sampler",
)
SCHEDULERS: Final[Registry[Any]] = Registry(
    "recsae.search.schedulers.base:Scheduler",
    folder="recsae.search.schedulers",
    group="recsae.schedulers",
    key="scheduler",
)
AUTO: Final = "auto"
"""The scheduler that goes with the sampler and the number of objectives."""


def samplers() -> dict[str, str]:
    """Return each sampler's name, with what it does and what it needs in a line."""
    words = {
        "one_objective": "Takes one objective.",
        "finite": "Takes no ranges of numbers.",
        "decides": "Takes no scheduler.",
        "learns_from_others": "Learns from earlier searches.",
    }
    return {
        name: " ".join([text, *(words[trait] for trait in words if SAMPLERS.says(name, trait))])
        for name, text in SAMPLERS.descriptions().items()
    }


def schedulers() -> dict[str, str]:
    """Return each scheduler's name, auto first, with what it does and the keys that it uses."""
    found = {
        AUTO: "asha with one objective, median with several, none if the sampler stops trials."
    }
    for name, text in SCHEDULERS.descriptions().items():
        keys = ", ".join(SCHEDULERS.about(name).values.get("uses", ()))
        few = " With several objectives few trials complete." * SCHEDULERS.says(name, "halving")
        found[name] = f"{text}{few}" + f" Uses {keys}." * bool(keys)
    return found
