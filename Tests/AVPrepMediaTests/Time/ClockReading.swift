import AVPrepMedia
import TestSupport

/// When a reader sees the flashes and hears the clicks of a clip, in seconds of the presentation clock.
struct ClockReading: Decodable {
    /// Of the first white picture of each flash.
    var flashes: [Double]
    /// Of the peak of each click.
    var clicks: [Double]

    /// Frames a second at which our reader looks at a clip.
    static let fps = 25.0

    /// By our reader: flashes on the grid of its frames, so seen up to a frame late.
    static func own(_ path: String) throws -> ClockReading {
        let file = try MediaFile(path: path)
        let request = DecodeRequest(
            fps: fps, shortSide: nil, audio: [AudioFormat(sampleRate: ClockClip.sampleRate, channels: 1)])
        let recorder = Recorder(request)
        _ = try file.decode(request, to: recorder)
        let start = file.info.commonStartSeconds
        return ClockReading(
            flashes: recorder.flashes.map { start + Double($0) / fps },
            clicks: recorder.clicks(format: 0).map { start + $0 })
    }

    /// By PyAV, whose FFmpeg is another one: times of pictures and samples as they come out of the decoder.
    static func byPyAV(_ paths: [String]) throws -> [ClockReading] {
        try Oracle.json(
            [ClockReading].self,
            """
            import av, json, sys, numpy as np

            def frames(path, kind):
                box = av.open(path)
                for packet in box.demux(**{kind: 0}):
                    try:
                        yield from packet.decode()
                    except av.error.FFmpegError:
                        pass

            def read(path):
                pictures = [(f.time, f.to_ndarray(format="gray").mean()) for f in frames(path, "video")]
                flashes = [t for (_, a), (t, b) in zip([(0, 0)] + pictures, pictures) if b > 128 >= a]
                times, levels, end = [], [], 0
                for f in frames(path, "audio"):
                    x = f.to_ndarray()
                    x = x[0] if f.format.is_planar else x.reshape(-1, len(f.layout.channels))[:, 0]
                    if x.dtype.kind == "i":
                        x = x / float(2 ** (8 * x.dtype.itemsize - 1))
                    start = end if f.time is None else f.time
                    end = start + len(x) / f.sample_rate
                    times.append(start + np.arange(len(x)) / f.sample_rate)
                    levels.append(abs(x))
                times, levels = np.concatenate(times), np.concatenate(levels)
                loud = np.flatnonzero(levels > 0.3)
                clicks = np.split(loud, np.flatnonzero(np.diff(times[loud]) > 0.1) + 1) if len(loud) else []
                return {"flashes": flashes, "clicks": [float(times[c[np.argmax(levels[c])]]) for c in clicks]}

            print(json.dumps([read(path) for path in sys.argv[1:]]))
            """, paths)
    }
}
