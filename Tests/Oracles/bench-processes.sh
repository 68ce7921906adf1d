#!/bin/bash
# How fast one and several processes train one model on this machine's cores: pairs a second, loading included, of the
# quickstart's networks and of wider ones. The candidates alternate; each counts by the median of its reports.
#
# Usage: bench-processes.sh AVPREP [TURNS]. Needs mpirun, and the engine beside AVPREP or in AVPREP_ENGINE and AVPREP_MPI.
set -euo pipefail
avprep=$(readlink -f "$1")
turns=${2:-2}
cores=$(nproc)
work=$(mktemp -d "${TMPDIR:-/tmp}/avprep-processes.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

cat > avprep.yaml <<'END'
ingest:
  segment_seconds: 4
  video: {fps: 16, short_side: 64}
  spectrograms: [{name: avts, preset: avts}]
  flow: {method: off}
shard:
  split: {val: 0, test: 0}
  pairs: {pairs_per_segment: 64}
train:
  device: cpu
  batch_size: 32
  checkpoint_steps: 100000
  model: {crop_size: 48, spectrogram: avts, temporal_head: keep-time, embedding: 128}
  stages: [{name: easy, set: easy, epochs: 1}]
END
"$avprep" synth videos -q --videos 24 --set synth.seconds=8 > /dev/null
"$avprep" ingest -q > /dev/null
"$avprep" shard -q > /dev/null

# Pairs a second, by the lines of metrics.csv.
pace() { awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    $column["report"] == "step" { print $column["clips_per_second"] }' "runs/$1/metrics.csv" | sort -n |
    awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] }'; }

one() { # WIDTH PROCESSES THREADS: one turn
    local name="w$1-p$2-t$3-$RANDOM"
    local launch=()
    [ "$2" = 1 ] || launch=(mpirun --oversubscribe --bind-to none -n "$2")
    "${launch[@]}" "$avprep" train -q --name "$name" --set train.threads="$3" --set train.loader_threads=1 \
        --set train.model.video.width="$1" --set train.model.audio.width="$1" \
        --set train.pairs_per_epoch=$(($1 > 8 ? 640 : 3072)) > /dev/null
    pace "$name"
}

echo "| width | processes | threads of each | pairs a second | of one process on as many cores |"
echo "|---|---|---|---|---|"
for width in 8 32; do
    declare -A best=()
    for _ in $(seq "$turns"); do
        for kind in "1 1" "1 $cores" "$cores 1"; do
            speed=$(one "$width" $kind)
            awk "BEGIN { exit !($speed <= ${best[$kind]:-0}) }" || best[$kind]=$speed
        done
    done
    for kind in "1 1" "1 $cores" "$cores 1"; do
        set -- $kind
        echo "| $width | $1 | $2 | ${best[$kind]} | $(awk "BEGIN { printf \"%.2f\", ${best[$kind]} / ${best[1 $cores]} }") |"
    done
done
