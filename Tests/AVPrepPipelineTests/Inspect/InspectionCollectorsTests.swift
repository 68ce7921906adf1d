import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@testable import AVPrepAudio
@testable import AVPrepInspect

/// What `inspect` keeps of a video of any length.
@Suite struct InspectionCollectorsTests {
    @Test func stretchesAreJoinedAndShortOnesLeftOut() {
        var finder = StretchFinder(leastSeconds: 0.5)
        for (index, holds) in [true, true, false, true, false, false, true, true, true].enumerated() {
            finder.push(holds, from: Double(index) * 0.25, to: Double(index + 1) * 0.25)
        }
        finder.finish()
        #expect(
            finder.found.list == [.init(startSeconds: 0, endSeconds: 0.5), .init(startSeconds: 1.5, endSeconds: 2.25)])
        #expect(finder.found.count == 2 && finder.found.totalSeconds == 1.25 && finder.found.longestSeconds == 0.75)
    }

    @Test func noMoreThanAThousandStretchesAreListedAndAllAreCounted() {
        var finder = StretchFinder(leastSeconds: 1)
        for index in 0..<5000 { finder.push(index % 2 == 0, from: Double(index), to: Double(index + 1)) }
        finder.finish()
        #expect(finder.found.count == 2500 && finder.found.totalSeconds == 2500)
        #expect(finder.found.list.count == Stretches.listLimit)
    }

    @Test func theEnvelopeKeepsEveryPeakInBoundedMemory() throws {
        var envelope = SoundEnvelope(sampleRate: 1000)
        var piece = [Float](repeating: 0, count: 1000)
        for second in 0..<600 {
            piece[500] = second == 300 ? 0.9 : 0.1
            piece[501] = second == 420 ? -0.8 : -0.1
            piece.withUnsafeBufferPointer { envelope.push($0) }
        }
        #expect(envelope.bins.count <= 8192)
        let all = try #require(envelope.extremes(from: 0, to: 600))
        #expect(all.high == 0.9 && all.low == -0.8)
        let there = try #require(envelope.extremes(from: 300.4, to: 300.6))
        #expect(there.high == 0.9 && there.low == -0.1)
        #expect(try #require(envelope.extremes(from: 100, to: 101)).high == 0.1)
        #expect(envelope.extremes(from: 700, to: 701) == nil)
    }

    /// Pieces of any length give the frames that the whole sound gives.
    @Test func aStreamedSpectrogramIsThatOfTheWholeSound() throws {
        var random = SeededRandom(seed: 1)
        let sound = (0..<60_000).map { _ in Float(random.normal() * 0.1) }
        let stream = try SpectrogramStream()
        var place = 0
        while place < sound.count {
            let end = min(sound.count, place + 1 + random.below(9000))
            sound[place..<end].withUnsafeBufferPointer { stream.push($0) }
            place = end
        }
        stream.finish()
        let transform = try Spectrogram(SpectrogramStream.settings)
        var whole = [Float](repeating: 0, count: transform.frameCount(samples: sound.count) * transform.bins)
        sound.withUnsafeBufferPointer { sound in
            whole.withUnsafeMutableBufferPointer { _ = transform.compute(sound, into: $0, transform.makeWorkspace()) }
        }
        #expect(stream.overview.columns.count == 250)
        #expect(Array(stream.overview.columns.joined()) == whole)
    }

    @Test func aLongRollAveragesItsColumns() throws {
        var overview = SpectrogramOverview(frequenciesHz: [100, 200], secondsPerFrame: 0.01)
        for frame in 0..<20_000 { overview.push([Float(frame % 2), 3]) }
        #expect(overview.columns.count <= 4096 && overview.secondsPerColumn == 0.08)
        #expect(try #require(overview.power(from: 100, to: 110)) == [0.5, 3])
        #expect(overview.power(from: 500, to: 501) == nil)
    }

    @Test func framesAreSpreadOverAVideoOfUnknownLength() {
        for length in [1, 2, 5, 63, 64, 65, 1000, 4321] {
            var sampler = FrameSampler()
            let picture = PixelBuffer(width: 2, height: 2, channels: 3)
            let grey = PixelBuffer(width: 2, height: 2, channels: 1)
            for index in 0..<length {
                grey.pixels[0] = UInt8(truncatingIfNeeded: index)
                sampler.push(picture, grey: grey, index: index, isRepeated: false)
                #expect(sampler.frames.count <= 64)
            }
            let frames = sampler.spread(10, over: length, cuts: [3])
            #expect(frames.count == min(10, max(1, length - 1 - (length > 3 ? 1 : 0))), "\(length)")
            #expect(frames.map(\.index) == frames.map(\.index).sorted())
            #expect(length < 4 || !frames.contains { $0.index == 2 })
            for frame in frames {
                guard let next = frame.next else { continue }
                #expect(next.index == frame.index + 1)
                #expect(next.grey.pixels[0] == UInt8(truncatingIfNeeded: frame.index + 1))
            }
            #expect(length < 5 || frames.contains { $0.next != nil }, "\(length)")
            guard length > 100 else { continue }
            for (part, frame) in frames.enumerated() {
                #expect(abs(Double(frame.index) - (Double(part) + 0.5) * Double(length) / 10) <= Double(length) / 32)
            }
        }
    }

    /// 12.5 pictures a second become 25 frames: the flow is to the next picture, not to its repetition, and over no cut.
    @Test func repeatedFramesAreNotTheNextPicture() {
        var sampler = FrameSampler()
        let picture = PixelBuffer(width: 2, height: 2, channels: 3)
        let grey = PixelBuffer(width: 2, height: 2, channels: 1)
        for index in 0..<40 { sampler.push(picture, grey: grey, index: index, isRepeated: index % 2 == 1) }
        #expect(sampler.frames.prefix(4).map { $0.next?.index } == [nil, 2, nil, 4])
        #expect(!sampler.spread(20, over: 40, cuts: [10]).contains { [8, 9].contains($0.index) })
    }
}
