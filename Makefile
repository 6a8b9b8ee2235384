# Two commands on a fresh machine: `make demo`, `make test`. All that they make lies in this
# folder; `make clean` takes it away.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
# Stacks are not dumped while a long proof goes on: that can end the interpreter where threads run.
PATIENT := -o faulthandler_timeout=0
# No cache: it would lie outside of this folder.
PIP    := $(PY) -m pip --quiet --no-cache-dir --disable-pip-version-check

.PHONY: help demo test proof nightly test-all lint docs bench bench-smoke wheel clean

help:
	@echo "make demo      draw an atlas of this machine's Python standard library"
	@echo "make test      run the tests"
	@echo "make proof     hundreds of nasty jobs, interrupts, races, files: some minutes; wants root"
	@echo "make nightly   the same, ten times as often"
	@echo "make test-all  run them with every Python of pyenv: 3.11, 3.12, 3.13"
	@echo "make lint      ruff, mypy, import layers"
	@echo "make docs      build the documentation into docs/_build"
	@echo "make bench     measure, beside the peers"
	@echo "make wheel     build what is published into dist/"
	@echo "make clean     take away everything that make made"

# --group needs pip 25.1. The stamp is written last: what was cut short is done again.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "treadle needs Python 3.11 or newer: make PYTHON=/path/to/python3")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --editable . --group test
	@touch $@

$(VENV)/.ready-%: $(READY)
	$(PIP) install --group $*
	@touch $@

demo: $(READY)
	ATLAS_OUT=$(CURDIR)/demo $(VENV)/bin/treadle run -f examples/stdlib_atlas/workflow.py
	@echo "the atlas: file://$(CURDIR)/demo/index.html"

test: $(READY)
	$(PY) -m pytest

# Trials of what must never happen. Each has a namespace of its own, which takes root;
# without, they say that they are skipped.
proof: $(READY)
	$(PY) -m pytest -m proof $(PATIENT)

nightly: $(READY)
	TREADLE_TRIALS=2000 TREADLE_RACES=100000 TREADLE_CRASHES=10000 TREADLE_EDITS=100000 \
	  TREADLE_SCHEDULERS=2000 TREADLE_DAMAGES=2000 TREADLE_IDS=1000000 \
	  $(PY) -m pytest -m proof --timeout 7200 -o faulthandler_timeout=7000
	TREADLE_FUZZ=1000000 TREADLE_SEED=$$(date +%s) $(PY) -m pytest \
	  tests/workflow/test_workflow_fuzz.py --timeout 7200 -o faulthandler_timeout=7000

test-all:
	@set -e; for version in 3.11 3.12 3.13; do \
	  python=$$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version.*/bin/python 2>/dev/null | tail -n 1); \
	  if [ -z "$$python" ]; then echo "== Python $$version: not there"; continue; fi; \
	  echo "== Python $$version"; \
	  $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON=$$python; \
	done

lint: $(VENV)/.ready-lint
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

docs: $(VENV)/.ready-docs
	$(PY) -m sphinx -W --keep-going docs docs/_build

bench: $(VENV)/.ready-bench
	$(PY) bench

bench-smoke: $(VENV)/.ready-bench
	$(PY) bench --quick

wheel: $(VENV)/.ready-build
	rm -rf dist
	$(PY) -m build --quiet

clean:
	rm -rf .venv .venv-* demo build dist docs/_build docs/autoapi
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .treadle
	find src tests examples bench -name __pycache__ -type d -prune -exec rm -rf {} +
