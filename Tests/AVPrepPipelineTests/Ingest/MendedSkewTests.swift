import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepInspect
@testable import AVPrepShard
@testable import AVPrepVerify

/// `policy.skewed`: early sound is moved, kept or dropped.
@Suite struct MendedSkewTests {
    private static let fps = 25.0
    private static let rate = 16_000

    /// Films by number, with the cues planted in them.
    private func corpus(
        _ folder: String, _ films: [[SynthCue]], _ action: PolicyAction, seconds: Double = 8
    ) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.ingest.segmentSeconds = 10
        corpus.settings.ingest.video.fps = Self.fps
        corpus.settings.ingest.pcm.sampleRate = Self.rate
        corpus.settings.ingest.pcm.channels = 1
        corpus.settings.ingest.policy[flag: .skewed] = action
        corpus.settings.synth.seconds = seconds
        corpus.settings.synth.fps = Self.fps
        for (number, cues) in films.enumerated() {
            let plan = SynthVideo.plan(corpus.settings.synth, number: number, cues: cues)
            try SynthRenderer.render(plan, to: "\(folder)/videos/\(number).mp4")
        }
        return corpus
    }

    private func early(_ seconds: Double) -> SynthCue { .skew(.init(mode: .content, seconds: -seconds)) }

    private func file(_ corpus: SmallCorpus, _ number: Int) throws -> StoreReader {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        let record = try #require(try catalog.outcome(of: "videos/\(number).mp4", stage: StageName.ingest))
        return try StoreReader(path: "\(corpus.folder)/\(try #require(record.output))")
    }

    private func prepared(_ corpus: SmallCorpus, _ number: Int) throws -> [SegmentData] {
        let reader = try file(corpus, number)
        return try reader.segments.indices.map { try reader.segmentData($0) }
    }

    private func pictures(_ sequence: PictureSequence) throws -> [[UInt8]] {
        try (0..<sequence.count).map { index in
            var bytes = [UInt8](repeating: 0, count: Int(sequence.offsets[index + 1] - sequence.offsets[index]))
            try bytes.withUnsafeMutableBytes { try sequence.read(picture: index, into: $0) }
            return bytes
        }
    }

    /// The offset of what is stored, measured anew.
    private func remeasured(_ data: SegmentData) throws -> Double {
        let decoder = try PictureDecoder(.jpeg)
        let (width, height) = (data.segment.width, data.segment.height)
        let greys = try pictures(data.frames).map { bytes in
            let picture = PixelBuffer(width: width, height: height, channels: 3)
            let grey = PixelBuffer(width: width, height: height, channels: 1)
            try bytes.withUnsafeBytes { try decoder.decode($0, into: picture) }
            try Grey.convert(picture, into: grey)
            return grey
        }
        let onsets = try OnsetEnvelope(sampleRate: Self.rate).envelope(of: data.pcm.map { Float($0) / 32_768 })
        let skew = OnsetSkew(
            events: try MotionEventDetector.events(in: greys, fps: Self.fps), onsets: onsets,
            onsetRate: Double(OnsetEnvelope.rate), searchSeconds: 1)
        return try #require(skew).seconds
    }

    private func expectEqual(_ one: SegmentData, _ other: SegmentData) {
        #expect(one.segment == other.segment)
        #expect(one.frames == other.frames && one.flow == other.flow && one.motion == other.motion)
        #expect(one.pcm == other.pcm && one.spectrograms == other.spectrograms)
    }

    @Test func earlySoundIsMovedByTheEstimateAndOthersStayAsTheyAre() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let films = [
                    [early(0.2)], [early(0.35)], [], [early(-0.24)], [.skew(.init(mode: .streamStart, seconds: -0.3))],
                ]
                let fixing = try corpus(folder, films, .fix)
                let report = try IngestStage.run(fixing.workspace, fixing.context)
                let keeping = try corpus(other, films, .keep)
                _ = try IngestStage.run(keeping.workspace, keeping.context)
                #expect(report.decisions.fixed == 2 && report.decisions.dropped == 0)
                for (number, planted) in [0.2, 0.35].enumerated() {
                    let (kept, fixed) = (try prepared(keeping, number)[0], try prepared(fixing, number)[0])
                    #expect(kept.segment.flags.contains(.skewed) && kept.segment.measures[.soundShift] == nil)
                    #expect(fixed.segment.flags.contains(.skewed) && fixed.segment.decision.fixed == .skewed)
                    let shift = Double(try #require(fixed.segment.measures[.soundShift]))
                    #expect(abs(shift - planted) < 1 / Self.fps)
                    #expect(fixed.segment.measures[.skewEstimate] == Float(-shift))
                    let left = try remeasured(fixed)
                    #expect(abs(left) <= 1 / Self.fps, "\(planted): \(left) s are left")

                    // Without sound before the film, its first frames are left out; what is left is aligned to the sample.
                    let lost = Int((shift * Self.fps).rounded(.up))
                    #expect(fixed.segment.frameCount == kept.segment.frameCount - lost)
                    let start = Double(lost) / Self.fps
                    #expect(abs(fixed.segment.startSeconds - kept.segment.startSeconds - start) < 1e-9)
                    #expect(try pictures(fixed.frames) == Array(pictures(kept.frames).dropFirst(lost)))
                    let first = Int(((start - shift) * Double(Self.rate)).rounded())
                    #expect(fixed.pcm == Array(kept.pcm[first..<first + fixed.pcm.count]))
                    #expect(abs(fixed.pcm.count - fixed.segment.frameCount * Self.rate / Int(Self.fps)) <= 1)
                    #expect(fixed.flow.count == kept.flow.count)
                    for (direction, flow) in kept.flow {
                        #expect(try pictures(#require(fixed.flow[direction])) == Array(pictures(flow).dropFirst(lost)))
                    }
                    #expect(fixed.motion.count == fixed.segment.frameCount)
                    #expect(!fixed.spectrograms.isEmpty && fixed.spectrograms != kept.spectrograms)
                }
                for number in 2..<films.count {
                    let (kept, fixed) = (try prepared(keeping, number), try prepared(fixing, number))
                    #expect(!kept.isEmpty && kept.count == fixed.count)
                    for (one, other) in zip(kept, fixed) { expectEqual(one, other) }
                }
                let story = try ItemStory.tell("videos/1.mp4", in: fixing.workspace, fixing.context).text
                #expect(story.contains("fixed: sound moved 0.3") && story.contains("s later"), "\(story)")
                let catalog = try Catalog(path: fixing.workspace.catalog, access: .readOnly)
                let seconds = try #require(try catalog.seconds(settingsKey: try fixing.settings.ingest.key))
                #expect(seconds.unused.contains { $0.reason == "sound-shifted" }, "\(seconds)")
                #expect(abs(seconds.inSegments + seconds.unused.reduce(0) { $0 + $1.seconds } - seconds.total) < 0.002)
                let seen = try InspectStage.run(
                    "\(folder)/videos/1.mp4", settings: fixing.settings.ingest, drawings: .init(), StageContext())
                #expect(seen.text.contains("fixed: sound moved 0.3"), "\(seen.text)")
                // Shards take the mended segments, and all is found in order.
                let shards = try ShardStage.run(fixing.workspace, fixing.context)
                #expect(shards.index.splits["train"]?.segments == films.count)
                #expect(try VerifyStage.run(fixing.workspace, fixing.context, isQuick: false).findings.isEmpty)
            }
        }
    }

    @Test func withinAShotTheSoundComesFromBeforeTheSegmentAndAfterACutFramesAreLeftOut() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                let films = [[early(0.35)], [early(0.35), .cut(.init(seconds: [9]))]]
                var (fixing, keeping) = (
                    try corpus(folder, films, .fix, seconds: 18), try corpus(other, films, .keep, seconds: 18)
                )
                fixing.settings.ingest.segmentSeconds = 9
                keeping.settings.ingest.segmentSeconds = 9
                _ = try IngestStage.run(fixing.workspace, fixing.context)
                _ = try IngestStage.run(keeping.workspace, keeping.context)
                for number in films.indices {
                    let (kept, fixed) = (try prepared(keeping, number), try prepared(fixing, number))
                    let later = try #require(fixed.dropFirst().first)
                    #expect(kept.count == 2 && fixed.count == 2 && later.segment.decision.fixed == .skewed)
                    let shift = Double(try #require(later.segment.measures[.soundShift]))
                    let lost = number == 0 ? 0 : Int((shift * Self.fps).rounded(.up))
                    #expect(later.segment.frameCount == kept[1].segment.frameCount - lost)
                    #expect(try pictures(later.frames) == Array(pictures(kept[1].frames).dropFirst(lost)))
                    let sound = kept.flatMap(\.pcm)
                    let first = Int(((9 + Double(lost) / Self.fps - shift) * Double(Self.rate)).rounded())
                    #expect(later.pcm == Array(sound[first..<first + later.pcm.count]))
                    #expect(try abs(remeasured(later)) <= 1 / Self.fps)
                }
            }
        }
    }

    @Test func theActionIsPartOfTheKeyAsFixAndNotAsDrop() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder, [[early(0.35)], []], .keep)
            let key = try corpus.settings.ingest.key
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let before = try prepared(corpus, 0)[0]

            corpus.settings.ingest.policy[flag: .skewed] = .drop
            #expect(try corpus.settings.ingest.key == key)
            let dropping = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(dropping.decidedAnew == 2 && dropping.decisions.droppedByFlag == ["skewed": 1])
            #expect(dropping.notes.contains { $0.contains("dropped by the policy: skewed") }, "\(dropping.notes)")

            corpus.settings.ingest.policy[flag: .skewed] = .fix
            #expect(try corpus.settings.ingest.key != key)
            let fixing = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(fixing.decidedAnew == 0 && fixing.decisions.fixed == 1 && fixing.decisions.kept == 1)
            #expect(try prepared(corpus, 0)[0].segment.measures[.soundShift] != nil)

            corpus.settings.ingest.policy[flag: .skewed] = .keep
            let keeping = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(keeping.decisions.kept == 2 && keeping.decisions.fixed == 0)
            expectEqual(try prepared(corpus, 0)[0], before)
        }
    }

    /// Where too little of a segment has sound, and where low thresholds flag late sound.
    @Test func whatCannotBeMovedIsDropped() throws {
        try withTemporaryFolder { folder in
            var corpus = try corpus(folder, [[early(0.35)], [early(-0.35)]], .fix)
            corpus.settings.ingest.minSegmentSeconds = 7.8
            corpus.settings.ingest.skew.minConfidence = 0
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.decisions.droppedByFlag == ["skewed": 2])
            for number in 0...1 {
                let segment = try prepared(corpus, number)[0].segment
                #expect(segment.frameCount >= 195 && segment.measures[.soundShift] == nil)
            }
        }
    }
}
