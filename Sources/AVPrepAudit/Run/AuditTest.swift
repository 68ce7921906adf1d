import AVPrepClips
import AVPrepModel
import AVPrepStore

/// One probe on one question: what it is shown, row by row.
struct AuditTest: Sendable {
    let sample: AuditSample
    let task: AuditTask
    let probe: AuditProbe
    /// Rows of the sample.
    let rows: [Int]

    /// What tests need to know of the shards and their clips.
    struct Material: Sendable {
        let readers: [ShardReader]
        let clips: ClipMeasurement
        let measures: ClipMeasurement.Result
        /// Number of the group of near-duplicates that each segment's video belongs to, by shard and row.
        let groups: [[Int]]
        /// ``SoundMeasures/quality`` of each group, over all its clips.
        let soundQuality: [Int: [Float]]
        /// Whether a segment is the first, and the last, of its video, by shard and row.
        let ends: [[(first: Bool, last: Bool)]]
    }

    /// Why the probe has nothing to see, or nil.
    func obstacle(_ material: Material) -> String? {
        let members = rows.map { sample.members[$0] }
        switch probe {
        case .globalMotion:
            let isSeen = members.contains { !(pictureMeasures($0, material)?.motion.isEmpty ?? true) }
            return isSeen ? nil : "no camera motion: clips of one frame, or neither flow in both directions nor /motion"
        case .loudness, .sound:
            let layouts = Set(members.map(\.shard)).map { material.readers[$0].layout }
            let isStored = layouts.contains { !$0.spectrograms.isEmpty || (probe == .loudness && $0.pcm != nil) }
            return isStored ? nil : "no sound is stored that it could see"
        case .border, .codec, .pictureTiming, .soundTiming, .picture, .order: return nil
        }
    }

    /// Whether what it tells is held against what the inside of the pictures tells: things that move or light up show at the
    /// edges too, and may well tell the arrow of time. A frame around the picture tells more than they do.
    var hasControl: Bool { probe == .border && task.isDirection }

    /// - Parameter isControl: the same views of the inside of the pictures, row by row.
    /// - Returns: nil when one of the labels does not occur.
    func examples(_ material: Material, isControl: Bool = false) -> Examples? {
        precondition(hasControl || !isControl, "\(probe) has nothing to be held against")
        var examples: Examples?
        func add(_ member: AuditSample.Member, label: Bool, backwards: Bool) {
            let features =
                isControl
                ? BorderFeatures.control(
                    (pictureMeasures(member, material) ?? PictureMeasures()).inner, backwards: backwards)
                : features(member, material, backwards: backwards)
            if examples == nil { examples = Examples(featureCount: features.count) }
            examples?.append(features, label: label, groups: groups(member, material))
        }
        for row in rows {
            let member = sample.members[row]
            if task == .direction {
                add(member, label: true, backwards: false)
                add(member, label: false, backwards: true)
            } else {
                add(member, label: member.pair.kind == .positive, backwards: member.pair.kind == .reversed)
            }
        }
        guard let labels = examples?.labels, labels.contains(true), labels.contains(false) else { return nil }
        return examples
    }

    /// The videos whose content the probe sees.
    private func groups(_ member: AuditSample.Member, _ material: Material) -> Examples.GroupPair {
        let picture = material.groups[member.shard][Int(member.pair.videoSegment)]
        let sound = material.groups[member.shard][Int(member.pair.audioSegment)]
        if task.isDirection { return .init(picture, picture) }
        return switch probe.side {
        case .picture: .init(picture, picture)
        case .sound: .init(sound, sound)
        case .both, .neither: .init(picture, sound)
        }
    }

    private func pictureMeasures(_ member: AuditSample.Member, _ material: Material) -> PictureMeasures? {
        material.measures.pictures[material.clips.picture(member, of: sample)]
    }

    private func features(_ member: AuditSample.Member, _ material: Material, backwards: Bool) -> [Float] {
        let picture = pictureMeasures(member, material) ?? PictureMeasures()
        let sound = material.measures.sounds[material.clips.sound(member, of: sample)] ?? SoundMeasures()
        switch probe {
        case .border: return BorderFeatures.features(picture.border, backwards: backwards)
        case .globalMotion: return MotionFeatures.features(picture, backwards: backwards)
        case .codec:
            return task.isDirection
                ? CodecFeatures.direction(picture, backwards: backwards)
                : CodecFeatures.pair(
                    picture,
                    soundQuality: material.soundQuality[
                        material.groups[member.shard][Int(member.pair.audioSegment)], default: SoundMeasures().quality],
                    backwards: backwards)
        case .picture: return PictureFeatures.features(picture)
        case .loudness: return LoudnessFeatures.features(sound)
        case .sound: return SoundFeatures.features(sound)
        case .order: return TimingFeatures.order(member.row, of: member.rowCount)
        case .pictureTiming:
            let start = Double(member.pair.videoStartFrame) / material.readers[member.shard].layout.fps
            let (place, segment) = place(
                member, material, row: Int(member.pair.videoSegment), start: start, seconds: sample.clipSeconds)
            return TimingFeatures.picture(place, segment, fps: material.readers[member.shard].layout.fps)
        case .soundTiming:
            let (place, segment) = place(
                member, material, row: Int(member.pair.audioSegment), start: member.pair.audioStartSeconds,
                seconds: sample.soundSeconds)
            return TimingFeatures.sound(place, segment, sound, fps: material.readers[member.shard].layout.fps)
        }
    }

    private func place(
        _ member: AuditSample.Member, _ material: Material, row: Int, start: Double, seconds: Double
    ) -> (ClipPlace, Segment) {
        let reader = material.readers[member.shard]
        let segment = reader.segments[row].segment
        let ends = material.ends[member.shard][row]
        let place = ClipPlace(
            startSeconds: start, clipSeconds: seconds,
            segmentSeconds: Double(reader.segments[row].frames.count) / reader.layout.fps,
            segmentStartSeconds: segment.startSeconds, isFirstOfVideo: ends.first, isLastOfVideo: ends.last)
        return (place, segment)
    }
}
