import AVPrepCore
import AVPrepModel
import AVPrepSettings

/// Which column of a table means what.
struct ManifestColumns {
    var path: Int?
    var id: Int?
    var start: Int?
    var end: Int?
    var labels: [Int] = []
    var split: Int?
    /// How many cells a row has.
    var count: Int

    private static var usual: [(key: WritableKeyPath<ManifestColumns, Int?>, names: [String])] {
        [
            (
                \.path,
                [
                    "path", "file", "filename", "file_name", "filepath", "file_path", "video_path", "video", "clip",
                    "url",
                ]
            ),
            (\.id, ["id", "youtube_id", "ytid", "yt_id", "video_id", "videoid", "vid", "yid"]),
            (\.start, ["start", "start_seconds", "start_sec", "start_time", "time_start", "t_start", "begin"]),
            (\.end, ["end", "end_seconds", "end_sec", "end_time", "time_end", "t_end", "stop"]),
            (\.split, ["split", "subset", "partition", "set"]),
        ]
    }
    private static let usualLabels: Set = [
        "label", "labels", "class", "classes", "class_name", "category", "categories", "tag", "tags", "positive_labels",
        "action",
    ]

    private init(count: Int) { self.count = count }

    /// The columns of a published layout without a header.
    static func vggsound(count: Int) -> ManifestColumns {
        var columns = ManifestColumns(count: count)
        (columns.id, columns.start, columns.labels) = (0, 1, [2])
        columns.split = count > 3 ? 3 : nil
        return columns
    }

    static let audioset = {
        var columns = ManifestColumns(count: 4)
        (columns.id, columns.start, columns.end, columns.labels) = (0, 1, 2, [3])
        return columns
    }()

    /// Columns by number; nil where a setting is no number.
    init?(numbers settings: ManifestSettings.Columns, count: Int) {
        let all = [settings.path, settings.id, settings.start, settings.end, settings.split] + settings.labels
        let given = all.filter { !$0.isEmpty }
        let numbers = given.compactMap { Int($0) }
        guard !given.isEmpty, numbers.count == given.count, numbers.allSatisfy({ $0 > 0 }) else { return nil }
        self.init(count: max(count, numbers.max() ?? 0))
        func place(_ text: String) -> Int? { Int(text).map { $0 - 1 } }
        (path, id, start, end) = (place(settings.path), place(settings.id), place(settings.start), place(settings.end))
        (labels, split) = (settings.labels.compactMap(place), place(settings.split))
    }

    /// Columns by their names in a header: those of the settings, else the usual ones.
    ///
    /// - Throws: ``MalformedRow`` where a name is missing, or means two columns.
    init(header: [String], _ settings: ManifestSettings.Columns) throws {
        let names = header.map { $0.trimmingBlanks.lowercased().replacing(" ", with: "_") }
        self.init(count: header.count)
        let asked = [settings.path, settings.id, settings.start, settings.end, settings.split]
        for ((key, usual), name) in zip(Self.usual, asked) {
            self[keyPath: key] = try Self.place(name, usual, header, names)
        }
        if settings.labels.isEmpty {
            labels = names.indices.filter { Self.usualLabels.contains(names[$0]) }
        } else {
            labels = try settings.labels.flatMap { name -> [Int] in
                let places = Self.places(name, header, names)
                guard !places.isEmpty else { throw Self.missing(name, header) }
                return places
            }
        }
        // Of a path and an id, what was asked for counts, else the path.
        if path != nil, id != nil, settings.path.isEmpty {
            if settings.id.isEmpty { id = nil } else { path = nil }
        }
    }

    private static func places(_ name: String, _ header: [String], _ names: [String]) -> [Int] {
        let exact = header.indices.filter { header[$0].trimmingBlanks == name }
        return exact.isEmpty ? names.indices.filter { names[$0] == name.lowercased() } : exact
    }

    private static func place(_ name: String, _ usual: [String], _ header: [String], _ names: [String]) throws -> Int? {
        let found =
            name.isEmpty
            ? usual.lazy.map { word in names.indices.filter { names[$0] == word } }.first { !$0.isEmpty } ?? []
            : places(name, header, names)
        if found.count > 1 {
            throw MalformedRow(
                "\(found.count) columns are called \"\(header[found[0]].trimmingBlanks)\": rename all but one, or set corpus.manifest.columns"
            )
        }
        if found.isEmpty, !name.isEmpty { throw missing(name, header) }
        return found.first
    }

    private static func missing(_ name: String, _ header: [String]) -> MalformedRow {
        let known = header.prefix(12).map { "\"\($0.trimmingBlanks)\"" }.joined(separator: ", ")
        return MalformedRow("there is no column \"\(name)\" (corpus.manifest.columns) among \(known)")
    }
}

extension String {
    /// Without spaces, tabs and line ends around it.
    var trimmingBlanks: String {
        let blank: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        guard utf8.first.map(blank.contains) == true || utf8.last.map(blank.contains) == true else { return self }
        let bytes = Array(utf8)
        return String(
            decoding: bytes.drop { blank.contains($0) }.reversed().drop { blank.contains($0) }.reversed(), as: UTF8.self
        )
    }
}
