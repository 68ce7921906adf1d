#!/bin/sh
# Where a small L3-Net's answers come from, on the practice corpus: how often its map has its peak within what sounds.
#
#     quick-localise.sh AVPREP FOLDER [SEED…]     AVPREP: the program; FOLDER: where to work, kept; SEED: default 1
#
# What is done already is not done again.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
avprep=$(realpath "$1")
mkdir -p "$2"
cd "$2"
shift 2
first=""
for seed in "${@:-1}"; do
    mkdir -p "seed-$seed"
    cp "$here/pipelines/quick-localise.yaml" "seed-$seed/avprep.yaml"
    # One corpus for all; the seed decides which videos are tested on.
    test -n "$first" || first=$seed
    test "$first" = "$seed" || ln -sfn "../seed-$first/videos" "seed-$seed/videos"
    start=$(date +%s)
    (
        cd "seed-$seed"
        test "$first" != "$seed" || "$avprep" synth
        "$avprep" run --set seed="$seed" > run.txt
    )
    echo "== seed $seed: $(($(date +%s) - start)) s with preparation"
    grep -A2 "test negatives" "seed-$seed/run.txt"
    "$here/.venv/bin/python" "$here/Tests/Oracles/localisation.py" "$avprep" "seed-$seed" quick-localise seed="$seed"
done
