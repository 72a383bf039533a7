"""A space file → SearchSpace: parameters, conditions, priors, constraints, schema, shipped files.

It must not import torch, ray, optuna, results or search; nothing else reads a space.
"""

from recsae.space.files.load import load_space, space_of
from recsae.space.parameters import EPOCHS, MODEL, SEED, Draw, Parameter, Prior
from recsae.space.sections import ResourceSettings, SchedulerSettings, SearchSettings
from recsae.space.shipped import find_space, shipped_spaces
from recsae.space.space import SearchSpace
from recsae.space.stored import stored_space
from recsae.space.unions import united_space
