import AVPrepCore
import AVPrepMedia
import Foundation

/// Everything known about one media file.
struct MediaReport: Sendable, Codable {
    /// What avprep's own stages see in the decoded file.
    struct Seen: Sendable, Codable {
        /// Frames a second at which it was looked at.
        let fps: Double
        /// Size of a frame as ingest would store it.
        let width: Int
        let height: Int
        /// Length of the common range of picture and sound.
        let seconds: Double
        let border: CropMargins
        /// Moments on the presentation clock at which a new shot begins.
        let cutSeconds: [Double]
        /// As ingest would cut it.
        let segments: [InspectionPass.SegmentSummary]
        let still: Stretches
        /// Nil without sound.
        let silent: Stretches?
        let sound: InspectionPass.SoundSummary?
    }

    /// Why nothing, or not all, could be decoded.
    struct Fault: Sendable, Codable {
        let code: String
        let detail: String
    }

    var kind = "media"
    let path: String
    let bytes: Int64
    let media: MediaInfo
    /// Nil where there was nothing to decode.
    var decode: DecodeSummary?
    var seen: Seen?
    var fault: Fault?
}

// MARK: - As text

extension MediaReport {
    /// Rows of a label and a value.
    var rows: [[String]] {
        var rows = [["file", "\(path), \(Quantity.bytes(bytes))"]]
        rows += containerRows + videoRows + audioRows
        if let skew = media.startSkewSeconds {
            rows.append(["start skew", Quantity.milliseconds(skew) + " (sound after picture)"])
        }
        if let decode { rows += Self.rows(of: decode) }
        if let seen { rows += Self.rows(of: seen) }
        if let fault { rows.append(["fault", "\(fault.code): \(fault.detail)"]) }
        return rows
    }

    private var containerRows: [[String]] {
        var facts = [media.container]
        if let seconds = media.durationSeconds { facts.append(Quantity.seconds(seconds)) }
        facts.append(Self.text(media.streams))
        if media.bitRate > 0 { facts.append(Quantity.bitRate(Double(media.bitRate))) }
        return [["container", facts.joined(separator: ", ")]]
    }

    private var videoRows: [[String]] {
        guard let video = media.video else { return [["video", "none"]] }
        var codec = [video.codec, video.profile, video.pixelFormat].compactMap(\.self)
        codec.append("stream \(video.index)")
        var rows = [["video", codec.joined(separator: ", ")]]
        var size = "\(video.width) × \(video.height)"
        if (video.displayWidth, video.displayHeight) != (video.width, video.height) {
            size += ", shown as \(video.displayWidth) × \(video.displayHeight)"
        }
        if video.sampleAspectRatio != [1, 1] {
            size += ", pixels \(video.sampleAspectRatio.map(String.init).joined(separator: ":"))"
        }
        if video.rotationDegrees != 0 { size += ", turned by \(video.rotationDegrees)°" }
        rows.append(["  size", size])
        if let rate = video.averageFrameRate { rows.append(["  rate", "\(Quantity.number(rate)) fps on average"]) }
        rows.append(["  time", Self.time(from: video.startSeconds, video.durationSeconds)])
        return rows
    }

    private var audioRows: [[String]] {
        guard let audio = media.audio else { return [["audio", "none"]] }
        var codec = [audio.codec, audio.profile].compactMap(\.self)
        codec.append("stream \(audio.index)")
        if let language = audio.language { codec.append("language \(language)") }
        codec += audio.dispositions
        return [
            ["audio", codec.joined(separator: ", ")], ["  sound", "\(audio.sampleRate) Hz, \(audio.layout)"],
            ["  time", Self.time(from: audio.startSeconds, audio.durationSeconds)],
        ]
    }

    private static func text(_ streams: StreamCounts) -> String {
        let counts = [
            ("video", streams.video), ("audio", streams.audio), ("subtitle", streams.subtitles),
            ("attached picture", streams.attachedPictures), ("other", streams.other),
        ]
        let text = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        return "streams: " + (text.isEmpty ? "none" : text)
    }

    private static func time(from start: Double, _ duration: Double?) -> String {
        let length = duration.map { ", \(Quantity.seconds($0)) long" } ?? ", length unknown"
        return "from \(Quantity.seconds(start))" + length
    }

    private static func rows(of decode: DecodeSummary) -> [[String]] {
        var measured: [[String]] = []
        if let rate = decode.frameRate, let intervals = decode.pictureIntervals {
            measured.append([
                "  rate",
                "\(Quantity.number(rate)) fps, pictures \(Quantity.milliseconds(intervals.minimum)) to "
                    + "\(Quantity.milliseconds(intervals.maximum)) apart, median \(Quantity.milliseconds(intervals.median)), "
                    + "\(Quantity.number(100 * intervals.irregularShare)) % irregular",
            ])
        }
        if let keys = decode.videoStream.keyFrameIntervals {
            measured.append([
                "  key frames",
                "every \(Quantity.seconds(keys.median)) (median), at most \(Quantity.seconds(keys.maximum)) apart",
            ])
        }
        for (label, stream) in [("  picture", decode.videoStream as StreamMeasure?), ("  sound", decode.audioStream)] {
            guard let stream else { continue }
            measured.append([
                label,
                "\(Quantity.seconds(stream.seconds)), \(stream.packets) packets, \(Quantity.bitRate(stream.bitRate))",
            ])
        }
        return [
            [
                "decoded",
                "\(decode.decodedPictures) pictures, \(decode.decodeErrors) errors, "
                    + "\(decode.repairedTimestamps) timestamps repaired, \(decode.discontinuities) jumps",
            ]
        ] + measured + [
            [
                "  longest gap",
                "picture \(Quantity.seconds(decode.longestVideoGapSeconds)), sound \(Quantity.seconds(decode.longestAudioGapSeconds))",
            ]
        ]
    }

    private static func rows(of seen: Seen) -> [[String]] {
        var rows = [
            [
                "seen",
                "\(Quantity.seconds(seen.seconds)) of picture and sound, \(seen.width) × \(seen.height) at \(Quantity.number(seen.fps)) fps",
            ]
        ]
        let border = seen.border
        let hasNone = border == .none
        rows.append([
            "  border",
            hasNone
                ? "none"
                : "top \(border.top), bottom \(border.bottom), left \(border.left), right \(border.right) pixels",
        ])
        rows.append(["  cuts", list(seen.cutSeconds.map { Quantity.clock($0, within: seen.seconds) })])
        let dropped = seen.segments.count(where: \.isDropped)
        rows.append([
            "  segments", "\(seen.segments.count - dropped)" + (dropped > 0 ? ", \(dropped) too short" : ""),
        ])
        rows.append(["  flags", flags(seen)])
        rows.append(["  still", text(seen.still, within: seen.seconds)])
        if let silent = seen.silent { rows.append(["  silent", text(silent, within: seen.seconds)]) }
        if let sound = seen.sound {
            let clipped = sound.clippedShare > 0 ? ", \(Quantity.number(100 * sound.clippedShare)) % clipped" : ""
            rows.append([
                "  level",
                "\(Quantity.decibels(sound.decibels)), peak \(Quantity.decibels(sound.peakDecibels))" + clipped,
            ])
        }
        return rows
    }

    /// For how long each flag stands, the longest first.
    private static func flags(_ seen: Seen) -> String {
        var seconds: [String: Double] = [:]
        for segment in seen.segments where !segment.isDropped {
            for flag in segment.flags { seconds[flag, default: 0] += segment.seconds }
        }
        let sorted = seconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.isEmpty
            ? "none" : sorted.map { "\($0.key) \(Quantity.seconds($0.value))" }.joined(separator: ", ")
    }

    private static func text(_ stretches: Stretches, within seconds: Double) -> String {
        guard stretches.count > 0 else { return "none" }
        let places = stretches.list.map {
            "\(Quantity.clock($0.startSeconds, within: seconds))–\(Quantity.clock($0.endSeconds, within: seconds))"
        }
        return "\(Quantity.seconds(stretches.totalSeconds)): " + list(places, of: stretches.count)
    }

    /// The first few of a list.
    private static func list(_ items: [String], of count: Int? = nil) -> String {
        let count = count ?? items.count
        guard count > 0 else { return "none" }
        let shown = items.prefix(12)
        return shown.joined(separator: ", ") + (count > shown.count ? ", … (\(count))" : "")
    }
}
