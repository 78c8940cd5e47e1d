#!/bin/sh
# Rebuilds generated/netra_api from openapi.yaml; with `--check`, only tells whether the tree is what the contract gives.
# The tools come from the virtual environment whose bin directory is on PATH (see the Makefile).
set -eu
cd "$(dirname "$0")/.."
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

openapi-python-client generate --fail-on-warning --meta none \
    --path openapi.yaml \
    --config scripts/generator/config.yaml \
    --custom-template-path scripts/generator/templates \
    --output-path "$new/netra_api"
touch "$new/netra_api/py.typed"

if [ "${1:-}" = --check ]; then
    diff -r --exclude=__pycache__ generated/netra_api "$new/netra_api" || {
        echo "generated/netra_api is not what openapi.yaml gives: run 'make generate' and commit the result." >&2
        exit 1
    }
else
    mkdir -p generated
    rm -rf generated/netra_api
    cp -r "$new/netra_api" generated/netra_api
fi
