# Needs Python 3.11 or newer and make; `make check` also needs Node 20 or newer (spec-lint) and Debian's valgrind (cost).
# Everything else is installed into .venv on first use.

PYTHON ?= python3
BIN := .venv/bin
# Scripts use the tools of .venv only.
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := .venv/.installed
SPEC_LINT := scripts/spec-lint

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED)  ## run an instrumented program, the embedded backend, and the documented example
	$(BIN)/python scripts/demo/run.py

.PHONY: test
test: $(INSTALLED)  ## all tests
	$(BIN)/python -m pytest -q -n 2

.PHONY: quick
quick: $(INSTALLED)  ## tests that take no second each (under 30 seconds)
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not process"

.PHONY: faults
faults: $(INSTALLED)  ## every fault × every method × each page, with a table of the outcomes
	$(BIN)/python -m pytest -q tests/faults --thorough --fault-table

.PHONY: mutants
mutants: $(INSTALLED)  ## mutation tests of the modules with decision logic: retries, pagination, partitions, bodies, … (many minutes)
	scripts/mutants.sh

.PHONY: walks
walks: $(INSTALLED)  ## 2,000 random sequences of faults, crashes and resumes for all iterators; an interrupt at every place (15 minutes)
	$(BIN)/python -m pytest -q tests/client/test_stateful.py tests/client/test_interrupts.py --thorough --hypothesis-profile=many

.PHONY: soak
soak: $(INSTALLED)  ## 16 threads against a faulty backend for ten minutes: exact sums, constant memory and sockets
	$(BIN)/python scripts/soak.py

.PHONY: bench
bench: $(INSTALLED)  ## compare costs with plain httpx and the published client; writes BENCHMARKS.md (some minutes)
	$(BIN)/python scripts/bench/table.py

.PHONY: cost
cost: $(INSTALLED)  ## fail if an import or a trace needs more instructions than the limit; needs valgrind
	$(BIN)/python scripts/bench/gate.py

.PHONY: lowest
lowest:  ## tests of the client with the lowest allowed versions of its dependencies
	PYTHON=$(PYTHON) scripts/lowest.sh

.PHONY: check
check: lint types spec-lint drift test lowest wheel cost  ## everything that must pass: what CI runs

.PHONY: generate
generate: $(INSTALLED)  ## rebuild generated/ (Python and TypeScript) from openapi.yaml
	scripts/generate.sh

.PHONY: drift
drift: $(INSTALLED)  ## fail if generated/ differs from what openapi.yaml generates
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
lock:  ## pin all tools again: scripts/requirements from pyproject.toml
	scripts/lock.sh

.PHONY: clean
clean:  ## remove everything that the other targets created
	rm -rf .venv .venv-bench-* .venv-lowest dist $(SPEC_LINT)/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(INSTALLED): scripts/requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r scripts/requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# By default, Node does not use the certificates of the system.
$(SPEC_LINT)/node_modules/.installed: $(SPEC_LINT)/package-lock.json
	NODE_OPTIONS="$${NODE_OPTIONS:---use-openssl-ca}" \
		npm ci --prefix $(SPEC_LINT) --no-audit --no-fund --no-update-notifier --loglevel=error
	touch $@
