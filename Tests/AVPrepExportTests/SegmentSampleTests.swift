import AVPrepExport
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct SegmentSampleTests {
    /// What the practice corpus does not have: waveforms by name, flow in 16-bit floats, frames stored raw.
    private func write(_ path: String) throws {
        let layout = StoreLayout(
            fps: 5, frameCodec: .raw, frameQuality: nil,
            flow: .init(
                directions: [.forward], codec: .raw, quality: nil, method: "dis", preset: nil, bound: 20, fps: 5,
                quantisation: "pixels", storedType: .float16),
            hasMotion: true, waveforms: [.init(name: "ambience", sampleRate: 50, channels: 2)])
        let writer = try PreparedFileWriter(path: path, layout: layout, attributes: [:])
        for number in 0..<2 {
            var pictures = PictureSequence()
            var flow = PictureSequence()
            for frame in 0..<4 {
                let image = PixelBuffer(width: 6, height: 4, channels: 3)
                for index in 0..<72 { image.pixels[index] = UInt8(number * 100 + frame * 20 + index % 20) }
                pictures.append(UnsafeRawBufferPointer(image.pixels))
                let values = (0..<2 * 6 * 4).map { index -> UInt16 in
                    let pixels = Float(frame) - Float(index) / 4
                    return Float16(pixels).bitPattern
                }
                if frame < 3 { values.withUnsafeBytes { flow.append($0) } }
            }
            let motion = (0..<4).map { frame -> FrameMotion in
                let numbers = (0..<9).map { Float(frame * 9 + $0) }
                return FrameMotion(
                    homography: numbers, inlierCount: Int32(40 + frame), error: 0.5, pan: Float(frame), tilt: -1,
                    zoom: 0.25, roll: 3)
            }
            try writer.append(
                SegmentData(
                    segment: Segment(
                        segmentID: Segment.id(video: "v", number: number), videoID: "v", source: "v.mp4",
                        startSeconds: 0, frameCount: 4, width: 6, height: 4),
                    frames: pictures, flow: [.forward: flow], motion: motion,
                    waveforms: ["ambience": (0..<80).map { Int16(number * 1000 - $0) }]))
        }
        try writer.finish()
    }

    private func export(_ path: String, _ parts: Set<SegmentSample.Part>, to tarPath: String) throws {
        let reader = try StoreReader(path: path)
        let tar = try TarWriter(path: tarPath)
        var buffer: [UInt8] = []
        for segment in reader.segments {
            try SegmentSample.write(segment, of: reader, parts: parts, to: tar, buffer: &buffer)
        }
        try tar.finish()
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func namedWaveformsFloatFlowAndAllOfMotionComeOutAsTheyAreStored() throws {
        try withTemporaryFolder { folder in
            try write(folder + "/a.h5")
            try export(folder + "/a.h5", Set(SegmentSample.Part.allCases), to: folder + "/a.tar")
            _ = try Oracle.run(
                """
                import io, sys, wave, numpy as np, webdataset
                samples = list(webdataset.WebDataset(sys.argv[1], shardshuffle=False))
                assert [s["__key__"] for s in samples] == ["v-0000", "v-0001"]
                for number, sample in enumerate(samples):
                    assert {key for key in sample if not key.startswith("__")} == {
                        "json", "frames.npy", "flow_forward.npy", "motion.npy", "motion_rates.npy", "ambience.wav"}
                    load = lambda name: np.load(io.BytesIO(sample[name]))
                    frames, i = load("frames.npy"), np.arange(72)
                    assert frames.shape == (4, 4, 6, 3) and frames.dtype == np.uint8
                    for k in range(4): assert np.array_equal(frames[k].ravel(), number * 100 + k * 20 + i % 20)
                    flow, i = load("flow_forward.npy"), np.arange(48)
                    assert flow.shape == (3, 8, 6) and flow.dtype == np.float16
                    for k in range(3): assert np.array_equal(flow[k].ravel(), k - i / 4)
                    with wave.open(io.BytesIO(sample["ambience.wav"])) as sound:
                        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (50, 2, 40)
                        heard = np.frombuffer(sound.readframes(40), "<i2")
                    assert np.array_equal(heard, number * 1000 - np.arange(80))
                    assert np.array_equal(load("motion.npy").ravel(), np.arange(36))
                    rates, k = load("motion_rates.npy"), np.arange(4)
                    assert rates.shape == (4, 6) and np.array_equal(rates[:, 0], 40 + k) and np.array_equal(rates[:, 2], k)
                    assert (rates[:, [1, 3, 4, 5]] == [0.5, -1, 0.25, 3]).all()
                """, [folder + "/a.tar"])
        }
    }

    @Test func onlyThePartsAskedForAreWritten() throws {
        try withTemporaryFolder { folder in
            try write(folder + "/a.h5")
            try export(folder + "/a.h5", [.waveforms], to: folder + "/a.tar")
            let list = try Command.run("/bin/tar", ["-tf", folder + "/a.tar"]).standardOutput
            #expect(list == "v-0000.json\nv-0000.ambience.wav\nv-0001.json\nv-0001.ambience.wav\n")
        }
    }
}
