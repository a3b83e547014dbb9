# Everything a developer or CI needs; `make help` tells what there is.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Run once more by `make test`, with their ledgers in PostgreSQL; others are there by themselves (tests/test_on_both.py).
ON_BOTH := $(addprefix tests/test_,http.py no_nul.py register_view.py audit_service.py bundle_page.py)

.DEFAULT_GOAL := help
.PHONY: help run run-pg demo test test-pg bench bench-full bench-check soak crash tamper histories desk screenshots lint lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk 'BEGIN {FS = ":.*## "} {printf "  make %-11s %s\n", $$1, $$2}'

run: $(READY) ## serve a demo ledger on http://127.0.0.1:8000 (founds it under var/ at the first start)
	@$(BIN)/jejak serve --demo

run-pg: $(READY) ## the same in a PostgreSQL of its own (var/pg), by three services; PORTS="8001 8002 8003"
	@$(BIN)/python -m tests.run_pg $(PORTS)

demo: $(READY) ## play one IKU from disposition to dispatch over HTTP, then verify it in a separate process
	@$(BIN)/jejak demo $(if $(JSON),--json)

test: $(READY) lint ## what CI runs: ruff, the type checker, all tests, and a selection of them once more on PostgreSQL
	$(BIN)/pytest -n auto --dist worksteal
	JEJAK_TEST_DATABASE=postgresql $(BIN)/pytest -n auto --dist worksteal $(ON_BOTH)

# Browser tests are left out: a browser sees HTTP alone. One of them runs here all the same, in tests/test_deploy_page.py.
test-pg: $(READY) ## all tests but the browser's, with every ledger in PostgreSQL
	JEJAK_TEST_DATABASE=postgresql $(BIN)/pytest -n auto --dist worksteal --ignore tests/browser

lint: $(READY) ## ruff and the strict type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) ## measure in some minutes, each figure beside its reference; writes var/bench.json
	@$(BIN)/python -m tests.bench.run

bench-full: $(READY) ## the same at full length, 1,000,000 acts; may take an hour
	@$(BIN)/python -m tests.bench.run --full

bench-check: $(READY) ## name the bars that var/bench.json misses, 1 if any; measures at full length if it is not of this code
	@$(BIN)/python -m tests.bench.check

soak: $(READY) ## ten minutes at twice the capacity over HTTP: codes, memory, acts; JEJAK_SOAK_SECONDS=60 is a short one
	@$(BIN)/python -m tests.soak

crash: $(READY) ## the crash tests at length, on SQLite and PostgreSQL: 500 kills at any instant, each named point, full disks, standby
	JEJAK_TEST_KILLS=$(or $(KILLS),500) JEJAK_TEST_CRASHES=$(or $(TIMES),10) $(BIN)/pytest -q -s tests/crash

tamper: $(READY) ## every attack of docs/tamper.md again; fails where one is found otherwise than it says
	@$(BIN)/python -m tests.tamper --check
	JEJAK_TEST_LONG=1 $(BIN)/pytest -q -n auto tests/test_audit.py

histories: $(READY) ## 100,000 acts of random officials against the slow reference; SEED=... repeats a run
	JEJAK_TEST_ACTS=100000 JEJAK_TEST_SEED=$(or $(SEED),$(shell date +%s)) $(BIN)/pytest -q -s tests/test_histories.py

desk: $(READY) ## all browser tests, also those that `make test` leaves out: dark pages, every lie to a browser
	JEJAK_TEST_LONG=1 $(BIN)/pytest -n auto --dist worksteal tests/browser

screenshots: $(READY) ## every page of the desk as pictures under var/screenshots (needs Chromium); 1 if one is too wide
	@$(BIN)/python -m tests.browser.screenshots

lock: ## renew requirements.lock from pyproject.toml, and those of the outside clients and logs (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --extra dev -o requirements.lock pyproject.toml
	uv pip compile --universal --generate-hashes --python-version 3.12 --no-header -o tests/outside/requirements.lock tests/outside/requirements.in
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -o tests/bench/outside/requirements.lock tests/bench/outside/requirements.in

clean: ## remove the environment and everything under var/
	rm -rf $(VENV) var

# The environment is complete or absent: the marker is written last.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Jejak needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make an environment: install python3-venv (Debian: apt install python3-venv) and try again." >&2; exit 1; }
	@echo "Installing the locked dependencies into $(VENV) ..."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
