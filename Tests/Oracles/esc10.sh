#!/bin/sh
# ESC-10's recordings told by a linear SVM on what a run's audio network hears, beside the same network untrained.
#
#     esc10.sh AVPREP RUN ESC10     AVPREP: the program; RUN: a folder under runs, of a pipeline file two folders above;
#                                   ESC10: a folder for each class, "001 - Dog bark/1-100032-A.ogg": fold, recording, take
set -eu
avprep=$(realpath "$1")
run=$(realpath "$2")
sounds=$(realpath "$3")
cd "$run/../.."
"$avprep" classify -q --run "$(basename "$run")" --manifest "$sounds" --out esc10.classified --overwrite
