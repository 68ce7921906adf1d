import AVPrepModel
import Foundation

/// The names and numbers of the file format shared by writer, packer and readers. `schemas/shard-format.md` documents
/// the format.
package enum StoreFormat {
    /// Value of the root attribute `format` of prepared files and shards.
    static let name = "avprep"
    /// Value of the root attribute `format` of pair files.
    static let pairsName = "avprep-pairs"
    /// Value of the root attribute `format` of label files.
    static let labelsName = "avprep-labels"
    /// `MAJOR.MINOR`: a reader accepts every minor version of its major version, and refuses other majors.
    static let version = "1.3"
    /// What holds nothing that came later says so: its bytes are those of before.
    static let versionWithoutLabels = "1.2"
    static let major = 1

    /// Root attributes defined by the format.
    package static let reservedAttributes: Set<String> = [
        "format", "format_version", "kind", "layout_json", "flag_names", "measure_names", "measure_units",
    ]

    /// Chunk size of byte datasets, in bytes: large enough to have few chunks, and small enough that short videos,
    /// whose last chunk is mostly empty, waste little.
    static let byteChunk = 256 << 10
    /// Chunk size of numeric datasets, in bytes.
    static let numberChunk = 64 << 10

    /// Checks `format` and `format_version` of a file.
    static func check(_ attributes: [String: AttributeValue], format: String, _ path: String) throws {
        guard attributes["format"]?.text == format, let version = attributes["format_version"]?.text else {
            let what = [pairsName: "pair file", labelsName: "label file"][format] ?? "prepared file or shard"
            throw StoreError(.foreign, "\(path) is HDF5, but not an avprep \(what); give a file made by avprep")
        }
        try checkVersion(version, path)
    }

    /// Checks the format version of a file.
    static func checkVersion(_ version: String, _ path: String) throws {
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 1 else {
            throw StoreError.damaged(path, "its format_version is \"\(version)\"")
        }
        guard major <= Self.major else {
            throw StoreError(
                .newerFormat,
                "\(path) has format \(version), this avprep reads \(Self.version); install a newer avprep, "
                    + "or make the file again with this one")
        }
    }
}

/// A dataset whose rows belong to segments, one after another, as writer, packer and reader see it.
struct Track: Hashable {
    enum Content: Hashable {
        case frames
        case flow(StoreLayout.FlowDirection)
        case motion(MotionColumn)
        case pcm
        case waveform(String)
        case spectrogram(String)
    }

    let content: Content
    /// Path of the dataset; for pictures, of the group with `bytes` and `offsets`.
    let path: String
    /// Type and shape of a row, and the names of the axes; nil for pictures.
    let element: HDF5.ElementType
    let rowShape: [Int]
    let labels: [String]
    /// Attributes of the dataset; for pictures, of the group.
    let attributes: [String: AttributeValue]

    /// Whether rows are pictures of variable length: `bytes` and `offsets`.
    var isPictures: Bool {
        switch content {
        case .frames, .flow: true
        default: false
        }
    }

    /// The prefix of the columns `…_first` and `…_count` in /segments.
    var column: String {
        switch content {
        case .frames, .motion: "frame"
        case .flow(let direction): "flow_\(direction.rawValue)"
        case .pcm: "pcm"
        case .waveform(let name), .spectrogram(let name): name
        }
    }

    static func == (left: Track, right: Track) -> Bool { left.content == right.content }
    func hash(into hasher: inout Hasher) { hasher.combine(content) }

    /// The tracks of a layout, frames first.
    static func all(of layout: StoreLayout) -> [Track] {
        var tracks = [frames(of: layout)]
        if let flow = layout.flow { tracks += flow.directions.map { Track.flow(flow, $0) } }
        tracks += MotionColumn.all(of: layout).map(Track.motion)
        if let pcm = layout.pcm {
            tracks.append(samples(.pcm, "audio/pcm", sampleRate: pcm.sampleRate, channels: pcm.channels))
        }
        tracks += layout.waveforms.map { waveform in
            samples(
                .waveform(waveform.name), "audio/\(waveform.name)", sampleRate: waveform.sampleRate,
                channels: waveform.channels)
        }
        return tracks + layout.spectrograms.map(Track.spectrogram)
    }

    private static func samples(_ content: Content, _ path: String, sampleRate: Int, channels: Int) -> Track {
        Track(
            content: content, path: path, element: .int16, rowShape: [channels], labels: ["sample", "channel"],
            attributes: ["sr": .int(sampleRate)])
    }

    private static func frames(of layout: StoreLayout) -> Track {
        var attributes: [String: AttributeValue] = [
            "codec": .string(layout.frameCodec.rawValue), "fps": .double(layout.fps), "channels": .string("RGB"),
        ]
        attributes["quality"] = layout.frameQuality.map { .int($0) }
        return Track(
            content: .frames, path: "frames", element: .uint8, rowShape: [], labels: ["byte"], attributes: attributes)
    }

    private static func flow(_ flow: StoreLayout.Flow, _ direction: StoreLayout.FlowDirection) -> Track {
        var attributes: [String: AttributeValue] = [
            "codec": .string(flow.codec.rawValue), "method": .string(flow.method), "bound": .double(flow.bound),
            "fps": .double(flow.fps), "quantisation": .string(flow.quantisation), "channels": .string("x over y"),
            "dtype": .string((flow.storedType ?? .uint8).rawValue), "step": .int(flow.step ?? 1),
        ]
        attributes["quality"] = flow.quality.map { .int($0) }
        attributes["preset"] = flow.preset.map { .string($0) }
        attributes.merge(flow.parameters ?? [:]) { own, _ in own }
        return Track(
            content: .flow(direction), path: "flow/\(direction.rawValue)", element: .uint8, rowShape: [],
            labels: ["byte"], attributes: attributes)
    }

    private static func motion(_ column: MotionColumn) -> Track {
        Track(
            content: .motion(column), path: "motion/\(column.rawValue)", element: column.element,
            rowShape: column.rowShape, labels: column.labels,
            attributes: column.unit.map { ["unit": .string($0)] } ?? [:])
    }

    private static func spectrogram(_ spectrogram: StoreLayout.Spectrogram) -> Track {
        var attributes = spectrogram.attributes
        attributes["frames_per_second"] = .double(spectrogram.framesPerSecond)
        return Track(
            content: .spectrogram(spectrogram.name), path: "audio/\(spectrogram.name)",
            element: spectrogram.storedType == .float16 ? .float16 : .float32, rowShape: [spectrogram.bins],
            labels: ["frame", "bin"], attributes: attributes)
    }
}

/// The datasets under /motion, one row per frame.
enum MotionColumn: String, CaseIterable {
    case homography
    case inlierCount = "inlier_count"
    case error, pan, tilt, zoom, roll
    /// Only in layouts whose segments may be stabilised.
    case sourceHomography = "source_homography"

    var element: HDF5.ElementType { self == .inlierCount ? .int32 : .float32 }
    var rowShape: [Int] { matrix == nil ? [] : [3, 3] }
    var labels: [String] { matrix == nil ? ["frame"] : ["frame", "row", "column"] }

    /// The columns of a layout.
    static func all(of layout: StoreLayout) -> [MotionColumn] {
        layout.hasMotion ? allCases.filter { $0 != .sourceHomography || layout.mayBeStabilised } : []
    }

    var unit: String? {
        switch self {
        case .homography, .inlierCount, .sourceHomography: nil
        case .error: "pixel^2"
        case .pan, .tilt: "pixel/s"
        case .zoom: "ln(scale)/s"
        case .roll: "degree/s"
        }
    }

    /// The column's nine numbers if it is a matrix.
    var matrix: WritableKeyPath<FrameMotion, [Float]>? {
        switch self {
        case .homography: \.homography
        case .sourceHomography: \.source
        default: nil
        }
    }

    /// The column's value if it is a float.
    var value: WritableKeyPath<FrameMotion, Float>? {
        switch self {
        case .homography, .inlierCount, .sourceHomography: nil
        case .error: \.error
        case .pan: \.pan
        case .tilt: \.tilt
        case .zoom: \.zoom
        case .roll: \.roll
        }
    }
}
