# Needs Python 3.11 or newer and make; for TypeScript Node 20 or newer; `make check` needs all of it, and Debian's
# valgrind (cost). Everything else is installed into .venv and node_modules on first use.

PYTHON ?= python3
BIN := .venv/bin
# Scripts use the tools of .venv only.
export PATH := $(CURDIR)/$(BIN):$(PATH)

INSTALLED := .venv/.installed
SPEC_LINT := scripts/spec-lint
TYPESCRIPT := typescript
NPM_RUN := npm run --prefix $(TYPESCRIPT) --silent
HAS_NODE := node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null
# The TypeScript part of a target. Without Node it is left out, which is said; `make check` leaves out nothing.
with_node = @if $(HAS_NODE); then $(MAKE) --no-print-directory $(1); \
	else echo "SKIPPED, because Node 20 or newer is not installed: make $(1)"; fi

RELEASING = PYTHONPATH=scripts $(BIN)/python -m releasing

.DEFAULT_GOAL := help

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED)  ## run an instrumented program, the embedded backend, and the documented example
	$(BIN)/python scripts/demo/run.py

.PHONY: test
test: $(INSTALLED)  ## all tests, of TypeScript too where Node is installed
	$(BIN)/python -m pytest -q -n 2
	$(call with_node,ts-test)

.PHONY: quick
quick: $(INSTALLED)  ## tests that take no second each (under 30 seconds)
	$(BIN)/python -m pytest -q -n 2 -m "not slow and not process"
	$(call with_node,ts-quick)

.PHONY: faults
faults: $(INSTALLED)  ## every fault × every method × each page, with a table of the outcomes
	$(BIN)/python -m pytest -q tests/faults --thorough --fault-table

.PHONY: mutants
mutants: $(INSTALLED)  ## mutation tests of the modules with decision logic: retries, pagination, partitions, bodies, … (many minutes)
	scripts/mutants.sh

.PHONY: seeded
seeded: $(INSTALLED) $(TYPESCRIPT)/node_modules/.installed  ## remove each behaviour of scripts/seeded in each language: a vector must notice (10 minutes)
	$(BIN)/python scripts/seeded/remove.py

.PHONY: walks
walks: $(INSTALLED)  ## 2,000 random sequences of faults, crashes and resumes for all iterators; an interrupt at every place (15 minutes)
	$(BIN)/python -m pytest -q tests/client/test_stateful.py tests/client/test_interrupts.py --thorough --hypothesis-profile=many

.PHONY: soak
soak: $(INSTALLED)  ## 16 threads against a faulty backend for ten minutes: exact sums, constant memory and sockets
	$(BIN)/python scripts/soak.py

.PHONY: bench
bench: $(INSTALLED)  ## compare costs with plain httpx and the published client; writes BENCHMARKS.md (some minutes)
	$(call with_node,ts-build)
	$(BIN)/python scripts/bench/table.py

.PHONY: cost
cost: $(INSTALLED)  ## fail if an import or a trace needs more instructions than the limit; needs valgrind
	$(BIN)/python scripts/bench/gate.py

.PHONY: lowest
lowest:  ## tests of the client with the lowest allowed versions of its dependencies
	PYTHON=$(PYTHON) scripts/lowest.sh

.PHONY: check
check: node lint types spec-lint api-diff drift test lowest wheel ts-package cost  ## everything that must pass: what CI runs

.PHONY: node
node:
	@$(HAS_NODE) || { echo "Node 20 or newer is needed: nothing is left out here." >&2; exit 1; }

.PHONY: generate
generate: $(INSTALLED)  ## rebuild generated/ (Python and TypeScript) from openapi.yaml
	scripts/generate.sh

.PHONY: drift
drift: $(INSTALLED)  ## fail if generated/ differs from what openapi.yaml generates
	scripts/generate.sh --check

.PHONY: lint
lint: $(INSTALLED)  ## ruff, and biome for TypeScript: style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(call with_node,ts-lint)

.PHONY: types
types: $(INSTALLED)  ## mypy (strict), pyright, and tsc for TypeScript
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(call with_node,ts-types)

.PHONY: spec-lint
spec-lint: $(SPEC_LINT)/node_modules/.installed  ## redocly's recommended-strict rules on openapi.yaml
	$(SPEC_LINT)/node_modules/.bin/redocly lint --config $(SPEC_LINT)/redocly.yaml openapi.yaml

.PHONY: api-diff
api-diff: $(INSTALLED) $(SPEC_LINT)/node_modules/.installed $(TYPESCRIPT)/node_modules/.installed  ## what changed since the last release: breaking, additive or none, for the contract and both packages
	@$(NPM_RUN) build
	@$(RELEASING).api_diff

.PHONY: api-baseline
api-baseline: $(INSTALLED) ts-build  ## at a release: take today's contract and public APIs as the released ones
	$(RELEASING).baseline

.PHONY: release
release: $(INSTALLED) $(SPEC_LINT)/node_modules/.installed  ## wheel, sdist and npm tarball of the tag at HEAD (or of RELEASE_REF) into dist/release; publishes nothing
	scripts/release.sh

.PHONY: release-check
release-check: $(INSTALLED) $(SPEC_LINT)/node_modules/.installed  ## build the packages of HEAD twice: the bytes must be the same
	RELEASE_REF=$${RELEASE_REF:-HEAD} scripts/release.sh --twice

.PHONY: wheel
wheel: $(INSTALLED)  ## build the wheel and test it in an empty environment
	scripts/wheel.sh

.PHONY: ts-test
ts-test: $(INSTALLED) $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: all tests; the package is packed and installed for them
	$(NPM_RUN) test

.PHONY: ts-quick
ts-quick: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: tests that need no package
	$(NPM_RUN) quick

.PHONY: ts-lint
ts-lint: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: biome
	$(NPM_RUN) lint

.PHONY: ts-types
ts-types: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: tsc
	$(NPM_RUN) types

.PHONY: ts-build
ts-build: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: build into typescript/dist
	$(NPM_RUN) build

.PHONY: ts-package
ts-package: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: publint and are-the-types-wrong on the package
	$(NPM_RUN) check-package

.PHONY: ts-size
ts-size: $(TYPESCRIPT)/node_modules/.installed  ## TypeScript: fail if a program gets larger by more than the limits
	$(NPM_RUN) size

.PHONY: lock
lock:  ## pin all tools again: scripts/requirements from pyproject.toml
	scripts/lock.sh

.PHONY: clean
clean:  ## remove everything that the other targets created
	rm -rf .venv .venv-bench-* .venv-lowest dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf $(SPEC_LINT)/node_modules $(TYPESCRIPT)/node_modules $(TYPESCRIPT)/dist $(TYPESCRIPT)/*.tgz

$(INSTALLED): scripts/requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r scripts/requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# By default, Node does not use the certificates of the system.
%/node_modules/.installed: %/package.json %/package-lock.json
	NODE_OPTIONS="$${NODE_OPTIONS:---use-openssl-ca}" \
		npm ci --prefix $* --no-audit --no-fund --no-update-notifier --loglevel=error
	touch $@
