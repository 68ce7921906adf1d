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
{
    echo path,label,fold,recording
    for class in "$sounds"/*/; do
        name=$(basename "$class")
        for file in "$class"*; do
            base=$(basename "$file")
            fold=${base%%-*}
            rest=${base#*-}
            echo "$name/$base,${name#* - },$fold,${rest%%-*}"
        done
    done
} > esc10.csv
"$avprep" embed "$sounds" -q --name "$(basename "$run")" --out esc10.h5 --overwrite
"$avprep" embed "$sounds" -q --name "$(basename "$run")" --random --out esc10-random.h5 --overwrite
"$avprep" classify -q --features esc10.h5 --control esc10-random.h5 --manifest esc10.csv --out esc10.classified
