"""Flow of pairs of grey pictures by Python's OpenCV, and what it costs.

opencv_flow.py FOLDER COUNT METHOD REPEATS: reads FOLDER/N-from.pgm and N-to.pgm, writes FOLDER/N-METHOD.flow (float32,
[y, x, (dx, dy)]), prints the least CPU seconds of each pair as a JSON list. One thread.
"""

import json
import sys
import time

import cv2
import numpy

folder, count, method, repeats = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
cv2.setNumThreads(1)
if method == "tvl1":
    flow = cv2.optflow.DualTVL1OpticalFlow_create()
else:
    flow = cv2.DISOpticalFlow_create(getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{method.upper()}"))
seconds = []
for number in range(count):
    start, end = (cv2.imread(f"{folder}/{number}-{name}.pgm", cv2.IMREAD_GRAYSCALE) for name in ("from", "to"))
    least = float("inf")
    for _ in range(repeats):
        before = time.process_time()
        field = flow.calc(start, end, None)
        least = min(least, time.process_time() - before)
    field.astype(numpy.float32).tofile(f"{folder}/{number}-{method}.flow")
    seconds.append(least)
print(json.dumps(seconds))
