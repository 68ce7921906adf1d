"""How hard the pairs of a practice corpus are: what is reached by someone who knows only what is there, and only when it happens.

    learn_oracles.py WORKSPACE [SHARDS]

WORKSPACE: a folder with videos/ (with truth.json); SHARDS: the folder of shards in it. Three answers to each test pair, from the
truth of its two clips alone:

- semantics: the kinds of the objects in the picture, and of those that are heard; no times;
- timing: the times at which objects strike in the picture, and at which sounds begin; no kinds;
- both: times by kind.

Each is a gradient-boosted classifier of a few counts, taught on the pairs of the training split. What it does not reach is not in
the pairs, but for what the counts leave out. A JSON object on the standard output, shares of right answers by kind of knowledge and set.
"""

import json
import pathlib
import sys

import h5py
import numpy
from sklearn.ensemble import HistGradientBoostingClassifier

# How far a strike and its sound may lie apart, in seconds: less than a picture at 16 a second.
NEAR = 0.05


def clips(shards, split, names):
    """Of each pair of the sets that are there: its label, and file and start of its two clips, in seconds."""
    for shard in sorted(shards.glob(f"{split}-*.h5")):
        if shard.name.count(".") > 1:
            continue
        with h5py.File(shard) as file:
            table = file["segments"]
            sources = [pathlib.Path(source).name for source in table["source"].asstr()[:]]
            starts, fps = table["start_seconds"][:], file["frames"].attrs["fps"]
            for name in names:
                if name not in file["pairs"]:
                    continue
                pairs = file["pairs"][name]
                columns = (pairs[key][:] for key in ("label", "video_segment", "video_start_frame", "audio_segment", "audio_start_seconds"))
                for label, seen, frame, heard, second in zip(*columns):
                    yield (
                        name,
                        int(label),
                        (sources[seen], starts[seen] + frame / fps, pairs.attrs["clip_seconds"]),
                        (sources[heard], starts[heard] + second, pairs.attrs["sound_seconds"]),
                    )


def matched(seen, heard):
    """How many of the times in `seen` have one of `heard` near."""
    return sum(any(abs(a - b) < NEAR for b in heard) for a in seen)


def counts(videos, seen, heard):
    """What each kind of knowledge counts in a pair."""
    (film, begin, length), (sound, start, duration) = seen, heard
    strikes = [(e["seconds"] - begin, e["kind"]) for e in videos[film]["events"] if e["visible"] and begin <= e["seconds"] < begin + length]
    sounds = [(e["sound_seconds"] - start, e["kind"]) for e in videos[sound]["events"] if e["audible"] and start <= e["sound_seconds"] < start + duration]
    shown = {thing["kind"] for thing in videos[film]["objects"] if not thing.get("unseen")}
    kinds = {kind for _, kind in sounds}
    semantics = [len(shown), len(kinds), len(shown & kinds)]
    times, onsets = [time for time, _ in strikes], [time for time, _ in sounds]
    timing = [len(times), len(onsets), matched(times, onsets), matched(onsets, times)]
    both = []
    for kind in shown | kinds:
        of_kind = [time for time, k in strikes if k == kind], [time for time, k in sounds if k == kind]
        both.append((matched(*of_kind), len(of_kind[1]), len(of_kind[0]), kind in shown))
    whole = [
        sum(row[0] for row in both),
        sum(row[1] for row in both if row[3]),
        sum(row[1] for row in both if not row[3]),
        # Of the kind that is told best.
        max((row[0] / max(row[1], row[2], 1) for row in both), default=0),
    ]
    return semantics, timing, semantics + timing + whole


def main():
    workspace = pathlib.Path(sys.argv[1])
    shards = workspace / (sys.argv[2] if len(sys.argv) > 2 else "shards")
    videos = {video["file"]: video for video in json.loads((workspace / "videos/truth.json").read_text())["videos"]}
    known = ("semantics", "timing", "both")

    def table(split, names):
        rows = list(clips(shards, split, names))
        features = [counts(videos, seen, heard) for _, _, seen, heard in rows]
        return (
            numpy.array([name for name, *_ in rows]),
            numpy.array([label for _, label, *_ in rows]),
            {kind: numpy.array([feature[index] for feature in features]) for index, kind in enumerate(known)},
        )

    _, taught, features = table("train", ("easy", "mixed"))
    sets, labels, test = table("test", ("easy", "hard"))
    report = {}
    for kind in known:
        judge = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, random_state=0).fit(features[kind], taught)
        right = judge.predict(test[kind]) == labels
        report[kind] = {str(name): round(float(right[sets == name].mean()), 4) for name in sorted(set(sets))}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
