#!/usr/bin/env bash
# Writes docs/update-transcript.md: the output of `cargo xtask update` from 2024-08 to 2.68.0, in a copy of the repository.
# Removes the five operations on virtual networks from the copy's names.yaml first, so that the update stops for them.
# Needs the upstream documents in ../shared/upstream, and uses the recordings in ../shared/recordings if there are any.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$root/target/update-transcript
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0} CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target} # shared, so that dependencies are built once

rm -rf "$copy"
mkdir -p "$copy/main"
ln -s "$(realpath "${KATAPULT_SHARED:-../shared}")" "$copy/shared"
git ls-files -z | xargs -0 cp --parents -t "$copy/main"
cd "$copy/main"
documents() { printf -- '--core ../shared/upstream/katapult-core-%s.json --public ../shared/upstream/katapult-public-%s.json' "$1" "$1"; }
# The code stays at 2.68.0: the handwritten code needs operations that 2024-08 does not have.
# shellcheck disable=SC2046 # words on purpose
cargo --quiet xtask vendor $(documents 2024-08) >&2
# What an earlier update and everyday work leave built: it is not part of an update's time.
cargo --quiet xtask diff openapi openapi --verify >&2
cargo check --quiet --package katapult-core --features full
[ ! -d ../shared/recordings ] || cargo build --quiet --package katapult-contract --bin replay
sed -i '/: virtual_networks\.[a-z]*$/d' openapi/names.yaml

runs() {
    local code command
    command="cargo xtask update $(documents 2.68.0)"
    for _ in 1 2 3 4 5; do
        printf '$ %s\n' "$command"
        code=0
        ${command/xtask/--quiet xtask} 2>&1 || code=$?
        printf '(exit %s)\n' "$code"
        [ "$code" = 3 ] || return "$code"
    done
    echo 'the update is not complete after five runs' >&2
    return 1
}
# Shortens long lists and long lines, and makes paths relative.
short() {
    sed "s#$copy/main/##; s#\.\./shared/##g" | perl -CSD -Mutf8 -ne '
        chomp;
        sub rest { print "  … $more more\n" if $more; $more = 0 }
        if (/^[a-z].* \([0-9]+\)$/) { rest(); $lines = 2 }
        elsif (!/^  /) { rest(); $lines = -1 }
        elsif ($lines == 0) { $more++; next }
        else { $lines-- }
        $_ = substr($_, 0, 149) . "…" if length > 150 && !/cargo xtask/;
        print "$_\n"'
}
text=$(runs | short)
cd "$root"
BLOCK=$text perl -0pi -e 's/(<!-- by docs\/update-transcript\.sh -->\n).*?(<!-- end -->)/"$1```console\n$ENV{BLOCK}\n```\n$2"/se or die "docs/update-transcript.md has no markers\n"' docs/update-transcript.md
rm -rf "$copy"
