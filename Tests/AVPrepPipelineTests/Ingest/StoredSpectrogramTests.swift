import AVPrepAudio
import AVPrepCatalog
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// The whole way of sound, from a file to the shard, beside librosa on the same file.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct StoredSpectrogramTests {
    private static let film = """
        import sys, av, numpy as np
        path, rate, channels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        t = np.arange(3 * rate) / rate
        left = 0.4 * np.sin(2 * np.pi * 440 * t) + 0.1 * np.random.default_rng(1).standard_normal(len(t))
        right = 0.3 * np.sin(2 * np.pi * 1000 * t)
        sound = np.rint(np.stack([left, right][:channels]) * 20000).clip(-32768, 32767).astype(np.int16)
        with av.open(path, "w") as out:
            video = out.add_stream("mpeg4", rate=25)
            video.width, video.height = 64, 48
            audio = out.add_stream("pcm_s16le", rate=rate, layout="stereo" if channels == 2 else "mono")
            for n in range(75):
                picture = np.full((48, 64, 3), 40, np.uint8)
                picture[10:30, (n * 2) % 44:(n * 2) % 44 + 20] = 220
                out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
                part = sound[:, n * rate // 25:(n + 1) * rate // 25]
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(part.T).reshape(1, -1), format="s16", layout=audio.layout.name)
                frame.sample_rate = rate
                out.mux(audio.encode(frame))
            for stream in (video, audio):
                out.mux(stream.encode())
        sound.tofile(path + ".s16")
        """

    private static let comparison = """
        import json, sys, h5py, librosa, numpy as np
        prepared, samples, channels = sys.argv[1], sys.argv[2], int(sys.argv[3])
        y = np.fromfile(samples, np.int16).reshape(channels, -1).astype(np.float64).mean(axis=0) / 32768
        with h5py.File(prepared) as f:
            stored, start = f["audio/plain"], float(f["segments/start_seconds"][0])
            first, count = int(f["segments/plain_first"][0]), int(f["segments/plain_count"][0])
            rate, hop, n_fft = (int(stored.attrs[name]) for name in ("sr", "hop_length", "n_fft"))
            ours = stored[first:first + count].astype(np.float64)
        y = y[round(start * rate):]
        theirs = np.abs(librosa.stft(y, n_fft=n_fft, hop_length=hop, center=False, dtype=np.complex128)).T ** 2
        # The last frames see the end of the segment, where the file may go on.
        frames = min(len(ours), len(theirs)) - n_fft // hop - 1
        peak = theirs[:frames].max(axis=1, keepdims=True)
        error = np.abs(ours[:frames] - theirs[:frames]) / np.maximum(theirs[:frames], 1e-5 * peak)
        print(json.dumps([int(frames), float(error.max())]))
        """

    @Test(arguments: [(8_000, 1), (48_000, 2), (192_000, 2)])
    func whatIsStoredIsLibrosasSpectrogramOfTheFilesMono(rate: Int, channels: Int) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.flow.method = .off
            corpus.settings.ingest.cameraMotion.enabled = false
            // A film made for its sound alone.
            corpus.settings.ingest.policy = SegmentPolicy()
            var plain = SpectrogramSettings.named(.power)
            plain.name = "plain"
            plain.sampleRate = rate
            corpus.settings.ingest.spectrograms = [plain]
            let film = "\(folder)/videos/film.mkv"
            _ = try Oracle.run(Self.film, [film, String(rate), String(channels)])
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 1)
            let file = try #require(corpus.digests("prepared").keys.first { $0.hasSuffix(".h5") })
            let seen = try Oracle.json(
                [Double].self, Self.comparison, ["\(folder)/prepared/\(file)", film + ".s16", String(channels)])
            #expect(seen[0] > 2.5 * Double(rate / plain.hopLength))
            #expect(seen[1] <= 1e-4)
        }
    }
}
