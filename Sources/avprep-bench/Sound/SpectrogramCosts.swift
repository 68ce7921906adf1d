import AVPrepAudio
import AVPrepCases
import AVPrepCore
import Foundation

/// The cost of one kind of spectrogram on one core, compared with FFTW's plain real transform of as many frames.
struct SpectrogramCosts {
    let settings: SpectrogramSettings
    let frames: Int
    /// Minimum CPU seconds for the whole signal.
    private(set) var ours = Double.infinity
    /// The same, planned by wisdom.
    private(set) var oursByWisdom = Double.infinity
    /// Minimum CPU seconds of the plain transforms, by FFTW's planning effort.
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

    /// One turn of every candidate, each of which keeps its minimum time.
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

    /// Minimum CPU time of three consecutive runs: the first one warms up.
    private static func seconds(_ body: () -> Void) -> Double {
        (0..<3).reduce(Double.infinity) { least, _ in
            let start = ProcessCost.cpuSeconds
            body()
            return min(least, ProcessCost.cpuSeconds - start)
        }
    }
}
