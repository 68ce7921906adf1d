import AVPrepCore
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
        #expect(l3.frameCount(samples: 48_000) == 200)
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
            $0.window = .ones
        }
        let spectrogram = try Spectrogram(settings)
        let workspace = spectrogram.makeWorkspace()
        let (hop, window) = (settings.hopLength, settings.windowLength)
        for position in [0, 1, hop - 1, hop, 7 * hop, 7 * hop + window - 1, 7 * hop + window, 30 * hop + 5] {
            let values = spectrogram.values(of: Sounds.impulse(at: position, count: 40 * hop), workspace)
            for frame in 0..<40 {
                let covers = (frame * hop..<frame * hop + window).contains(position)
                let row = values[frame * spectrogram.bins..<(frame + 1) * spectrogram.bins]
                #expect(
                    covers ? row.allSatisfy { $0 > 0 } : row.allSatisfy { $0 == 0 },
                    "sample \(position), frame \(frame)")
            }
        }
    }

    /// A clip cut out of a stored spectrogram is the spectrogram of the clip: the same bytes, but for the frames at its
    /// end, which see the sound behind it in the one and zeros in the other.
    @Test(arguments: [SpectrogramSettings.avts, .l3])
    func aSliceIsTheSpectrogramOfTheSlice(settings: SpectrogramSettings) throws {
        let spectrogram = try Spectrogram(settings)
        let rate = settings.sampleRate
        let sound = Sounds.noise(seconds: 3, sampleRate: rate)
        let whole = spectrogram.values(of: sound)
        let perSecond = spectrogram.frameCount(samples: rate)
        // Starts that are no multiple of the batch of transforms.
        for firstFrame in [3, 101, 150] {
            let first = firstFrame * settings.hopLength
            let slice = spectrogram.values(of: Array(sound[first..<first + rate]))
            let complete = (rate - settings.windowLength) / settings.hopLength + 1
            #expect(complete == perSecond - 1)
            let bins = spectrogram.bins
            #expect(
                Array(whole[firstFrame * bins..<(firstFrame + complete) * bins]) == Array(slice[..<(complete * bins)]))
            #expect(whole[(firstFrame + complete) * bins] != slice[complete * bins])
        }
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
        let natural = try Spectrogram(.avts).values(of: samples)
        #expect(natural.allSatisfy { $0 == log(Float(1e-10)) })
        let decibel = try Spectrogram(.avts.with { $0.logarithm = .decibel }).values(of: samples)
        #expect(decibel.allSatisfy { $0 == -100 })
        let magnitude = try Spectrogram(
            .l3.with {
                $0.logarithm = .decibel
                $0.floor = 1e-5
            }
        ).values(of: samples)
        #expect(magnitude.allSatisfy { $0 == -100 })
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
