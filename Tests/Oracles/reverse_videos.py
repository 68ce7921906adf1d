"""Plays every second video of a folder backwards, which ones is drawn at random: a corpus in which time has no direction.

    python reverse_videos.py VIDEOS INTO [SEED]

Pictures that are turned round are coded anew, and so are the others, alike; sound is copied. ffmpeg must be installed.
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
    generator = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    backwards = set(generator.sample(videos, len(videos) // 2))
    for video in videos:
        turn = ["-vf", "reverse"] if video in backwards else []
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", video, *turn, "-c:v", "libx264", "-preset", "superfast", "-crf", "18",
             "-c:a", "copy", target / video.name],
            check=True)


if __name__ == "__main__":
    main()
