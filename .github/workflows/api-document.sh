#!/usr/bin/env bash
# api-document.sh FETCHED REPORT: updates to the documents in the folder FETCHED, and writes the text of the pull request
# to REPORT. Prints `changed=true` or `changed=false` for the workflow.
set -euo pipefail
fetched=$1 report=$2
cd "$(dirname "$0")/../.."

before=$(mktemp -d) log=$(mktemp)
trap 'rm -rf "$before" "$log"' EXIT
cp openapi/katapult-core.json openapi/katapult-public.json "$before"

# `update` stops with 3 where a person must decide, and continues from there when it is run again: names made by rule and
# breaking changes are accepted, to be reviewed in the pull request. Anything else stops it at the same place again.
status=3 last=
for _ in 1 2 3 4; do
    status=0
    cargo xtask update --core "$fetched/katapult-core.json" --public "$fetched/katapult-public.json" \
        --skip-public-api 2>&1 | tee --append "$log" || status=${PIPESTATUS[0]}
    stopped=$(grep '^stopped:' "$log" | tail --lines 1 || true)
    [ "$status" = 3 ] && [ "$stopped" != "$last" ] || break
    last=$stopped
done
if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    exit "$status"
fi

if [ "$status" = 0 ] && git diff --quiet -- openapi katapult-gen CHANGELOG.md; then
    echo 'changed=false' | tee --append "${GITHUB_OUTPUT:-/dev/null}"
    exit
fi
{
    if [ "$status" = 3 ]; then
        printf 'The update stopped: a person must decide. Check out this branch, run the command below, and push.\n\n'
    else
        printf 'The update is complete. Review the names and the changes.\n\n'
    fi
    # 3 means that something breaks, which is what the report is for.
    cargo xtask diff "$before" openapi --markdown || [ $? = 3 ]
    printf '\n<details><summary>Output of <code>cargo xtask update</code></summary>\n\n```\n'
    # A pull request has at most 65,536 characters.
    tail --bytes 30000 "$log"
    printf '```\n\n</details>\n\n'
    printf 'A pull request of this workflow starts no other workflow: close it and open it again to run CI.\n'
} >"$report"
echo 'changed=true' | tee --append "${GITHUB_OUTPUT:-/dev/null}"
