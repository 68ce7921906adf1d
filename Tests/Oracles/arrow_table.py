"""Accuracy on test clips by what their videos show, from `avprep evaluate --scores` and the corpus' truth.

    python arrow_table.py TRUTH EVALUATION SCORES

Prints a line: all test videos, those with black framing, and those with a moving camera, each with its share of videos.
"""

import csv
import json
import sys


def main():
    with open(sys.argv[1]) as file:
        truth = json.load(file)["videos"]
    with open(sys.argv[2]) as file:
        condition = json.load(file)["conditions"][0]
    with open(sys.argv[3], newline="") as file:
        rows = list(csv.DictReader(file))
    threshold = condition["own_threshold"]["threshold"]
    cues = {}
    for video in truth:
        kinds = {cue["cue"] for cue in video["cues"]}
        cues[video["sha256"]] = ("black-bars" in kinds, bool(kinds & {"pan", "zoom"}))

    def cues_of(identity):
        found = [value for digest, value in cues.items() if digest.startswith(identity)]
        if len(found) != 1:
            sys.exit(f"{len(found)} videos of {sys.argv[1]} have the id {identity}")
        return found[0]

    known = {row["video"]: cues_of(row["video"]) for row in rows}

    def accuracy(holds):
        chosen = [row for row in rows if holds(known[row["video"]])]
        right = sum((float(row["score"]) > threshold) == (row["label"] == "1") for row in chosen)
        videos = len({row["video"] for row in chosen})
        return f"{100 * right / max(1, len(chosen)):.1f} % ({videos})"

    print(
        f"all {accuracy(lambda cue: True)}, black framing {accuracy(lambda cue: cue[0])}, "
        f"moving camera {accuracy(lambda cue: cue[1])}, neither {accuracy(lambda cue: not any(cue))}; "
        f"AUC {condition['auc']:.3f}")


if __name__ == "__main__":
    main()
