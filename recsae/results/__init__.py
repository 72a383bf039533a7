"""A run's folder, `STORAGE/NAME/`, as dataframes: write, read, select the best, compare, merge.

It must not import torch, ray or optuna, or draw.

search.yaml        what was searched: `space` (resolved), its `fingerprint`, `dataset`, `protocol`,
                   `seed`, `versions` (python, torch, ray, optuna, recsae), `machine`,
                   `base` (fingerprint, weights: a digest, settings, metrics: {dev, test}),
                   `activations` (fingerprint, width), `controls` (dev metrics of each
                   baseline), `pretrained`; at the end `seconds`
results.parquet    a row a trial: trial_id, state, model_name, settings, dev/…, epochs, seconds,
                   started, ended, node, error
curves.parquet     a row a report: trial_id, epoch, seconds, dev/…, train/…
ladders.parquet    a row a trial and k, of those that offer several k to the front: dev/…
finalists.parquet  a row a trial and seed, of those retrained at the end: dev/…, test/…
importance.parquet a row a parameter: how much it decides of each objective
best/TRIAL_ID/     model.safetensors, settings.json, metrics.json of each best trial (of one
                   objective also those that may still be),
                   curve_of_k.parquet of one that is meant for several k, twin.safetensors of one
                   that stability was asked of: the atoms of its twin
tensorboard/, report.html, test_reads.json

README.md beside this file tells what each column means. Each file is replaced whole, so a reader
sees a complete one at any time, also after a kill.
"""

from recsae.results.columns import (
    DEV,
    SCHEMA_VERSION,
    TEST,
    TRAIN,
    Columns,
    States,
    is_metric,
    is_setting,
)
from recsae.results.folder import (
    Files,
    check_name,
    create,
    find_run,
    is_running,
    new_run_name,
    resume_command,
    run_names,
    storage_root,
    write_curve_of_k,
    write_curves,
    write_finalists,
    write_importance,
    write_ladders,
    write_search,
    write_trials,
)
from recsae.results.run import (
    Results,
    load_results,
    metrics_of,
    read_search,
    records,
    run_seconds,
    setting_names,
    settings_of,
    state_counts,
)
from recsae.results.selection import (
    MAX,
    MIN,
    best_rows,
    by_objectives,
    eligible,
    leaking,
    non_dominated,
    points,
    ranked,
    within,
)
from recsae.results.summary import expected_best, summary, table
