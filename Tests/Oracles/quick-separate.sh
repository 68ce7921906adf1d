#!/bin/sh
# On- and off-screen sound on the practice corpus: SDR of held-out mixtures; then a film of the corpus is separated.
#
#     quick-separate.sh AVPREP FOLDER [SEED…]     AVPREP: the program; FOLDER: where to work, kept
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
avprep=$(realpath "$1")
mkdir -p "$2"
cd "$2"
shift 2
for seed in "${@:-1}"; do
    mkdir -p "seed-$seed"
    cp "$here/pipelines/quick-separate.yaml" "seed-$seed/avprep.yaml"
    cd "seed-$seed"
    test -e videos || "$avprep" synth
    start=$(date +%s)
    "$avprep" run --set seed="$seed" > run.txt
    echo "== seed $seed: $(($(date +%s) - start)) s with preparation"
    grep -A4 "SDR of the mixture" run.txt
    "$avprep" separate videos/video-00000.mp4 --into separated --overwrite
    cd ..
done
