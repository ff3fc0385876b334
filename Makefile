# Slakeeper's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled

# The first of these that really runs (a version manager's stub may exist and refuse to start).
PYTHON := $(shell for p in python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock
	@test -n "$(PYTHON)" || { echo "Slakeeper needs Python 3.11 or 3.12 with its venv module: install python3.12 (on Debian: apt-get install python3 python3-venv python3-dev) and run make again." >&2; exit 1; }
	@command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || { echo "Slakeeper compiles its rule engine: install a C compiler (on Debian: apt-get install build-essential python3-dev) and run make again." >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(COMPILED): $(STAMP) pyproject.toml setup.py $(wildcard rules/*.py escalation/*.py)
	@echo "Compiling the core …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(COMPILED)  ## create .venv with everything, so that .venv/bin/sla works

demo: $(COMPILED)  ## a support desk's day at high speed, in your browser
	@exec $(BIN)/sla demo

test: $(COMPILED)  ## run all tests
	@$(BIN)/python -m pytest -n 2

check: $(COMPILED)  ## lint, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(COMPILED)  ## measure, one JSON object a line
	@$(BIN)/python -m benchmarks

benchledger: $(COMPILED)  ## measure ingress, watch and ledgers with a million clocks, for some minutes
	@$(BIN)/python -m benchmarks ingress watching waking crossing standing

lock:  ## renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group dev pyproject.toml -o requirements.lock

.PHONY: help setup demo test check bench benchledger lock
