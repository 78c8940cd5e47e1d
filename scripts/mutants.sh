#!/bin/sh
# Changes the code of a few rooms in every small way, and looks whether a test notices. Survivors are shown at the end;
# CONTRIBUTING.md tells which of them are expected.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r netra generated tests scripts openapi.yaml pyproject.toml README.md "$work"
cd "$work"
cat >>pyproject.toml <<'TOML'

[tool.mutmut]
source_paths = ["netra"]
only_mutate = ["netra/_retries.py", "netra/_paging.py", "netra/_timestamps.py", "netra/_windows.py", "netra/_parts.py", "netra/_operations.py", "netra/_body.py", "netra/_error_bodies.py"]
also_copy = ["generated", "tests", "scripts", "openapi.yaml", "README.md"]
pytest_add_cli_args_test_selection = ["tests/test_retries.py", "tests/test_paging.py", "tests/test_timestamps.py", "tests/test_properties.py", "tests/test_results.py", "tests/test_async.py", "tests/test_parallel.py", "tests/test_identities.py", "tests/test_errors.py", "tests/test_requests.py", "tests/test_lifecycles.py"]
TOML
PYTHONPATH="$work/mutants/generated" mutmut run >run.log 2>&1 || true
tr '\r' '\n' <run.log | tail -n 8
mutmut results | sed -n 's/^ *\(.*\): survived$/\1/p' | while read -r mutant; do
    mutmut show "$mutant" | grep -E '^(#|[-+] )' || true
done
