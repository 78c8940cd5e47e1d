#!/bin/sh
# Pin every tool with its hashes, for all Python versions and platforms.
set -eu
cd "$(dirname "$0")/.."
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet uv
compile() {
    "$venv/bin/uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra local "$@" pyproject.toml
}
compile --group dev -o scripts/requirements/dev.txt
compile --group lowest --resolution lowest-direct -o scripts/requirements/lowest.txt
