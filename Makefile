# Everything runs in .venv/, made by the first target that needs it.
PYTHON ?= python3
PIP_FLAGS := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
BIN := .venv/bin

.PHONY: install tune test lint test-slow test-cluster test-gpu test-gpu-standin test-docs test-notebooks test-browser test-callbacks test-peers test-s3 test-faults test-faults-full audit fuzz fuzz-data docs mutants schema architecture bench bench-gpu clean

install: .venv/.installed

.venv/.installed: setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "recsae needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	@touch $@

tune: install  ## search the embedded synthetic data, end to end
	$(BIN)/recsae tune search_spaces/smoke.yaml

test: lint  ## all that CI runs
	$(BIN)/python -m pytest -m 'not slow and not cluster and not fuzz and not gpu and not docs and not peers and not browser and not s3 and not notebooks'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy -m benchmarks.search_quality.__main__ -m benchmarks.search_quality.record
	$(BIN)/lint-imports --no-cache
	$(BIN)/vulture

test-slow: install
	$(BIN)/python -m pytest -m slow

test-cluster: install  ## a search on two hosts made of this machine; root, iproute2, openssh-server, rsync
	$(BIN)/python -m pytest -m cluster tests/cluster

# The laws first, whole searches next: where time runs out, the rest matters less. BIN may name
# another environment that has all that recsae needs: make test-gpu BIN=/opt/torch/bin
GPU_TESTS := laws training resume scoring search
test-gpu: $(if $(filter .venv/bin,$(BIN)),install)  ## on a GPU, in ten minutes at most; without one it says so
	$(BIN)/python -m pytest -m gpu $(GPU_TESTS:%=tests/gpu/test_gpu_%.py) || [ $$? -eq 5 ]

test-gpu-standin: install  ## the same, and the benchmark, where torch only believes that it has a GPU; needs g++
	$(BIN)/python tests/gpu_standin pytest -m gpu $(GPU_TESTS:%=tests/gpu/test_gpu_%.py)
	$(BIN)/python tests/gpu_standin benchmarks/gpu.py --small

bench-gpu: $(if $(filter .venv/bin,$(BIN)),install)  ## what a GPU is worth, as JSON lines; without one it says so
	$(BIN)/python benchmarks/gpu.py

fuzz-data: install  ## 1,000 rewritten or damaged logs of each format
	$(BIN)/python -m pytest -m fuzz tests/interactions

fuzz: install  ## 1,000 hostile spaces, logs, run folders, checkpoints, journals and flags; ends with one JSON line
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz

docs: .venv/.installed-docs  ## the pages of docs/ into site/; links and anchors are checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet && echo 'pages: site/index.html'

.venv/.installed-docs: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[docs]'
	@touch $@

test-docs: .venv/.installed-docs  ## every command of the long pages, and the built pages
	$(BIN)/python -m pytest -m docs tests/docs

test-browser: .venv/.installed-figures  ## the pages in a headless Chromium, and figures for a paper; without one they are skipped
	$(BIN)/python -m pytest -m browser tests/browser

.venv/.installed-figures: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[figures]'
	@touch $@

test-notebooks: install  ## the notebooks of experiments/notebooks/, from first cell to last
	$(BIN)/python -m pytest -m notebooks tests/docs/test_notebooks.py

test-callbacks: .venv/.installed-callbacks  ## a search told to MLflow and to wandb, both without a server
	$(BIN)/python -m pytest -m peers tests/callbacks

.venv/.installed-callbacks: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[callbacks]'
	@touch $@

# Their own environment: what these libraries bring would hide what recsae forgets to ask for.
test-peers: .venv-peers/.installed  ## exported models in sparsify and SAELens themselves; theirs in the audit
	.venv-peers/bin/python -m pytest -m peers tests/peers

.venv-peers/.installed: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-peers
	grep '^torch==' constraints.txt >.venv-peers/torch.txt
	.venv-peers/bin/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c .venv-peers/torch.txt -e '.[testing,peers]' pytest-timeout
	@touch $@

test-faults: install  ## searches met by faults at random moments; ends with one JSON line; as root a full disk too
	$(BIN)/python tests/faults --rounds 2

test-faults-full: install  ## ten of each kind
	$(BIN)/python tests/faults --rounds 10

# The server in an environment of its own: it is a process that the tests only talk to.
test-s3: install .venv-s3/.installed  ## runs in a bucket of a real server, with faults; ends with one JSON line
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m s3 tests/s3

.venv-s3/.installed: setup.cfg
	$(PYTHON) -m venv .venv-s3
	.venv-s3/bin/pip install --quiet --disable-pip-version-check 'moto[s3,server]>=5.2'
	@touch $@

# Known weaknesses that do not concern recsae, each with its reason in a line above; none so far.
AUDIT_IGNORED :=
audit: .venv-audit/.installed  ## known weaknesses of what constraints.txt installs; asks PyPI, and fails where it does not answer for all
	.venv-audit/bin/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip --progress-spinner off $(AUDIT_IGNORED:%=--ignore-vuln %)

.venv-audit/.installed:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10'
	@touch $@

# MUTANTS='recsae.metrics.* recsae.results.*' tries those alone. A log of its own: mutmut animates it.
mutants: .venv/.installed-mutants  ## which small faults no test finds; an hour and a half on two cores, `mutmut show NAME` shows one
	rm -rf mutants && mkdir mutants
	ulimit -v 16000000; CI=1 OMP_NUM_THREADS=1 $(BIN)/mutmut run $(MUTANTS:%='%') >mutants/run.log 2>&1 || { tail -c 2000 mutants/run.log; exit 1; }
	@$(BIN)/mutmut results | grep -v ': not checked$$' || true
	@$(BIN)/mutmut results --all true | sed -E '/: not checked$$/d; s/\.[^.]+\.x[^.]+:/:/' | sort | uniq -c

.venv/.installed-mutants: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[mutants]'
	@touch $@

schema: install  ## after a change of any settings class
	$(BIN)/python -m recsae.space.file_format.schema

architecture: install  ## after a change of folders or layers: what docs/architecture.md draws
	$(BIN)/python tests/support/rooms.py

bench: install  ## speed as ratios against naive versions, in one run
	$(BIN)/python benchmarks/sae_step.py
	$(BIN)/python benchmarks/evaluation.py

clean:
	rm -rf .venv .venv-peers .venv-s3 .venv-audit build dist mutants site *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
