import AVPrepAudio
import AVPrepCases
import AVPrepCore
import Foundation

/// What one kind of spectrogram costs on one core, beside FFTW's real transform of as many frames with nothing around it.
struct SpectrogramCosts {
    let settings: SpectrogramSettings
    let frames: Int
    /// Least CPU seconds for the whole sound.
    private(set) var ours = Double.infinity
    /// The same, planned by wisdom.
    private(set) var oursByWisdom = Double.infinity
    /// Least CPU seconds of the bare transforms, by how long FFTW looked for a plan.
    private(set) var bare: [BareTransform.Rigor: Double] = [:]

    private let spectrogram: Spectrogram
    private let spectrogramByWisdom: Spectrogram
    private let workspace: Spectrogram.Workspace
    private let samples: [Float]
    private var values: [Float]

    init(_ preset: SpectrogramSettings.Preset, seconds: Double) throws {
        settings = .named(preset)
        spectrogram = try Spectrogram(settings)
        spectrogramByWisdom = try Spectrogram(settings, wisdom: .measured(lengths: [settings.fftLength]))
        workspace = spectrogram.makeWorkspace()
        var random = SeededRandom(seed: 1)
        samples = (0..<Int(seconds * Double(settings.sampleRate))).map { _ in Float(random.unit() - 0.5) }
        frames = spectrogram.frameCount(samples: samples.count)
        values = [Float](repeating: 0, count: frames * spectrogram.bins)
    }

    /// One turn of every candidate, each of which keeps its least time.
    mutating func measure() throws {
        ours = min(ours, seconds(of: spectrogram))
        oursByWisdom = min(oursByWisdom, seconds(of: spectrogramByWisdom))
        for rigor in BareTransform.Rigor.allCases {
            let transform = BareTransform(length: settings.fftLength, rigor: rigor)
            let least = Self.seconds {
                for _ in stride(from: 0, to: frames, by: transform.batch) { transform.execute() }
            }
            bare[rigor] = min(bare[rigor] ?? .infinity, least)
        }
    }

    private mutating func seconds(of spectrogram: Spectrogram) -> Double {
        Self.seconds {
            samples.withUnsafeBufferPointer { samples in
                _ = values.withUnsafeMutableBufferPointer { spectrogram.compute(samples, into: $0, workspace) }
            }
        }
    }

    /// Least CPU time of three times in a row: the first one warms up.
    private static func seconds(_ body: () -> Void) -> Double {
        (0..<3).reduce(Double.infinity) { least, _ in
            let start = ProcessCost.cpuSeconds
            body()
            return min(least, ProcessCost.cpuSeconds - start)
        }
    }
}
