import AVPrepAudio
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepVision
import AVPrepWorkspace
import Foundation

/// The video of each clip with the audio of every other one: any skew estimated for them is due to chance.
struct MismatchedSkews {
    private let stretches: [Stretch]
    private let settings = PipelineSettings().ingest

    /// Ten seconds of a clip.
    private struct Stretch {
        let clip: Int
        let changes: [Float]
        let onsets: [Float]
    }

    init(_ clips: [String]) throws {
        var stretches: [Stretch] = []
        for (number, clip) in clips.enumerated() {
            let collector = ChangeCollector()
            let media = try MediaFile(path: clip)
            guard media.info.audio != nil else { continue }
            let format = AudioFormat(sampleRate: 16_000, channels: 1)
            _ = try media.decode(
                DecodeRequest(fps: settings.video.fps, shortSide: 128, audio: [format]), to: collector)
            let flaws = try AudioQualityDetector(settings: settings.sound, sampleRate: format.sampleRate, channels: 1)
            let frames = Int(settings.segmentSeconds * settings.video.fps)
            for start in stride(from: 0, to: collector.changes.count, by: frames) {
                let changes = Array(collector.changes[start..<min(collector.changes.count, start + frames - 1)])
                let first = Int(Double(start) / settings.video.fps * Double(format.sampleRate))
                let last = first + Int(settings.segmentSeconds * Double(format.sampleRate))
                guard first < collector.samples.count else { continue }
                let samples = collector.samples[first..<min(collector.samples.count, last)]
                let onsets = samples.withUnsafeBufferPointer { flaws.find(in: $0).onsets }
                stretches.append(Stretch(clip: number, changes: changes, onsets: onsets))
            }
        }
        self.stretches = stretches
    }

    /// Number of compared pairs, of estimates, and of confident estimates.
    func table() -> String {
        var (count, estimated, sure) = (0, 0, 0)
        for picture in stretches {
            for sound in stretches where sound.clip != picture.clip {
                count += 1
                guard
                    let skew = OnsetSkew(
                        changes: picture.changes, fps: settings.video.fps, onsets: sound.onsets,
                        onsetRate: Double(OnsetEnvelope.rate), searchSeconds: settings.skew.searchSeconds)
                else { continue }
                estimated += 1
                if skew.confidence >= settings.skew.minConfidence { sure += 1 }
            }
        }
        return TextTable.text([
            ["video and audio of different clips", "estimates", "confident"], ["\(count)", "\(estimated)", "\(sure)"],
        ])
    }
}

/// Keeps the changes between frames, and the audio.
private final class ChangeCollector: DecodeConsumer {
    private(set) var changes: [Float] = []
    private(set) var samples: [Float] = []
    private var last: PixelBuffer?

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let grey = PixelBuffer(width: picture.width, height: picture.height, channels: 1)
        try Grey.convert(picture, into: grey)
        if let last { changes.append(FreezeAnalysis.difference(last, grey)) }
        last = grey
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {
        self.samples.append(contentsOf: samples)
    }
}
