# Needs Python 3.11 or newer and make; `make check` also needs Node 20 or newer (spec-lint) and Debian's valgrind (cost).
# Everything else is installed into .venv on first use.

PYTHON ?= python3
BIN := .venv/bin
# The tools that scripts call come from .venv, and only from there.
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := .venv/.installed
SPEC_LINT := scripts/spec-lint

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED)  ## the main job: a real instrumented program, the embedded backend, the documented example
	$(BIN)/python scripts/demo/run.py

.PHONY: test
test: $(INSTALLED)  ## all tests
	$(BIN)/python -m pytest -q -n 2

.PHONY: quick
quick: $(INSTALLED)  ## tests that take no second each (under 30 seconds)
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not process"

.PHONY: faults
faults: $(INSTALLED)  ## every fault × every method × each page, as a table of what came of it
	$(BIN)/python -m pytest -q tests/faults --fault-table

.PHONY: mutants
mutants: $(INSTALLED)  ## mutation tests of the modules with decision logic: retries, pagination, partitions, bodies, … (many minutes)
	scripts/mutants.sh

.PHONY: walks
walks: $(INSTALLED)  ## 2,000 random walks of all iterators through faults, crashes and resumes; an interrupt at every place (a quarter of an hour)
	$(BIN)/python -m pytest -q tests/client/test_stateful.py tests/client/test_interrupts.py --thorough --hypothesis-profile=many

.PHONY: soak
soak: $(INSTALLED)  ## ten minutes of 16 threads against a faulty backend: sums exact, memory and sockets flat
	$(BIN)/python scripts/soak.py

.PHONY: bench
bench: $(INSTALLED)  ## costs beside plain httpx and the published client, into BENCHMARKS.md (some minutes)
	$(BIN)/python scripts/bench/table.py

.PHONY: cost
cost: $(INSTALLED)  ## fail when an import or a trace costs more instructions than it may; needs valgrind
	$(BIN)/python scripts/bench/gate.py

.PHONY: lowest
lowest:  ## tests of the client against the lowest versions of what it depends on
	PYTHON=$(PYTHON) scripts/lowest.sh

.PHONY: check
check: lint types spec-lint drift test lowest wheel cost  ## everything that must be green: what CI runs

.PHONY: generate
generate: $(INSTALLED)  ## rebuild generated/netra_api from openapi.yaml
	scripts/generate.sh

.PHONY: drift
drift: $(INSTALLED)  ## fail when generated/netra_api is not what openapi.yaml gives
	scripts/generate.sh --check

.PHONY: lint
lint: $(INSTALLED)  ## ruff: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(INSTALLED)  ## mypy (strict) and pyright
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: spec-lint
spec-lint: $(SPEC_LINT)/node_modules/.installed  ## redocly's recommended-strict rules on openapi.yaml
	$(SPEC_LINT)/node_modules/.bin/redocly lint --config $(SPEC_LINT)/redocly.yaml openapi.yaml

.PHONY: wheel
wheel: $(INSTALLED)  ## build the wheel and test it in an empty environment
	scripts/wheel.sh

.PHONY: lock
lock:  ## pin the tools anew: scripts/requirements/dev.txt from pyproject.toml
	scripts/lock.sh

.PHONY: clean
clean:  ## remove what the other targets made
	rm -rf .venv .venv-bench-* .venv-lowest dist $(SPEC_LINT)/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(INSTALLED): scripts/requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r scripts/requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Node trusts only its own certificate list unless told to trust the system's.
$(SPEC_LINT)/node_modules/.installed: $(SPEC_LINT)/package-lock.json
	NODE_OPTIONS="$${NODE_OPTIONS:---use-openssl-ca}" \
		npm ci --prefix $(SPEC_LINT) --no-audit --no-fund --no-update-notifier --loglevel=error
	touch $@
