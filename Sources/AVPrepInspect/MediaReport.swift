import AVPrepMedia
import AVPrepModel
import Foundation

/// The report on one media file.
struct MediaReport: Sendable, Codable {
    /// The results of avprep's own stages on the decoded file.
    struct Seen: Sendable, Codable {
        /// Frames per second of the inspection.
        let fps: Double
        /// Width of a frame as ingest would store it.
        let width: Int
        let height: Int
        /// Length of the time range that has both picture and sound.
        let seconds: Double
        let border: CropMargins
        /// Presentation times at which a new shot begins.
        let cutSeconds: [Double]
        /// Fades and dissolves.
        let blends: [Blend]
        /// Presentation times after timestamp jumps.
        let jumpSeconds: [Double]
        /// The segments that ingest would make.
        let segments: [InspectionPass.SegmentSummary]
        let still: Stretches
        /// nil without sound.
        let silent: Stretches?
        let sound: SoundSummary?
    }

    /// A gradual shot change, in presentation time.
    struct Blend: Sendable, Codable {
        /// `dissolve`, `fade-out` or `fade-in`.
        let form: String
        let startSeconds: Double
        let endSeconds: Double
    }

    /// Why nothing, or not everything, could be decoded.
    struct Fault: Sendable, Codable {
        let code: String
        let detail: String
    }

    var kind = "media"
    let path: String
    let bytes: Int64
    let media: MediaInfo
    /// nil if there was nothing to decode.
    var decode: DecodeSummary?
    var seen: Seen?
    var fault: Fault?
}

// MARK: - As text

extension MediaReport {
    /// Rows with a label and a value.
    var rows: [[String]] {
        var rows = [["file", "\(path), \(QuantityText.bytes(bytes))"]]
        rows += containerRows + videoRows + audioRows + leftOutRows
        if let skew = media.startSkewSeconds {
            rows.append(["start skew", QuantityText.milliseconds(skew) + " (sound after picture)"])
        }
        if let decode { rows += Self.rows(of: decode) }
        if let seen { rows += Self.rows(of: seen) }
        if let fault { rows.append(["fault", "\(fault.code): \(fault.detail)"]) }
        return rows
    }

    private var containerRows: [[String]] {
        var facts = [media.container]
        if let range = media.range { facts.append("seconds \(range.text) of") }
        if let seconds = media.durationSeconds { facts.append(QuantityText.seconds(seconds)) }
        if media.bitRate > 0 { facts.append(QuantityText.bitRate(Double(media.bitRate))) }
        let counts = media.streams
        let streams = [
            (counts.video, "video"), (counts.audio, "audio"), (counts.subtitles, "subtitles"),
            (counts.attachedPictures, "attached pictures"), (counts.other, "other"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return [["container", facts.joined(separator: ", ")], ["  streams", streams.joined(separator: ", ")]]
    }

    private var videoRows: [[String]] {
        guard let video = media.video else { return [["video", "none"]] }
        var codec = [video.codec, video.profile, video.pixelFormat].compactMap(\.self)
        codec.append("stream \(video.index)")
        codec += Self.marks(video.language, video.dispositions)
        var rows = [["video", codec.joined(separator: ", ")]]
        var size = "\(video.width) × \(video.height)"
        if (video.displayWidth, video.displayHeight) != (video.width, video.height) {
            size += ", shown as \(video.displayWidth) × \(video.displayHeight)"
        }
        if video.sampleAspectRatio != [1, 1] {
            size += ", pixels \(video.sampleAspectRatio.map(String.init).joined(separator: ":"))"
        }
        if video.rotationDegrees != 0 { size += ", rotated by \(video.rotationDegrees)°" }
        if video.isMirrored { size += ", mirrored" }
        rows.append(["  size", size])
        if let colour = video.colour { rows.append(["  colour", Self.text(of: colour)]) }
        if let rate = video.averageFrameRate { rows.append(["  rate", "\(QuantityText.number(rate)) fps on average"]) }
        rows.append(["  time", Self.time(from: video.startSeconds, video.durationSeconds)])
        return rows
    }

    private static func text(of colour: VideoColour) -> String {
        var facts = ["\(colour.bitsPerComponent) bits", colour.sampling, colour.used.range]
        let names = [colour.used.matrix, colour.used.primaries, colour.used.transfer]
        facts.append(Set(names).count == 1 ? names[0] : names.joined(separator: "/"))
        if colour.stated != colour.used { facts.append("partly assumed") }
        if colour.dynamicRange != .standard {
            let peak = colour.peakNits.map { ", \(QuantityText.number($0)) cd/m²" } ?? ""
            facts.append("high dynamic range (\(colour.dynamicRange.rawValue)\(peak))")
        }
        if colour.hasAlpha { facts.append("transparency") }
        if colour.isInterlaced { facts.append("interlaced") }
        return facts.joined(separator: ", ")
    }

    private var audioRows: [[String]] {
        guard let audio = media.audio else { return [["audio", "none"]] }
        var codec = [audio.codec, audio.profile].compactMap(\.self)
        codec.append("stream \(audio.index)")
        codec += Self.marks(audio.language, audio.dispositions)
        var sound = "\(audio.sampleRate) Hz, \(audio.layout)"
        if let mixing = audio.mixing {
            let rule = mixing.channel.map { "channel \($0) alone is used" } ?? "the right channel is reversed"
            sound += ", \(rule): the downmix would lose \(QuantityText.decibels(mixing.lossDecibels))"
        }
        if audio.isSilent == true { sound += ", silent throughout" }
        return [
            ["audio", codec.joined(separator: ", ")], ["  sound", sound],
            ["  time", Self.time(from: audio.startSeconds, audio.durationSeconds)],
        ]
    }

    private var leftOutRows: [[String]] {
        let further = (media.further ?? []).map { film in
            let length = film.seconds.map { ", \(QuantityText.seconds($0))" } ?? ""
            return [
                "left out",
                "another film behind the first, from byte \(film.offset) on, \(QuantityText.bytes(Int64(film.bytes)))\(length); "
                    + "split the file to use it",
            ]
        }
        return further
            + (media.leftOut ?? []).map { stream in
                let sounds = stream.sounds == true ? ", sounds" : ""
                return [
                    "left out",
                    "stream \(stream.index), \(stream.kind.rawValue) (\(stream.codec)): \(stream.reason.rawValue)\(sounds)",
                ]
            }
    }

    private static func marks(_ language: String?, _ dispositions: [String]) -> [String] {
        (language.map { ["language \($0)"] } ?? []) + dispositions
    }

    private static func time(from start: Double, _ duration: Double?) -> String {
        let length = duration.map { ", \(QuantityText.seconds($0)) long" } ?? ", length unknown"
        return "from \(QuantityText.seconds(start))" + length
    }

    private static func rows(of decode: DecodeSummary) -> [[String]] {
        let pictures = decode.pictures
        let kinds = text([
            (pictures.interlaced, "interlaced"), (pictures.damaged, "damaged"), (pictures.corrupt, "corrupt, left out"),
            (pictures.changes, "changes of size or format"), (decode.decodeErrors, "errors"),
            (decode.discontinuities, "timestamp jumps"), (decode.repairedTimestamps, "repaired timestamps"),
        ])
        var rows = [["decoded", "\(decode.decodedPictures) pictures" + kinds]]
        if let rate = decode.frameRate, let intervals = decode.pictureIntervals {
            let range =
                "\(QuantityText.number(intervals.minimum * 1000)) to \(QuantityText.number(intervals.maximum * 1000)) ms"
            let variable = "\(QuantityText.number(intervals.irregularShare * 100)) % irregular"
            rows.append(["  rate", "\(QuantityText.number(rate)) fps measured, frame duration \(range), \(variable)"])
        }
        rows.append([
            "  longest gap",
            "picture \(QuantityText.seconds(decode.longestVideoGapSeconds)), sound \(QuantityText.seconds(decode.longestAudioGapSeconds))",
        ])
        if let lost = decode.lostShare { rows.append(["  lost", "\(QuantityText.number(100 * lost)) % of the file"]) }
        if let unused = decode.unusedSeconds {
            let parts = unused.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
                .map { "\($0.key.rawValue) \(QuantityText.seconds($0.value))" }
            rows.append(["  in no frame", parts.joined(separator: ", ")])
        }
        if let patched = decode.patchedAudioSeconds {
            rows.append(["  sound patched", "\(QuantityText.seconds(patched)) filled with silence or cut"])
        }
        if let drift = decode.clockDriftPPM {
            rows.append(["  sound clock", "drifts by \(QuantityText.number(drift)) ppm against its samples; followed"])
        }
        if let keys = decode.videoStream.keyFrameIntervals {
            rows.append([
                "  key frames",
                "every \(QuantityText.seconds(keys.median)), \(QuantityText.seconds(keys.maximum)) at most",
            ])
        } else {
            rows.append(["  key frames", "one"])
        }
        let rates = [("picture", decode.videoStream), ("sound", decode.audioStream)].compactMap { name, measure in
            measure.map {
                "\(name) \(QuantityText.seconds($0.seconds)), \($0.packets) packets, \(QuantityText.bitRate($0.bitRate))"
            }
        }
        rows.append(["  bit rates", rates.joined(separator: "; ")])
        return rows
    }

    private static func text(_ counts: [(Int, String)]) -> String {
        counts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
    }

    private static func rows(of seen: Seen) -> [[String]] {
        var rows = [
            [
                "seen",
                "\(QuantityText.seconds(seen.seconds)) of picture and sound, \(seen.width) × \(seen.height) at \(QuantityText.number(seen.fps)) fps",
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
        rows.append(["  cuts", list(seen.cutSeconds.map { QuantityText.clock($0, within: seen.seconds) })])
        if !seen.blends.isEmpty {
            let blends = seen.blends.map { "\($0.form) \(QuantityText.clock($0.startSeconds, within: seen.seconds))" }
            rows.append(["  blends", list(blends)])
        }
        let dropped = seen.segments.count(where: \.isDropped)
        rows.append([
            "  segments", "\(seen.segments.count - dropped)" + (dropped > 0 ? ", \(dropped) too short" : ""),
        ])
        let stored = seen.segments.filter { !$0.isDropped }
        rows += DecisionText.rows(
            stored.map(\.decision),
            times: stored.map { "  " + QuantityText.clock($0.startSeconds, within: seen.seconds) })
        rows.append(["  flags", flags(seen)])
        rows.append(["  still", text(seen.still, within: seen.seconds)])
        if let silent = seen.silent { rows.append(["  silent", text(silent, within: seen.seconds)]) }
        if let sound = seen.sound {
            let clipped = sound.clippedShare > 0 ? ", \(QuantityText.number(100 * sound.clippedShare)) % clipped" : ""
            rows.append([
                "  level",
                "\(QuantityText.decibels(sound.decibels)), peak \(QuantityText.decibels(sound.peakDecibels))" + clipped,
            ])
        }
        return rows
    }

    /// The total length of the segments with each flag, longest first.
    private static func flags(_ seen: Seen) -> String {
        var seconds: [String: Double] = [:]
        for segment in seen.segments where !segment.isDropped {
            for flag in segment.flags { seconds[flag, default: 0] += segment.seconds }
        }
        let sorted = seconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.isEmpty
            ? "none" : sorted.map { "\($0.key) \(QuantityText.seconds($0.value))" }.joined(separator: ", ")
    }

    private static func text(_ stretches: Stretches, within seconds: Double) -> String {
        guard stretches.count > 0 else { return "none" }
        let places = stretches.list.map {
            "\(QuantityText.clock($0.startSeconds, within: seconds))–\(QuantityText.clock($0.endSeconds, within: seconds))"
        }
        return "\(QuantityText.seconds(stretches.totalSeconds)): " + list(places, of: stretches.count)
    }

    /// The first items of a list.
    private static func list(_ items: [String], of count: Int? = nil) -> String {
        let count = count ?? items.count
        guard count > 0 else { return "none" }
        let shown = items.prefix(12)
        return shown.joined(separator: ", ") + (count > shown.count ? ", … (\(count))" : "")
    }
}
