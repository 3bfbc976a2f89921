# `make` prints what there is to do.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Tests start hundreds of processes: what one has compiled is there for the others.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help run check test test-all coverage chaos format lock messages bench clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp ## Start the whole service on this machine (ARGS="--port 9000 --data DIR")
	@exec $(BIN)/preceptor up $(ARGS)

check: .venv/dev.stamp ## Check the code: formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two processes more than there are processors; for a file alone, none. Tests that share a service stay
# together.
PYTEST := -m pytest --numprocesses=auto

test: check ## Do `make check`, then run the tests (ARGS="tests/matching -k name")
	$(BIN)/python $(PYTEST) $(ARGS)

test-all: check ## Do the same, long-running tests included
	$(BIN)/python $(PYTEST) -m "chaos_long or not chaos_long" $(ARGS)

# Measured code is slower, so the tests wait longer; some run copies of the code, which are gone then.
coverage: .venv/dev.stamp ## Measure which lines and branches the tests reach, and print the rest
	rm -f .coverage .coverage.*
	PATIENCE=$${PATIENCE:-3} $(BIN)/coverage run $(PYTEST) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --ignore-errors

chaos: .venv/dev.stamp ## Kill everything at random, for about half an hour (SEED=1 ARGS="-k storm")
	@seed=$${SEED:-$$(date +%N)}; echo "SEED=$$seed"; \
	CHAOS_SEED=$$seed $(BIN)/python -m pytest tests/chaos -m "chaos_long or not chaos_long" \
		-o log_cli=true -o log_cli_level=INFO $(ARGS)

format: .venv/dev.stamp ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev.stamp ## Rebuild both lock files from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --quiet $(UPGRADE) pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --quiet $(UPGRADE) pyproject.toml --group build --group dev \
		-o requirements-dev.lock

messages: .venv/dev.stamp ## Collect the messages to translate
	$(BIN)/pybabel --quiet extract --mapping babel.cfg --keyword mark --omit-header --sort-output \
		--no-location --no-wrap --output mentorship/translations/preceptor.pot .

bench: .venv/dev.stamp ## Measure what docs/figures.md states
	$(BIN)/python benchmarks/service.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/overview.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/mail.py
	$(BIN)/python benchmarks/forms.py
	$(BIN)/python benchmarks/files.py
	$(BIN)/python benchmarks/uploads.py
	$(BIN)/python benchmarks/slow_connections.py
	$(BIN)/python benchmarks/sign_in.py
	$(BIN)/python benchmarks/reports.py
	$(BIN)/python benchmarks/killed_round.py
	$(BIN)/python benchmarks/chaos.py

clean: ## Remove the environment and caches; data stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo \
		"The venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

# The project itself comes last and without dependencies: everything it needs is pinned.
.venv/run.stamp: .venv/python.stamp requirements.lock pyproject.toml
	@echo "Installing what the service needs; this takes about a minute the first time."
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/python.stamp requirements-dev.lock pyproject.toml
	@echo "Installing what the tests need; this takes about a minute the first time."
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ .venv/run.stamp
