"""Generated logs with known concepts: users follow a few of them, and what they follow drifts.

An item belongs to one concept, some to two. Each concept is a ring of its items: while a user stays
with a concept, the next item is one of the next few on the ring, so the order can be learnt. Now
and then a user turns to another of their concepts, of the early ones at first, of the late ones
more and more. Concepts may belong to families, and come in pairs; both makes them harder to tell
apart. U users, I items, C concepts, R places on a concept's ring, T the longest sequence, E events.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsae.interactions.attributes import ItemAttributes, long
from recsae.interactions.filters import finish
from recsae.interactions.frame import Interactions
from recsae.interactions.log import Coded, Log
from recsae.interactions.settings import DataSettings, SyntheticSettings

_TWO_CONCEPTS = 0.25  # share of items that belong to a second concept
_OWN_CONCEPTS = 2  # early concepts of a user, and as many late ones
_STEPS = (0.7, 0.2, 0.1)  # chance of the next item on the ring, the one after it, and so on
_DAY, _YEAR = 86_400.0, 365 * 86_400.0


class Rings(NamedTuple):
    """The concepts: their items in order, and how many there are of each."""

    items_CR: NDArray[np.int32]
    sizes_C: NDArray[np.int64]
    member_IC: NDArray[np.bool_]


class Followed(NamedTuple):
    """What made the events, user after user, each user's in order of time."""

    item_E: NDArray[np.int32]
    names: tuple[str, ...]
    """Of the concepts and, if there are any, of their families."""
    has_EC: NDArray[np.bool_]
    """Which of them the user followed at an event, whether or not its item belongs to it."""


def synthetic(**values: Any) -> Interactions:
    """Generate interactions; the arguments are the names in SyntheticSettings (users, seed …)."""
    settings = SyntheticSettings.of(values)
    return finish("synthetic", synthetic_log(settings), DataSettings())


def synthetic_log(settings: SyntheticSettings) -> Log:
    """Draw a log in order of time; its items have the attribute concept"""
    random, rings, lengths_U = _begun(settings)
    items_UT, _ = _walk(settings, rings, int(lengths_U.max()), random)
    days = random.exponential(_DAY, items_UT.shape).astype(np.int64) + 1  # no two at one moment
    start = random.integers(0, int(_YEAR), (settings.users, 1))
    time_UT = start + np.cumsum(days, axis=1)
    there_UT = np.arange(items_UT.shape[1]) < lengths_U[:, None]
    user, time, item = there_UT.nonzero()[0], time_UT[there_UT], items_UT[there_UT]
    order = np.lexsort((user, time))
    return Log(
        user=Coded(user[order].astype(np.int32), np.arange(settings.users)),
        item=Coded(item[order], np.arange(settings.items)),
        time=time[order],
        attributes=_attributes(rings, settings.hierarchy),
    )


def concepts_followed(settings: SyntheticSettings) -> Followed:
    """Return the concept behind each event of the log that `synthetic_log` draws."""
    random, rings, lengths_U = _begun(settings)
    items_UT, concept_UT = _walk(settings, rings, int(lengths_U.max()), random)
    there_UT = np.arange(items_UT.shape[1]) < lengths_U[:, None]
    concept_E = concept_UT[there_UT]
    names = [f"concept={number}" for number in range(settings.concepts)]
    has_EC = concept_E[:, None] == np.arange(settings.concepts)
    if settings.hierarchy:
        names += [f"family={number}" for number in range(settings.hierarchy)]
        families_EF = (concept_E % settings.hierarchy)[:, None] == np.arange(settings.hierarchy)
        has_EC = np.concatenate([has_EC, families_EF], axis=1)
    return Followed(items_UT[there_UT], tuple(names), has_EC)


def _begun(
    settings: SyntheticSettings,
) -> tuple[np.random.Generator, Rings, NDArray[np.int64]]:
    """Return the generator, and the rings and the users' numbers of events as it drew them."""
    random = np.random.default_rng(settings.seed)
    rings = _rings(settings, random)
    return random, rings, np.maximum(random.poisson(settings.length, settings.users), 3)


def _rings(settings: SyntheticSettings, random: np.random.Generator) -> Rings:
    items, concepts = settings.items, settings.concepts
    member_IC = np.zeros((items, concepts), bool)
    member_IC[np.arange(items), random.permutation(items) % concepts] = True  # none is empty
    second = random.random(items) < _TWO_CONCEPTS
    member_IC[second, random.integers(0, concepts, int(second.sum()))] = True
    # 2.0 sorts what is no member behind all members.
    order_CI = np.where(member_IC, random.random(member_IC.shape), 2.0).T.argsort(axis=1)
    sizes_C = member_IC.sum(axis=0)
    return Rings(order_CI[:, : sizes_C.max()].astype(np.int32), sizes_C, member_IC)


def _walk(
    settings: SyntheticSettings, rings: Rings, steps: int, random: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Let all users walk their concepts' rings at once; return items [U, T] and concepts [U, T]."""
    users = np.arange(settings.users)
    own = random.integers(0, settings.concepts, (2, _OWN_CONCEPTS, settings.users))
    own = _related(settings, own)
    concept = own[0, 0]
    place = _enter(rings, concept, random)
    items_UT, concept_UT = (np.empty((settings.users, steps), np.int32) for _ in range(2))
    for step in range(steps):
        turns = random.random(settings.users) < settings.drift
        late = (random.random(settings.users) < step / steps).astype(np.int64)
        which = random.integers(0, _OWN_CONCEPTS, settings.users)
        concept = np.where(turns, own[late, which, users], concept)
        ahead = 1 + random.choice(len(_STEPS), settings.users, p=_STEPS)
        place = np.where(turns, _enter(rings, concept, random), place + ahead)
        place %= rings.sizes_C[concept]
        stray = random.random(settings.users) < settings.noise
        any_item = random.integers(0, settings.items, settings.users)
        items_UT[:, step] = np.where(stray, any_item, rings.items_CR[concept, place])
        concept_UT[:, step] = concept
    return items_UT, concept_UT


def _related(settings: SyntheticSettings, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return users' concepts, early and late ones [2, 2, U], in families and pairs if asked for."""
    families, concepts = max(settings.hierarchy, 1), settings.concepts
    own = own // families * families + own[:, :1] % families
    own = np.where(own < concepts, own, own - families)
    # A generator of its own: what is drawn after this does not depend on the correlation.
    random = np.random.default_rng((settings.seed, 1))
    paired = random.random((2, settings.users)) < settings.correlation
    neighbour = own[:, 0] + families
    neighbour = np.where(neighbour < concepts, neighbour, own[:, 0] % families)
    own[:, 1] = np.where(paired, neighbour, own[:, 1])
    return own


def _enter(
    rings: Rings, concept: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw where users enter a concept: near the start of its ring, so some items are popular."""
    return (random.random(len(concept)) ** 2 * rings.sizes_C[concept]).astype(np.int64)


def _attributes(rings: Rings, families: int) -> ItemAttributes:
    item, concept = rings.member_IC.nonzero()
    known = {"concept": concept} | ({"family": concept % families} if families else {})
    parts = [long(item.astype(str), name, value.astype(str)) for name, value in known.items()]
    return ItemAttributes(pd.concat(parts, ignore_index=True), {name: name for name in known})
