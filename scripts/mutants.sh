#!/bin/sh
# Change the code of the modules with decision logic in every small way, and check whether a test notices. The changes
# that no test notices are shown at the end; CONTRIBUTING.md says which of them are expected.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

modules=${MUTANTS_MODULES:-"
    netra/_core/retry.py netra/_core/pagination.py netra/_core/lookahead.py netra/_core/partition.py
    netra/_core/scheduler.py netra/_core/operations.py netra/_core/envelopes.py netra/_core/parameters.py
    netra/_core/checks.py netra/_core/response_body.py netra/_core/error_body.py netra/_core/connection_reuse.py
    netra/_core/request_flow.py netra/_timestamps.py"}
tests=${MUTANTS_TESTS:-"
    tests/unit tests/aio tests/client/test_retries.py tests/client/test_pagination.py tests/client/test_parallel.py
    tests/client/test_response_ids.py tests/client/test_errors.py tests/client/test_parameters.py
    tests/client/test_lifecycle.py tests/client/test_results.py tests/client/test_connections.py
    tests/client/test_trace_spans.py"}

# shellcheck disable=SC2086  # the lists are split into words
for path in $modules $tests; do
    [ -e "$path" ] || { echo "$path does not exist; correct scripts/mutants.sh." >&2; exit 1; }
done
toml_list() {
    printf '['
    printf '"%s", ' "$@"
    printf ']'
}

cp -r netra generated tests scripts openapi.yaml pyproject.toml README.md "$work"
cd "$work"
cat >>pyproject.toml <<TOML

[tool.mutmut]
source_paths = ["netra"]
only_mutate = $(toml_list $modules)
also_copy = ["generated", "tests", "scripts", "openapi.yaml", "README.md"]
pytest_add_cli_args_test_selection = $(toml_list $tests)
TOML
PYTHONPATH="$work/mutants/generated" mutmut run >run.log 2>&1 || true
tr '\r' '\n' <run.log | tail -n 8
mutmut results | sed -n 's/^ *\(.*\): survived$/\1/p' | while read -r mutant; do
    mutmut show "$mutant" | grep -E '^(#|[-+] )' || true
done
