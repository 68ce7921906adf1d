"""Gives every video of a folder the sound of another one, drawn at random: a corpus in which nothing can be learnt.

    python exchange_sounds.py VIDEOS INTO [SEED]

Streams are copied, not coded anew; ffmpeg must be installed. No video keeps its own sound.
"""

import pathlib
import random
import subprocess
import sys


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    videos = sorted(source.glob("*.mp4"))
    if len(videos) < 2:
        sys.exit(f"{source} holds fewer than two .mp4 files")
    target.mkdir(parents=True, exist_ok=True)
    others = videos[:]
    generator = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    while any(own == other for own, other in zip(videos, others)):
        generator.shuffle(others)
    for own, other in zip(videos, others):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", own, "-i", other, "-map", "0:v", "-map", "1:a", "-c", "copy", "-shortest",
             target / own.name],
            check=True)


if __name__ == "__main__":
    main()
