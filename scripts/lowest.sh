#!/bin/sh
# Run the tests of the client and of HTTP faults with the lowest versions that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-lowest

if ! cmp -s scripts/requirements/lowest.txt "$venv/.installed"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r scripts/requirements/lowest.txt
    cp scripts/requirements/lowest.txt "$venv/.installed"
fi
run() {
    PYTHONPATH="$PWD:$PWD/generated" "$venv/bin/python" -m pytest -q -n 2 -p no:cacheprovider "$@"
}
run tests/faults/test_matrix.py --thorough -k "once and not httpx2 and not async"
run tests/faults/test_deadlines.py tests/client/test_connections.py tests/client/test_parameters.py tests/client/test_retries.py \
    tests/client/test_results.py tests/client/test_lifecycle.py tests/aio/test_async.py
run tests/unit/test_periods.py
