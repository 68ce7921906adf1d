#!/bin/sh
# Arrow of Time on the practice corpus: with all cues left in, with bars removed, with the camera's motion removed, too, three
# seeds each; and once on a corpus of which half plays backwards (chance).
#
#     quick-arrow.sh AVPREP FOLDER [SEEDS]     AVPREP: the program; FOLDER: where to work, kept; SEEDS: default "1 2 3"
#
# After each of the first two, where the answers come from: bars, or what moves. What is done already is not done again.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
avprep=$(realpath "$1")
mkdir -p "$2"
cd "$2"
seeds=${3:-1 2 3}
for corpus in cues-left bars-removed bars-and-motion-removed reversed-at-random; do
    mkdir -p "$corpus"
    cp "$here/pipelines/quick-arrow.yaml" "$corpus/avprep.yaml"
    case $corpus in
        cues-left) settings="--set policy.black_border=keep --set ingest.stabilise.enabled=false" ;;
        bars-removed) settings="--set ingest.stabilise.enabled=false" ;;
        *) settings="" ;;
    esac
    case $corpus in
        cues-left) (cd "$corpus" && "$avprep" synth) ;;
        reversed-at-random)
            test -e "$corpus/videos" || python3 "$here/Tests/Oracles/reverse_videos.py" cues-left/videos "$corpus/videos"
            settings="--set policy.black_border=keep --set ingest.stabilise.enabled=false"
            seeds=${seeds%% *}
            ;;
        *) ln -sfn ../cues-left/videos "$corpus/videos" ;;
    esac
    (cd "$corpus" && "$avprep" ingest $settings > ingest.txt)
    grep segments "$corpus/ingest.txt"
    for seed in $seeds; do
        own="$settings --set seed=$seed --set folders.shards=shards-$seed --set train.name=seed-$seed"
        (
            cd "$corpus"
            "$avprep" shard $own > shard.txt
            "$avprep" train $own > train.txt
            "$avprep" evaluate $own --scores "scores-$seed.csv" > "evaluate-$seed.txt"
        )
        echo "== $corpus, seed $seed"
        if test "$corpus" = reversed-at-random; then
            grep arrow_of_time "$corpus/evaluate-$seed.txt"
        else
            python3 "$here/Tests/Oracles/arrow_table.py" cues-left/videos/truth.json \
                "$corpus/runs/seed-$seed/evaluation.json" "$corpus/scores-$seed.csv"
            # Where the answers come from, as long as the truth's places are those of the pictures.
            cropped=yes
            test "$corpus" = cues-left && cropped=no
            test "$corpus" = bars-and-motion-removed || "$here/.venv/bin/python" "$here/Tests/Oracles/arrow_map.py" \
                "$avprep" "$corpus" "seed-$seed" "$cropped" $(echo "$own" | sed 's/--set //g')
        fi
    done
done
