SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Of several the quickest: one that was compiled without optimisation takes half as long again for everything.
QUICKEST = { TIMEFORMAT=%U; for python in $$(type -ap python3.11); do \
	$$python -c "import ctypes, ensurepip, sqlite3, ssl, venv" 2> /dev/null || continue; \
	echo "$$({ time $$python -c "for _ in range(3_000_000): pass" 2> /dev/null; } 2>&1 | tail -n 1) $$python"; \
	done; } | sort -n | head -n 1 | cut -d " " -f 2
PYTHON ?= $(shell $(QUICKEST))
BIN := .venv/bin
MINUTES ?= 3
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps

.PHONY: run setup test quick bench soak check lock

run: .venv/.runtime  ## set up what is missing, then serve on http://127.0.0.1:$PORT
	@exec $(BIN)/python manage.py serve

setup: .venv/.tools  ## everything but the serving, test tools included
	@$(BIN)/python -m tests.machine
	@$(BIN)/python manage.py prepare

test: setup  ## every test: units, journeys, a real browser; STORES=large: all of it on PostgreSQL and Redis
	@$(BIN)/python -m tests

quick: .venv/.tools  ## the tests that need no browser and no patience
	@$(BIN)/python -m pytest -m "not slow and not browser and not redis and not postgresql and not proxy"

bench: setup  ## the benchmarks; tables here, JSON under var/bench/
	@$(BIN)/python -m bench

soak: setup  ## mixed random faults for so long, then every promise is checked: make soak MINUTES=60
	@SOAK_MINUTES=$(MINUTES) $(BIN)/python -m pytest -s tests/promises/test_soak.py

check: .venv/.tools  ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: .venv/.tools  ## resolve pyproject.toml anew into the two locks
	@$(BIN)/python -m pip --quiet install uv
	@compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes"; \
	compile="$$compile --no-emit-index-url --no-header --no-annotate --upgrade pyproject.toml"; \
	$$compile --output-file requirements.lock; \
	$$compile --group dev --output-file requirements-dev.lock

# The path file is what makes the package importable from everywhere without building it.
.venv/.created:
	@python="$(PYTHON)"; $${python:-python3.11} -m venv .venv
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/chatapp.pth"
	@touch $@

.venv/.runtime: requirements.lock | .venv/.created
	@echo "Installing what the chat needs (once) ..."
	@$(PIP) -r requirements.lock
	@touch $@

.venv/.tools: requirements-dev.lock .venv/.runtime
	@echo "Installing the test tools (once) ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@
