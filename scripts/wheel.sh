#!/bin/sh
# Builds the wheel and tests it in an empty environment: what a user gets who installs it.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -f dist/*.whl dist/*.tar.gz
python -m build --no-isolation --outdir dist . >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 1; }

# The tested versions, without hashes (the wheel itself has none).
sed -n 's/^\([a-z0-9-]*==[^ ]*\).*/\1/p' scripts/requirements/dev.txt >"$work/constraints.txt"

python -m venv "$work/plain"
"$work/plain/bin/pip" install -qq --disable-pip-version-check -c "$work/constraints.txt" dist/*.whl
cp tests/e2e/wheel/check_installed.py "$work"
(cd "$work" && "$work/plain/bin/python" -W error check_installed.py)

# Check the types as a user's type checker sees them, without the sources of this project.
cp tests/contract/typing/public_signatures.py "$work"
(cd "$work" && python -m mypy --strict --python-executable "$work/plain/bin/python" public_signatures.py)

"$work/plain/bin/pip" install -qq --disable-pip-version-check -c "$work/constraints.txt" "$(echo dist/*.whl)[local]"
(cd "$work" && "$work/plain/bin/python" -W error check_installed.py --with-backend)
