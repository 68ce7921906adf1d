#!/bin/sh
# L3-Net on the practice corpus, three seeds, and once with the sounds of all videos exchanged at random (chance).
#
#     quick-l3.sh AVPREP FOLDER     AVPREP: the program; FOLDER: where to work, kept
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
avprep=$(realpath "$1")
mkdir -p "$2"
cd "$2"
for run in seed-1 seed-2 seed-3 exchanged; do
    mkdir -p "$run"
    cp "$here/pipelines/quick-l3.yaml" "$run/avprep.yaml"
    seed=${run#seed-}
    test "$run" = exchanged && seed=1
    if test "$run" = seed-1; then
        (cd "$run" && "$avprep" synth)
    elif test "$run" = exchanged; then
        python3 "$here/Tests/Oracles/exchange_sounds.py" seed-1/videos exchanged/videos
    else
        ln -sfn ../seed-1/videos "$run/videos"
    fi
    start=$(date +%s)
    (cd "$run" && "$avprep" run --set seed="$seed" > run.txt)
    echo "== $run: $(($(date +%s) - start)) s with preparation"
    grep -A2 "test negatives" "$run/run.txt"
done
