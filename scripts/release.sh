#!/bin/sh
# Builds wheel, sdist and npm tarball from a tag, in a clean checkout, into dist/release (or $RELEASE_DIR), with their
# checksums. The same commit gives the same bytes. Publishes nothing.
# RELEASE_REF=HEAD tries it without a tag; with `--twice`, it builds two times and compares.
set -eu
cd "$(dirname "$0")/.."
umask 022

tag=
if [ -n "${RELEASE_REF:-}" ]; then
    ref=$RELEASE_REF
    if git show-ref --quiet --verify "refs/tags/$ref"; then tag=$ref; fi
elif tag=$(git describe --exact-match --tags HEAD 2>/dev/null); then
    ref=$tag
else
    echo "There is no tag at HEAD: tag the commit with its version, or try it with RELEASE_REF=HEAD." >&2
    exit 1
fi
commit=$(git rev-parse --verify --quiet "$ref^{commit}") || { echo "RELEASE_REF=$ref is no commit." >&2; exit 1; }
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
export NODE_OPTIONS="${NODE_OPTIONS:---use-openssl-ca}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

build() { # the directory of the checkout, and that of the packages
    mkdir -p "$1" "$2"
    git -c tar.umask=0022 archive "$commit" | tar -x -C "$1"
    (
        cd "$1"
        PYTHONPATH=scripts python -m releasing.versions ${tag:+"$tag"}
        quietly npm ci --prefix typescript --no-audit --no-fund --no-update-notifier --loglevel=error
        quietly python -m build --no-isolation --outdir "$2" .
        cd typescript
        quietly npm pack --pack-destination "$2"
    )
    # What a map says of a source is where it lies in the project, not on the machine.
    for package in "$2"/*; do
        rm -rf "$work/unpacked" && mkdir "$work/unpacked"
        case $package in
            *.whl) python -m zipfile -e "$package" "$work/unpacked" ;;
            *) tar -xzf "$package" -C "$work/unpacked" ;;
        esac
        if grep -rlF -e "$work" -e "$PWD" "$work/unpacked" >&2; then
            echo "$(basename "$package") holds paths of this machine." >&2
            exit 1
        fi
    done
}

build "$work/first" "$work/packages"
if [ "${1:-}" = --twice ]; then
    # In another place, under another name.
    build "$work/second/a longer name" "$work/again"
    diff -r "$work/packages" "$work/again" || { echo "Two builds of $commit differ." >&2; exit 1; }
fi

ln -s "$PWD/scripts/spec-lint/node_modules" "$work/first/scripts/spec-lint/node_modules"
(cd "$work/first" && PYTHONPATH=scripts python -m releasing.api_diff --release)

out=${RELEASE_DIR:-dist/release}
rm -rf "$out"
mkdir -p "$out"
cp "$work/packages/"* "$out"
(cd "$out" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
[ "${1:-}" != --twice ] || echo "Two builds gave the same bytes."
[ -n "$tag" ] || echo "This is no release: $ref is not a tag."
