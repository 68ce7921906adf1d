import AVPrepModel
import Foundation
import Synchronization
import Testing

@testable import AVPrepAudio

@Suite struct SpectrogramTests {
    @Test func aSecondGivesAFrameForEachWholeHop() throws {
        let avts = try Spectrogram(.avts)
        #expect(avts.frameCount(samples: 16_000) == 100)
        #expect(avts.frameCount(samples: 160_000) == 1000)
        #expect(avts.frameCount(samples: 16_159) == 100)
        #expect(avts.bins == 40)
        let l3 = try Spectrogram(.l3)
        #expect(l3.frameCount(samples: 48_000) == 199)
        #expect(l3.bins == 257)
    }

    @Test func soundsShorterThanAHopGiveNoFrame() throws {
        let avts = try Spectrogram(.avts)
        for count in [0, 1, 159] {
            #expect(avts.frameCount(samples: count) == 0)
            #expect(avts.values(of: [Float](repeating: 1, count: count)).isEmpty)
        }
        #expect(avts.compute(.init(start: nil, count: 0), into: .init(start: nil, count: 0), avts.makeWorkspace()) == 0)
    }

    /// What makes sound and picture meet: an event is in the frames whose samples hold it, and in no other.
    @Test(arguments: [SpectrogramSettings.avts, .l3, .speechLike])
    func anImpulseLightsExactlyTheFramesWhoseWindowCoversIt(settings: SpectrogramSettings) throws {
        let settings = settings.with {
            $0.logarithm = .none
            $0.window = .boxcar
        }
        let spectrogram = try Spectrogram(settings)
        let workspace = spectrogram.makeWorkspace()
        let (hop, window) = (settings.hopLength, settings.windowLength)
        for position in [0, 1, hop - 1, hop, 7 * hop, 7 * hop + window - 1, 7 * hop + window, 30 * hop + 5] {
            let values = spectrogram.values(of: Sounds.impulse(at: position, count: 40 * hop), workspace)
            for frame in 0..<spectrogram.frameCount(samples: 40 * hop) {
                let covers = (frame * hop..<frame * hop + window).contains(position)
                let row = values[frame * spectrogram.bins..<(frame + 1) * spectrogram.bins]
                #expect(
                    covers ? row.allSatisfy { $0 > 0 } : row.allSatisfy { $0 == 0 },
                    "sample \(position), frame \(frame)")
            }
        }
    }

    /// A clip cut out of a stored spectrogram is the spectrogram of the clip: the same bytes, but for the frames whose
    /// window reaches over the clip's edge, which see the sound beyond it in the one and padding in the other.
    @Test(arguments: [
        (SpectrogramSettings.avts, 1), (.l3, 0), (.named(.l3embedding), 0), (.named(.openl3Linear), 0),
        (.named(.openl3Mel128), 9), (.named(.openl3Mel256), 9), (.named(.vmz), 1), (.named(.avslowfast), 0),
        (.named(.multisensory), 3), (.named(.magnitude), 3), (.named(.power), 3),
    ])
    func aSliceIsTheSpectrogramOfTheSlice(settings: SpectrogramSettings, framesOverTheEdge: Int) throws {
        let spectrogram = try Spectrogram(settings)
        let rate = settings.sampleRate
        let sound = Sounds.noise(seconds: 4, sampleRate: rate)
        let whole = spectrogram.values(of: sound)
        let bins = spectrogram.bins
        // Starts that are no multiple of the batch of transforms.
        for firstFrame in [3, 51, 85] {
            let first = firstFrame * settings.hopLength
            let slice = spectrogram.values(of: Array(sound[first..<first + rate]))
            var over = 0
            for frame in 0..<spectrogram.frameCount(samples: rate) {
                let start = settings.firstSample + frame * settings.hopLength
                let isWhole = start >= 0 && start + settings.windowLength <= rate
                let row = whole[(firstFrame + frame) * bins..<(firstFrame + frame + 1) * bins]
                let isEqual = Array(row) == Array(slice[frame * bins..<(frame + 1) * bins])
                #expect(isEqual == isWhole, "frame \(frame)")
                over += isWhole ? 0 : 1
            }
            #expect(over == framesOverTheEdge)
        }
    }

    /// `center` moves what a frame sees, not what it stands for: by the place of its frames' centres that the attributes
    /// tell, a click is found where it is, with `center` and without.
    @Test(arguments: [SpectrogramSettings.avts, .l3, .named(.openl3Mel256), .named(.vmz), .speechLike], [false, true])
    func aClickIsFoundWhereItIs(settings: SpectrogramSettings, center: Bool) throws {
        let settings = settings.with {
            $0.center = center
            $0.logarithm = .none
            $0.referenceIsMaximum = false
            $0.topDecibels = 0
            $0.power = 2
        }
        let spectrogram = try Spectrogram(settings)
        let attributes = settings.attributes
        let centre = try #require(attributes["centre_of_frame0"]?.number)
        #expect(attributes["first_sample_of_frame0"]?.integer == settings.firstSample)
        // A centred frame lies around its own moment, to the sample.
        if center { #expect(abs(centre) <= 0.5) }
        let hop = settings.hopLength
        // A third of a hop is what windows not much longer than it leave open.
        for click in [40 * hop, 40 * hop + hop / 3, 45 * hop + hop - 1] {
            let values = spectrogram.values(of: Sounds.impulse(at: click, count: 100 * hop))
            var energy = 0.0
            var moment = 0.0
            for frame in 0..<values.count / spectrogram.bins {
                let row = values[frame * spectrogram.bins..<(frame + 1) * spectrogram.bins].reduce(0.0) {
                    $0 + Double($1)
                }
                energy += row
                moment += row * (centre + Double(frame * hop))
            }
            #expect(abs(moment / energy - Double(click)) < Double(hop) / 3, "click \(click), found \(moment / energy)")
        }
    }

    @Test func framesAreCountedByTheEdgeRule() {
        let centred = SpectrogramSettings.named(.openl3Mel128)
        #expect([0, 1, 242, 243, 48_000].map(centred.frameCount) == [0, 1, 1, 2, 199])
        #expect([0, 479, 480, 719, 720, 48_000].map(SpectrogramSettings.l3.frameCount) == [0, 0, 1, 1, 2, 199])
        #expect(SpectrogramSettings.named(.l3embedding).frameCount(samples: 48_000) == 197)
        #expect(SpectrogramSettings.named(.openl3Linear).frameCount(samples: 48_000) == 197)
        #expect(SpectrogramSettings.named(.avslowfast).frameCount(samples: 33_024) == 128)
        #expect(SpectrogramSettings.named(.vmz).frameCount(samples: 16_000) == 100)
    }

    /// Samples a window sees past either end, by hand.
    @Test(arguments: [
        (SpectrogramSettings.Padding.constant, [0, 0, 0, 0, 1, 2, 3, 0, 0, 0] as [Float]),
        (.edge, [1, 1, 1, 1, 1, 2, 3, 3, 3, 3]), (.reflect, [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]),
    ])
    func paddingIsNumpys(padding: SpectrogramSettings.Padding, padded: [Float]) throws {
        // A frame that sees everything: its bin 0 is the sum of what it sees.
        let settings = SpectrogramSettings(
            name: "sum", kind: .linear, sampleRate: 8000, fftLength: 8, windowLength: 8, hopLength: 1
        ).with {
            $0.window = .boxcar
            $0.center = true
            $0.padding = padding
            $0.power = 1
            $0.logarithm = .none
        }
        let spectrogram = try Spectrogram(settings)
        let values = spectrogram.values(of: [1, 2, 3])
        for frame in 0..<3 {
            let sum = padded[frame..<frame + 8].reduce(0, +)
            #expect(abs(values[frame * 5] - sum) <= 1e-5)
        }
        #expect(spectrogram.values(of: [5]).allSatisfy { $0.isFinite })
    }

    /// With samples given past the frames asked for, the last frames see them.
    @Test func samplesPastTheFramesAskedForAreSeen() throws {
        let spectrogram = try Spectrogram(.avts)
        let sound = Sounds.noise(seconds: 2, sampleRate: 16_000)
        let whole = spectrogram.values(of: sound)
        var second = [Float](repeating: .nan, count: 100 * 40)
        sound.withUnsafeBufferPointer { sound in
            second.withUnsafeMutableBufferPointer { second in
                _ = spectrogram.compute(.init(rebasing: sound[..<16_320]), into: second, spectrogram.makeWorkspace())
            }
        }
        #expect(second == Array(whole[..<4000]))
    }

    @Test func threadsThatShareAPlanGetTheSameBytes() throws {
        let spectrogram = try Spectrogram(.avts)
        let sounds = (0..<16).map { Sounds.noise(seconds: 0.5, sampleRate: 16_000, seed: UInt64($0)) }
        let alone = sounds.map { spectrogram.values(of: $0) }
        let results = Mutex([Int: [Float]]())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let workspace = spectrogram.makeWorkspace()
            for index in stride(from: thread, to: sounds.count, by: 4) {
                let values = spectrogram.values(of: sounds[index], workspace)
                results.withLock { $0[index] = values }
            }
        }
        results.withLock { results in
            for index in sounds.indices { #expect(results[index] == alone[index]) }
        }
        // Another plan for the same settings rounds the same way.
        #expect(try Spectrogram(.avts).values(of: sounds[0]) == alone[0])
    }

    @Test func plansAreMadeOnManyThreadsAtOnce() {
        let made = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 16) { index in
            let settings = index % 2 == 0 ? SpectrogramSettings.avts : .l3
            if (try? Spectrogram(settings)) != nil { made.add(1, ordering: .relaxed) }
        }
        #expect(made.load(ordering: .relaxed) == 16)
    }

    @Test func silenceIsTheFloorEverywhere() throws {
        let samples = [Float](repeating: 0, count: 16_000)
        for settings in SpectrogramSettings.Preset.allCases.map(SpectrogramSettings.named) {
            let floor =
                switch settings.logarithm {
                case .none, .naturalOrLinear: 0.0
                case .natural, .naturalOffset: settings.scale * log(settings.amin)
                case .powerToDB: settings.scale * 10 * log10(settings.amin)
                case .amplitudeToDB: settings.scale * 20 * log10(settings.amin)
                }
            let values = try Spectrogram(settings).values(of: samples)
            #expect(values.allSatisfy { abs(Double($0) - floor) <= 1e-6 * abs(floor) }, "\(settings.name)")
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN, 1e30, -3e38])
    func brokenSamplesCountAsZero(broken: Float) throws {
        let spectrogram = try Spectrogram(.avts)
        var sound = Sounds.noise(seconds: 1, sampleRate: 16_000)
        sound[5000] = 0
        let expected = spectrogram.values(of: sound)
        sound[5000] = broken
        #expect(spectrogram.values(of: sound) == expected)
        var values = expected
        let count = sound.withUnsafeBufferPointer { sound in
            values.withUnsafeMutableBufferPointer { spectrogram.compute(sound, into: $0, spectrogram.makeWorkspace()) }
        }
        #expect(count == 1)
    }

    @Test func theLoudestSoundStaysFinite() throws {
        let settings = SpectrogramSettings.l3.with {
            $0.fftLength = SpectrogramSettings.longestTransform
            $0.padEnd = true
            $0.windowLength = $0.fftLength
            $0.hopLength = $0.fftLength
            $0.power = 2
            $0.logarithm = .none
        }
        let loud = [Float](repeating: Spectrogram.largestSample, count: settings.fftLength)
        #expect(try Spectrogram(settings).values(of: loud).allSatisfy { $0.isFinite })
    }

    @Test(arguments: [8_000, 192_000])
    func aToneStandsInTheBinOfItsFrequency(sampleRate: Int) throws {
        let settings = SpectrogramSettings(
            name: "tone", kind: .linear, sampleRate: sampleRate, fftLength: sampleRate / 50,
            windowLength: sampleRate / 50, hopLength: sampleRate / 100)
        let spectrogram = try Spectrogram(settings)
        #expect(spectrogram.frequenciesHz[1] == 50)
        #expect(spectrogram.frequenciesHz.last == Double(sampleRate) / 2)
        let values = spectrogram.values(of: Sounds.tone(1000, seconds: 0.2, sampleRate: sampleRate))
        // The last frame sees the tone break off.
        for frame in 0..<19 {
            let row = values[frame * spectrogram.bins..<(frame + 1) * spectrogram.bins]
            let loudest = row.indices.max { row[$0] < row[$1] }
            #expect(loudest.map { spectrogram.frequenciesHz[$0 - row.startIndex] } == 1000)
        }
    }
}
