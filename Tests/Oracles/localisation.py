"""How often a run's map has its peak within the object that sounds, on test videos of the practice corpus.

    localisation.py AVPREP WORKSPACE RUN

AVPREP: the program; WORKSPACE: a folder with avprep.yaml, videos/ with truth.json, shards/ and runs/RUN. Each event of a test
video that is seen and heard is looked at in the clip nearest to it. Beside the share of hits stand two answers that look at
nothing: a peak anywhere with equal chance, and one in the middle of the picture.
"""

import json
import math
import pathlib
import subprocess
import sys

import h5py

BOUNCING = {"ball", "crate", "hoop"}
SHUTTLING = {"rattle", "gem"}


def centre(event, radius, width):
    """Of the object when it sounds, in pixels: the truth's place is where it touches what it strikes."""
    x, y = event["place"]
    # Squashed by a third on average.
    reach = 0.7 * radius
    if event["kind"] in BOUNCING:
        return x, y - reach
    if event["kind"] in SHUTTLING:
        return (x + reach if x < width / 2 else x - reach), y
    return x, y


def main():
    avprep, workspace, run = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    truth = json.loads((workspace / "videos/truth.json").read_text())
    names = set()
    for shard in sorted((workspace / "shards").glob("test-*.h5")):
        if "." in shard.stem:
            continue
        with h5py.File(shard) as file:
            for source in file["segments/source"].asstr()[:]:
                names.add(pathlib.Path(source).name)
    videos = [video for video in truth["videos"] if video["file"] in names]
    arguments = [avprep, "localise", "--name", run, "--hop", "0.0625", "--no-video", "--quiet", "--json"]
    arguments += [f"videos/{video['file']}" for video in videos]
    outcomes = json.loads(subprocess.run(arguments, cwd=workspace, check=True, capture_output=True).stdout)
    width, height = truth["settings"]["width"], truth["settings"]["height"]
    hits, central, chance, count, alone, alone_hits = 0, 0, 0.0, 0, 0, 0
    for video, outcome in zip(videos, outcomes):
        clips = outcome["report"]["clips"]
        side = outcome["report"]["crop_share"] * min(width, height)
        heard = [event for event in video["events"] if event["visible"] and event["audible"]]
        for event in heard:
            clip = min(clips, key=lambda clip: abs(clip["seconds"] - event["seconds"]))
            # Beyond the first and the last clip nothing was looked at.
            if abs(clip["seconds"] - event["seconds"]) > 0.07:
                continue
            # The network sees a square in the middle, which need not hold the object.
            place = centre(event, video["objects"][event["object"]]["radius"], width)
            if max(abs(place[0] - width / 2), abs(place[1] - height / 2)) > side / 2:
                continue
            radius = video["objects"][event["object"]]["radius"]
            hit = math.hypot(clip["x"] * width - place[0], clip["y"] * height - place[1]) <= radius
            count += 1
            hits += hit
            central += math.hypot(width / 2 - place[0], height / 2 - place[1]) <= radius
            chance += min(1, math.pi * radius**2 / side**2)
            others = {
                other["object"]
                for other in heard
                if other["object"] != event["object"] and abs(other["seconds"] - event["seconds"]) < 0.5
            }
            if not others:
                alone += 1
                alone_hits += hit
    print(f"{count} events in {len(videos)} test videos")
    print(f"peak within the object that sounds: {100 * hits / count:.1f} %")
    print(f"  where no other sounds in that second: {100 * alone_hits / max(1, alone):.1f} % of {alone}")
    print(f"a peak anywhere: {100 * chance / count:.1f} %, in the middle: {100 * central / count:.1f} %")


main()
