"""How often a run's map has its peak within an object that sounds, on test videos of the practice corpus.

    localisation.py AVPREP WORKSPACE RUN [SETTING…]

AVPREP: the program; WORKSPACE: a folder with avprep.yaml, videos/ with truth.json (`synth.boxes: true`), shards/ and runs/RUN;
SETTING: key=value, those of the run. Looked at is every eighth of a second in which something sounds: an object with an event
that is heard less than half a second away, in its box of that frame, if the middle of the box lies in the square that the
network sees. Beside the share of hits stand two answers that look at nothing: a peak anywhere with equal chance, and one in
the middle of the picture.
"""

import json
import pathlib
import subprocess
import sys

import h5py

NEAR = 0.5
GRID = 32


def main():
    avprep, workspace, run = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    settings = [part for setting in sys.argv[4:] for part in ("--set", setting)]
    truth = json.loads((workspace / "videos/truth.json").read_text())
    names = set()
    for shard in sorted((workspace / "shards").glob("test-*.h5")):
        if "." in shard.stem:
            continue
        with h5py.File(shard) as file:
            names |= {pathlib.Path(source).name for source in file["segments/source"].asstr()[:]}
    videos = [video for video in truth["videos"] if video["file"] in names]
    arguments = [avprep, "localise", "--name", run, "--hop", "0.125", "--no-video", "--quiet", "--json", *settings]
    arguments += [f"videos/{video['file']}" for video in videos]
    outcomes = json.loads(subprocess.run(arguments, cwd=workspace, check=True, capture_output=True).stdout)
    width, height, fps = (truth["settings"][key] for key in ("width", "height", "fps"))
    # Hit, in the middle, chance, and whether the video has one object: of each moment. And hits by kind, where one sounds.
    rows, kinds = [], {}
    for video, outcome in zip(videos, outcomes):
        report = outcome["report"]
        side = report["crop_share"] * min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        places = [{box[0]: box[1:] for box in thing["boxes"]} for thing in video["objects"]]
        for clip in report["clips"]:
            frame = int(clip["seconds"] * fps)
            sounding = {
                event["object"]
                for event in video["events"]
                if event["audible"] and abs(event["sound_seconds"] - clip["seconds"]) < NEAR
            }
            boxes = {}
            for thing in sounding:
                box = places[thing].get(frame)
                if box and left <= (box[0] + box[2]) / 2 < left + side and top <= (box[1] + box[3]) / 2 < top + side:
                    boxes[thing] = box
            if not boxes:
                continue

            def inside(x, y):
                return any(box[0] <= x < box[2] and box[1] <= y < box[3] for box in boxes.values())

            hit = inside(clip["x"] * width, clip["y"] * height)
            grid = [(n + 0.5) / GRID * side for n in range(GRID)]
            chance = sum(inside(left + x, top + y) for x in grid for y in grid) / GRID**2
            rows.append((hit, inside(width / 2, height / 2), chance, len(places) == 1))
            if len(boxes) == 1:
                kinds.setdefault(video["objects"][next(iter(boxes))]["kind"], []).append(hit)

    def share(values):
        values = list(values)
        return 100 * sum(values) / max(1, len(values))

    print(f"{len(rows)} moments in which something sounds, of {len(videos)} test videos")
    print(f"peak within an object that sounds: {share(row[0] for row in rows):.1f} %")
    alone = [row for row in rows if row[3]]
    print(f"  in videos with one object: {share(row[0] for row in alone):.1f} % of {len(alone)}")
    print("  " + ", ".join(f"{kind} {share(hits):.0f} %" for kind, hits in sorted(kinds.items())))
    print(f"a peak anywhere: {share(row[2] for row in rows):.1f} %, in the middle: {share(row[1] for row in rows):.1f} %")


main()
