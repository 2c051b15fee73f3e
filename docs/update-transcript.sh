#!/usr/bin/env bash
# Writes anew what CONTRIBUTING.md keeps of `cargo xtask update`: document 2.68.0 is taken in after 2024-08, in a copy of
# the repository. Its names.yaml loses the five operations on virtual networks first, so that the first stop shows.
# Needs the publisher's documents in ../shared/upstream, and takes the recordings in ../shared/recordings if they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=$root/target/update-transcript
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$root/target # what both build is built once

rm -rf "$copy"
mkdir -p "$copy/main"
ln -s "$(realpath ../shared)" "$copy/shared"
git ls-files -z | xargs -0 cp --parents -t "$copy/main"
cd "$copy/main"
documents() { printf -- '--core ../shared/upstream/katapult-core-%s.json --public ../shared/upstream/katapult-public-%s.json' "$1" "$1"; }
# The code stays that of 2.68.0: without what came since, the workspace would not build.
# shellcheck disable=SC2046 # words on purpose
cargo --quiet xtask vendor $(documents 2024-08) >&2
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
    echo 'it does not come to an end' >&2
    return 1
}
# Of a long list the beginning, of a long line too, and paths as they are in the repository.
short() {
    sed "s#$copy/main/##" | perl -CSD -Mutf8 -ne '
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
BLOCK=$text perl -0pi -e 's/(<!-- by docs\/update-transcript\.sh -->\n).*?(<!-- end -->)/"$1```console\n$ENV{BLOCK}\n```\n$2"/se or die "CONTRIBUTING.md has no place for it\n"' CONTRIBUTING.md
rm -rf "$copy"
