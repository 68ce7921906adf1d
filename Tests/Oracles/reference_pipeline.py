"""What a careful Python programmer's preparation of the same data costs, kernel by kernel.

    python reference_pipeline.py [--seconds 10] [--output FOLDER] FILE...

Makes of each video what `avprep ingest` makes by default, with PyAV, OpenCV, NumPy, SciPy and h5py: segments of at most
10 s; frames at 25 a second by presentation time, short side 256, as JPEG; dense inverse search flow (medium) between
neighbours, quantised to 8 bits, as JPEG; a homography to the segment's central frame at every fifth frame; sound as
16-bit PCM and AVTS mel spectrogram at 16 kHz and as L3 log spectrogram at 48 kHz; black borders cropped; the file's
SHA-256; one HDF5 file a video. It decodes once, scales only pictures that are shown, and does nothing twice for a
picture that is shown twice. It looks for no cuts, no stillness and no silence, isolates no decoder, resumes nothing.

Everything runs on one thread. Prints one JSON object; all times are CPU seconds of this process:

    cpu_seconds           all the work, without starting Python and loading its libraries
    startup_cpu_seconds   that
    kernels               where the time went, by kernel
    glue_cpu_seconds      what no kernel accounts for
    video_seconds         length of what was prepared: frames / 25
    files                 per file: seconds, frames, segments, bytes written, decode errors; or why it was skipped
"""

import os
import time

for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import argparse
import collections
import contextlib
import hashlib
import json
import resource
import sys
import tempfile

import av
import cv2
import h5py
import numpy as np
import scipy
import scipy.fft
import scipy.signal

FPS = 25
SHORT_SIDE = 256
SEGMENT_FRAMES = 10 * FPS
SHORTEST_SEGMENT = FPS
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]
FLOW_BOUND = 20.0
MOTION_STEP = 5
BORDER_PROBES = 5
BORDER_LEVEL = 10.0
# Times in containers are rounded, to a millisecond in Matroska and WebM.
ROUNDING = 0.0006
# Shorter holes in the sound are rounding, or priming samples.
SMALLEST_GAP = 0.05


class Kernels:
    """CPU seconds by kernel. Kernels do not nest."""

    def __init__(self):
        self.seconds = collections.defaultdict(float)

    @contextlib.contextmanager
    def __call__(self, name):
        begin = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - begin


kernel = Kernels()


class Skipped(Exception):
    """Why a file has nothing to prepare."""


# ---- Sound

def mel_filters(rate, n_fft, bands):
    """Slaney's mel filters of equal area, [band, bin], as librosa's default."""
    def to_mel(hertz):
        return 15 + 27 * np.log(hertz / 1000) / np.log(6.4) if hertz >= 1000 else hertz * 3 / 200

    mels = np.linspace(0, to_mel(rate / 2), bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return (np.maximum(triangles, 0) * 2 / (high - low)).astype(np.float32)


class Spectrogram:
    """Frame i is made of samples [i * hop, i * hop + window); zeros past the end."""

    def __init__(self, rate, n_fft, window, hop, bands=None):
        self.rate, self.n_fft, self.hop, self.length = rate, n_fft, hop, window
        self.window = scipy.signal.get_window("hann", window).astype(np.float32)
        self.filters = None if bands is None else np.ascontiguousarray(mel_filters(rate, n_fft, bands).T)
        self.bins = n_fft // 2 + 1 if bands is None else bands

    def __call__(self, samples):
        frames = len(samples) // self.hop
        padded = np.concatenate([samples, np.zeros(self.length, np.float32)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.length)[:: self.hop][:frames]
        spectrum = scipy.fft.rfft(windows * self.window, self.n_fft)
        if self.filters is None:
            values = np.abs(spectrum)
        else:
            values = (spectrum.real**2 + spectrum.imag**2) @ self.filters
        return np.log(np.maximum(values, np.float32(1e-10)))


MEL = Spectrogram(16_000, 1024, 320, 160, bands=40)
LOGSPEC = Spectrogram(48_000, 512, 480, 240)


class Sound:
    """Mono sound at several rates; sample n sits `n / rate` after `start` on the presentation clock."""

    def __init__(self, rates, start):
        self.start = start
        self.resamplers = {rate: av.AudioResampler("flt", "mono", rate) for rate in rates}
        self.pieces = {rate: [] for rate in rates}
        # Samples dropped yet to come (sound that begins before the start).
        self.surplus = None
        self.end = start

    def add(self, frame):
        at = self.end if frame.pts is None else float(frame.pts * frame.time_base)
        if self.surplus is None:
            self.end = at
            self.surplus = {rate: round((self.start - at) * rate) for rate in self.pieces}
        gap = at - self.end
        if gap > SMALLEST_GAP:
            for rate in self.pieces:
                self._append(rate, np.zeros(round(gap * rate), np.float32))
            self.end = at
        self.end += frame.samples / frame.sample_rate
        self._resample(frame)

    def finish(self):
        if self.surplus is not None:
            self._resample(None)

    def take(self, first, count):
        """Samples of the stretch `[first, first + count)` in frames of FPS, by rate; zeros where there are none."""
        stretch = {}
        for rate, pieces in self.pieces.items():
            samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
            wanted = count * rate // FPS
            stretch[rate] = np.pad(samples[:wanted], (0, max(0, wanted - len(samples))))
            self.pieces[rate] = [samples[wanted:]]
        return stretch

    def _resample(self, frame):
        for rate, resampler in self.resamplers.items():
            for out in resampler.resample(frame):
                self._append(rate, out.to_ndarray()[0])

    def _append(self, rate, samples):
        surplus = self.surplus[rate]
        if surplus < 0:
            self.pieces[rate].append(np.zeros(-surplus, np.float32))
            self.surplus[rate] = 0
        elif surplus > 0:
            dropped = min(surplus, len(samples))
            self.surplus[rate] -= dropped
            samples = samples[dropped:]
        self.pieces[rate].append(samples)


# ---- Pictures

class Shape:
    """How source pictures become stored ones: rotated, cropped, scaled so that the short side is SHORT_SIDE."""

    def __init__(self, frame, pixel_aspect, margins):
        """`margins` are (top, bottom, left, right) as shares of the picture."""
        self.turns = round(frame.rotation / 90) % 4
        width, height = frame.width * float(pixel_aspect or 1), frame.height
        top, bottom, left, right = margins
        scale = SHORT_SIDE / min(width * (1 - left - right), height * (1 - top - bottom))
        self.width, self.height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
        self.rows = slice(round(top * self.height), self.height - round(bottom * self.height))
        self.columns = slice(round(left * self.width), self.width - round(right * self.width))

    def __call__(self, frame):
        """The stored picture of a source frame, BGR."""
        picture = frame.to_ndarray(
            width=self.width, height=self.height, format="bgr24", interpolation="BILINEAR")
        picture = np.rot90(picture[self.rows, self.columns], self.turns)
        return np.ascontiguousarray(picture)


def border_margins(container, stream):
    """Rows and columns that stay dark in pictures spread over the video: (top, bottom, left, right) as shares."""
    duration = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
    first = float((stream.start_time or 0) * stream.time_base)
    rows = columns = None
    for probe in range(BORDER_PROBES):
        at = first + duration * (probe + 0.5) / BORDER_PROBES
        try:
            container.seek(int(at / stream.time_base), stream=stream)
            frame = next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration):
            continue
        grey = frame.to_ndarray(format="gray")
        means = [cv2.reduce(grey, axis, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() for axis in (1, 0)]
        if rows is None:
            rows, columns = means
        elif len(rows) == len(means[0]) and len(columns) == len(means[1]):
            rows, columns = np.maximum(rows, means[0]), np.maximum(columns, means[1])
    if rows is None or rows.max() < BORDER_LEVEL or columns.max() < BORDER_LEVEL:
        return (0, 0, 0, 0)
    bright = [np.flatnonzero(line >= BORDER_LEVEL) for line in (rows, columns)]
    return (
        bright[0][0] / len(rows), 1 - (bright[0][-1] + 1) / len(rows),
        bright[1][0] / len(columns), 1 - (bright[1][-1] + 1) / len(columns))


def encode(picture):
    done, jpeg = cv2.imencode(".jpg", picture, JPEG)
    if not done:
        raise RuntimeError("cv2.imencode failed")
    return jpeg.ravel()


class Motion:
    """Homographies to the central frame: Lucas-Kanade forward and backward, then RANSAC."""

    corners = dict(maxCorners=500, qualityLevel=0.01, minDistance=5, blockSize=11)
    tracking = dict(
        winSize=(19, 19), maxLevel=3, minEigThreshold=0.001,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.03))

    @classmethod
    def of(cls, greys):
        """[frame, 9] homographies, zero where there is none, and [frame] inlier counts and mean squared errors."""
        homographies = np.zeros((len(greys), 9), np.float32)
        inliers, errors = np.zeros(len(greys), np.int32), np.zeros(len(greys), np.float32)
        centre = len(greys) // 2
        with kernel("corners"):
            points = cv2.goodFeaturesToTrack(greys[centre], **cls.corners)
        homographies[centre] = np.eye(3).ravel()
        inliers[centre] = 0 if points is None else len(points)
        if points is None:
            return homographies, inliers, errors
        for index in range(0, len(greys), MOTION_STEP):
            if index == centre:
                continue
            with kernel("tracking"):
                there, found, _ = cv2.calcOpticalFlowPyrLK(
                    greys[centre], greys[index], points, None, **cls.tracking)
                back, found_back, _ = cv2.calcOpticalFlowPyrLK(
                    greys[index], greys[centre], there, None, **cls.tracking)
                near = np.abs(back - points).sum(axis=(1, 2)) <= 1
                good = near & (found.ravel() == 1) & (found_back.ravel() == 1)
            if good.sum() < 6:
                continue
            with kernel("ransac"):
                matrix, mask = cv2.findHomography(there[good], points[good], cv2.RANSAC, 0.5)
                if matrix is None:
                    continue
                agree = mask.ravel() == 1
                residual = cv2.perspectiveTransform(there[good][agree], matrix) - points[good][agree]
                homographies[index] = matrix.ravel()
                inliers[index] = agree.sum()
                errors[index] = (residual**2).sum(axis=(1, 2)).mean() if agree.any() else 0
        return homographies, inliers, errors


class Segment:
    """Pictures of one segment as they come."""

    def __init__(self, first, flow):
        self.first = first
        self.flow = flow
        self.jpegs, self.flows, self.greys = [], [], []
        self.size = None

    def repeat(self):
        """The last picture stays on screen for one frame more."""
        self.jpegs.append(self.jpegs[-1])
        self.greys.append(self.greys[-1])
        height, width = self.greys[-1].shape
        with kernel("flow_jpeg"):
            self.flows.append(encode(np.full((2 * height, width), 128, np.uint8)))

    def add(self, picture):
        with kernel("frame_jpeg"):
            self.jpegs.append(encode(picture))
        with kernel("grey"):
            self.greys.append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
        self.size = picture.shape[:2]
        if len(self.greys) > 1:
            with kernel("flow"):
                field = self.flow.calc(self.greys[-2], self.greys[-1], None)
            with kernel("flow_jpeg"):
                # round(255 * (v + bound) / (2 * bound)), rounded and clipped in one pass; x above y.
                levels = cv2.addWeighted(field, 255 / (2 * FLOW_BOUND), field, 0, 127.5, dtype=cv2.CV_8U)
                self.flows.append(encode(np.concatenate(cv2.split(levels))))

    def cut(self, count):
        del self.jpegs[count:], self.greys[count:], self.flows[max(0, count - 1):]

    def __len__(self):
        return len(self.jpegs)


# ---- The file

class Output:
    """One HDF5 file a video: rows are appended segment by segment."""

    def __init__(self, path):
        self.file = h5py.File(path, "w", libver="latest")
        self.file.attrs.update(format="avprep-reference", fps=float(FPS), flow_bound=FLOW_BOUND)
        self.datasets = {}

    def append(self, name, values, compression=None):
        values = np.asarray(values)
        dataset = self.datasets.get(name)
        if dataset is None:
            shape = values.shape[1:]
            rows = max(1, min(len(values), (1 << 18) // (int(np.prod(shape)) * values.itemsize)))
            options = dict(compression=compression, shuffle=True) if compression else {}
            dataset = self.datasets[name] = self.file.create_dataset(
                name, (0, *shape), values.dtype, maxshape=(None, *shape), chunks=(rows, *shape), **options)
        first = dataset.shape[0]
        dataset.resize(first + len(values), axis=0)
        dataset[first:] = values
        return first

    def append_pictures(self, name, jpegs):
        base = self.append(f"{name}/bytes", np.concatenate(jpegs) if jpegs else np.zeros(0, np.uint8))
        ends = base + np.cumsum([len(jpeg) for jpeg in jpegs], dtype=np.int64)
        if f"{name}/offsets" not in self.datasets:
            self.append(f"{name}/offsets", np.zeros(1, np.int64))
        return self.append(f"{name}/offsets", ends) - 1

    def write(self, segment, sound):
        homographies, inliers, errors = Motion.of(segment.greys)
        with kernel("mel"):
            mel = MEL(sound[MEL.rate])
        with kernel("logspec"):
            logspec = LOGSPEC(sound[LOGSPEC.rate])
            logspec = logspec.astype(np.float16)
        with kernel("pcm"):
            pcm = np.rint(np.clip(sound[16_000] * 32768, -32768, 32767)).astype(np.int16)
        with kernel("hdf5"):
            row = dict(
                start_frame=segment.first, frame_count=len(segment), height=segment.size[0], width=segment.size[1],
                frame_first=self.append_pictures("frames", segment.jpegs),
                flow_first=self.append_pictures("flow/forward", segment.flows),
                mel_first=self.append("audio/mel", mel, "gzip"), mel_count=len(mel),
                logspec_first=self.append("audio/logspec", logspec, "gzip"), logspec_count=len(logspec),
                pcm_first=self.append("audio/pcm", pcm[:, None], "gzip"), pcm_count=len(pcm))
            self.append("motion/homography", homographies.reshape(-1, 3, 3))
            self.append("motion/inliers", inliers)
            self.append("motion/error", errors)
            for name, value in row.items():
                self.append(f"segments/{name}", [value])


class Preparation:
    """The pass over one video."""

    def __init__(self, path, output, seconds):
        self.output = output
        self.flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.errors = self.frames = self.segments = 0
        self.open(path)
        with kernel("borders"):
            self.margins = border_margins(self.container, self.video)
            self.container.close()
        # In a transport stream, seeking back to the first picture may miss it.
        self.open(path)
        self.start = max(
            float((stream.start_time or 0) * stream.time_base) for stream in (self.video, self.audio))
        self.limit = float("inf") if seconds is None else self.start + seconds
        self.sound = Sound((16_000, 48_000), self.start)
        self.shape = None
        self.held, self.held_time, self.is_shown = None, None, False
        self.next = 0
        self.segment = Segment(0, self.flow)
        self.waiting = collections.deque()

    def open(self, path):
        with kernel("open"):
            self.container = av.open(path, metadata_errors="replace")
            if not self.container.streams.video or not self.container.streams.audio:
                raise Skipped("no picture" if not self.container.streams.video else "no sound")
            self.video, self.audio = self.container.streams.video[0], self.container.streams.audio[0]
            for stream in (self.video, self.audio):
                stream.thread_type = "NONE"
                stream.codec_context.thread_count = 1

    def run(self):
        streams = [self.video, self.audio]
        ended = set()
        for packet in self.container.demux(streams):
            if packet.stream in ended:
                continue
            is_video = packet.stream is self.video
            try:
                with kernel("video_decode" if is_video else "audio_decode"):
                    decoded = packet.decode()
            except av.error.FFmpegError:
                self.errors += 1
                continue
            for frame in decoded:
                if is_video:
                    self.take_picture(frame)
                else:
                    with kernel("audio_resample"):
                        self.sound.add(frame)
                if frame.pts is not None and float(frame.pts * frame.time_base) >= self.limit:
                    ended.add(packet.stream)
            self.write_complete()
            if len(ended) == len(streams):
                break
        self.finish()

    def take_picture(self, frame):
        if frame.pts is None:
            self.errors += 1
            return
        at = float(frame.pts * frame.time_base)
        self.show_until(at)
        self.held, self.held_time, self.is_shown = frame, at, False

    def show_until(self, end):
        """Emits the held picture for each frame time before `end`."""
        end = min(end, self.limit)
        while self.held is not None and self.start + self.next / FPS < end - ROUNDING:
            if len(self.segment) == SEGMENT_FRAMES:
                self.waiting.append(self.segment)
                self.segment = Segment(self.next, self.flow)
                self.is_shown = False
            if self.is_shown:
                self.segment.repeat()
            else:
                if self.shape is None:
                    self.shape = Shape(self.held, self.video.codec_context.sample_aspect_ratio, self.margins)
                with kernel("scale"):
                    picture = self.shape(self.held)
                self.segment.add(picture)
                self.is_shown = True
            self.next += 1

    def write_complete(self):
        while self.waiting:
            segment = self.waiting[0]
            # Resamplers hold back a few milliseconds.
            if self.sound.end < self.start + (segment.first + len(segment)) / FPS + 0.1:
                return
            self.write(self.waiting.popleft())

    def finish(self):
        if self.held is not None:
            rate = float(self.video.average_rate or FPS)
            self.show_until(self.held_time + 1 / rate)
        with kernel("audio_resample"):
            self.sound.finish()
        self.waiting.append(self.segment)
        common = int((self.sound.end - self.start) * FPS + 1e-6)
        for segment in self.waiting:
            segment.cut(max(0, min(len(segment), common - segment.first)))
            if len(segment) >= SHORTEST_SEGMENT:
                self.write(segment)
        self.container.close()

    def write(self, segment):
        with kernel("audio_resample"):
            sound = self.sound.take(segment.first, len(segment))
        self.output.write(segment, sound)
        self.frames += len(segment)
        self.segments += 1


def prepare(path, folder, seconds):
    begin = time.process_time()
    try:
        with kernel("hash"), open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        target = os.path.join(folder, digest + ".h5")
        output = Output(target)
        try:
            preparation = Preparation(path, output, seconds)
            preparation.run()
        finally:
            with kernel("hdf5"):
                output.file.close()
    except Skipped as reason:
        return dict(file=path, skipped=str(reason))
    except (av.error.FFmpegError, cv2.error, OSError, ValueError) as error:
        return dict(file=path, failed=f"{type(error).__name__}: {error}")
    return dict(
        file=path, cpu_seconds=time.process_time() - begin, frames=preparation.frames,
        video_seconds=preparation.frames / FPS, segments=preparation.segments, bytes=os.path.getsize(target),
        decode_errors=preparation.errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--seconds", type=float, help="prepare no more of each video")
    parser.add_argument("--output", metavar="FOLDER", help="keep the prepared files here")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    av.logging.set_level(None)
    startup = time.process_time()
    with contextlib.ExitStack() as stack:
        folder = arguments.output or stack.enter_context(tempfile.TemporaryDirectory(prefix="reference-pipeline-"))
        os.makedirs(folder, exist_ok=True)
        files = [prepare(path, folder, arguments.seconds) for path in arguments.files]
    total = time.process_time() - startup
    json.dump(
        dict(
            cpu_seconds=total, startup_cpu_seconds=startup,
            kernels=dict(sorted(kernel.seconds.items(), key=lambda item: -item[1])),
            glue_cpu_seconds=total - sum(kernel.seconds.values()),
            video_seconds=sum(file.get("video_seconds", 0) for file in files),
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, files=files,
            versions=dict(
                python=sys.version.split()[0], av=av.__version__, opencv=cv2.__version__, numpy=np.__version__,
                scipy=scipy.__version__, h5py=h5py.__version__)),
        sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
