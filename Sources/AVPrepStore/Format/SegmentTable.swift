import AVPrepModel
import CHDF5

/// The table of segments under /segments: parallel one-dimensional datasets, one row per segment.
enum SegmentTable {
    private static let folder = "segments"
    /// A link to the label file, see ``LabelFile``.
    static let labelsLink = "segments/labels"
    private static let measuresColumn = "measures"
    private static let groupColumn = "group_id"
    private static let decisionColumn = "decision"
    private static let leftOutColumn = "left_out_frames"

    // MARK: - Writing

    /// Writes the whole table. On HDF5's queue.
    static func write(_ segments: [StoredSegment], layout: StoreLayout, in file: HDF5.Handle, _ path: String) throws {
        let group = try HDF5.createGroup(folder, in: file, path)
        func put(_ name: String, _ type: HDF5.ElementType, unit: String? = nil, _ bytes: UnsafeRawBufferPointer) throws
        {
            let dataset = try HDF5.Dataset(
                create: name, in: group, type: type, rows: segments.count, labels: ["segment"],
                attributes: unit.map { ["unit": .string($0)] } ?? [:], storage: .contiguous, path)
            try dataset.write(bytes, at: 0)
        }
        func put(texts name: String, _ text: (StoredSegment) -> String) throws {
            let texts = segments.map(text)
            let length = max(1, texts.map(\.utf8.count).max() ?? 0)
            try texts.flatMap { $0.zeroPadded(to: length) }.withUnsafeBytes { try put(name, .string(length), $0) }
        }
        func put<Number>(
            _ name: String, _ type: HDF5.ElementType, unit: String? = nil, _ number: (StoredSegment) -> Number
        ) throws {
            try segments.map(number).withUnsafeBytes { try put(name, type, unit: unit, $0) }
        }
        try put(texts: "segment_id") { $0.segment.segmentID }
        try put(texts: "video_id") { $0.segment.videoID }
        try put(texts: "source") { $0.segment.source }
        try put(texts: "split") { $0.split?.rawValue ?? "" }
        try put(texts: groupColumn) { $0.groupID }
        try put("start_seconds", .float64, unit: "s") { $0.segment.startSeconds }
        try put("height", .int32, unit: "pixel") { Int32($0.segment.height) }
        try put("width", .int32, unit: "pixel") { Int32($0.segment.width) }
        if let flow = layout.flow {
            func size(_ stored: StoredSegment) -> (width: Int, height: Int) {
                flow.size(width: stored.segment.width, height: stored.segment.height)
            }
            try put("flow_height", .int32, unit: "pixel") { Int32(size($0).height) }
            try put("flow_width", .int32, unit: "pixel") { Int32(size($0).width) }
        }
        for (name, side) in cropColumns {
            try put(name, .int32, unit: "pixel") { Int32($0.segment.crop[keyPath: side]) }
        }
        if layout.mayBeStabilised {
            for (name, value) in stabilisedColumns {
                try put(name, .int32, unit: "pixel") { Int32(($0.segment.stabilised ?? .unset)[keyPath: value]) }
            }
        }
        try put("flags", .uint32) { $0.segment.flags.rawValue }
        try put(decisionColumn, .uint8) { $0.segment.decision.verdict.rawValue }
        for (name, flags) in decidingColumns { try put(name, .uint32) { $0.segment.decision[keyPath: flags].rawValue } }
        // Only where there are such segments.
        if segments.contains(where: { $0.leftOutFrames > 0 }) {
            try put(leftOutColumn, .int64) { Int64($0.leftOutFrames) }
        }
        let measures = SegmentMeasure.allCases
        let measured = try HDF5.Dataset(
            create: measuresColumn, in: group, type: .float32, rows: segments.count, rowShape: [measures.count],
            labels: ["segment", "measure"], storage: .contiguous, path)
        try segments.flatMap { stored in measures.map { stored.segment.measures[$0] ?? .nan } }.withUnsafeBytes {
            try measured.write($0, at: 0)
        }
        for track in rangeTracks(of: layout) {
            try put("\(track.column)_first", .int64) { Int64($0[track].lowerBound) }
            try put("\(track.column)_count", .int64) { Int64($0[track].count) }
        }
    }

    // MARK: - Reading

    /// Reads the table and checks every range against `rowCount`, the number of rows of its track.
    ///
    /// - Parameter measures: the file's attribute `measure_names`; nil in files of format 1.0, which have no measures.
    static func read(
        layout: StoreLayout, measures: AttributeValue?, in file: HDF5.Handle, rowCount: (Track) -> Int, _ path: String
    ) throws -> [StoredSegment] {
        func open(_ name: String, _ type: HDF5.ElementType?) throws -> HDF5.Dataset {
            try HDF5.Dataset(open: "\(folder)/\(name)", in: file, type: type, path)
        }
        let segmentIDs = try open("segment_id", nil).readAllTexts()
        let count = segmentIDs.count
        func column<Value>(_ name: String, _ values: [Value]) throws -> [Value] {
            guard values.count == count else {
                throw StoreError.damaged(path, "\(name) has \(values.count) rows, segment_id \(count)")
            }
            return values
        }
        func texts(_ name: String) throws -> [String] { try column(name, try open(name, nil).readAllTexts()) }
        func numbers<Number: FixedWidthInteger>(_ name: String, _ type: HDF5.ElementType, _: Number.Type) throws
            -> [Int]
        {
            try column(name, try open(name, type).readAll(as: Number.self)).map { Int($0) }
        }
        let videoIDs = try texts("video_id")
        let sources = try texts("source")
        let splits = try texts("split")
        // Files of format 1.0 have no group ids.
        let columns = try HDF5.names(in: HDF5.openObject(folder, in: file, path), path)
        let groups = columns.contains(groupColumn) ? try texts(groupColumn) : videoIDs
        let starts = try column("start_seconds", try open("start_seconds", .float64).readAllDoubles())
        let heights = try numbers("height", .int32, Int32.self)
        let widths = try numbers("width", .int32, Int32.self)
        let flags = try numbers("flags", .uint32, UInt32.self)
        // Older files have no decisions: all segments count as kept.
        let deciding = try (columns.contains(decisionColumn) ? decidingColumns : []).map {
            (flags: $0.flags, bits: try numbers($0.name, .uint32, UInt32.self))
        }
        let leftOut = columns.contains(leftOutColumn) ? try numbers(leftOutColumn, .int64, Int64.self) : nil
        let measured = try readMeasures(measures, count: count, in: file, path)
        let crops = try cropColumns.map { (side: $0.side, margins: try numbers($0.name, .int32, Int32.self)) }
        let stabilised = try (layout.mayBeStabilised ? stabilisedColumns : []).map {
            (value: $0.value, numbers: try numbers($0.name, .int32, Int32.self))
        }
        let ranges = try rangeTracks(of: layout).map { track in
            let firsts = try numbers("\(track.column)_first", .int64, Int64.self)
            let counts = try numbers("\(track.column)_count", .int64, Int64.self)
            return (track, try checkedRanges(firsts, counts, track.column, rowCount: rowCount(track), path))
        }
        return try (0..<count).map { row in
            guard starts[row].isFinite, (1...1 << 16).contains(heights[row]), (1...1 << 16).contains(widths[row]) else {
                throw StoreError.damaged(path, "segment \(row) has an invalid start or size")
            }
            let split = Split(rawValue: splits[row])
            guard split != nil || splits[row].isEmpty else {
                throw StoreError.damaged(path, "segment \(row) has the split \"\(splits[row])\"")
            }
            var crop = CropMargins()
            for (side, margins) in crops { crop[keyPath: side] = margins[row] }
            var segment = Segment(
                segmentID: segmentIDs[row], videoID: videoIDs[row], source: sources[row], startSeconds: starts[row],
                frameCount: 0, width: widths[row], height: heights[row], crop: crop,
                flags: SegmentFlags(rawValue: UInt32(flags[row])),
                measures: measured[row])
            var framing = StabilisedFraming.unset
            for (value, numbers) in stabilised { framing[keyPath: value] = numbers[row] }
            if framing != .unset { segment.stabilised = framing }
            var stored = StoredSegment(
                segment: segment, frames: 0..<0, flow: [:], pcm: 0..<0, spectrograms: [:], split: split)
            stored.groupID = groups[row]
            for (track, ranges) in ranges { stored[track] = ranges[row] }
            stored.leftOutFrames = leftOut?[row] ?? 0
            guard stored.leftOutFrames == 0 || stored.leftOutFrames > 0 && stored.frames.isEmpty else {
                throw StoreError.damaged(path, "segment \(row) is left out and has frames")
            }
            stored.segment.frameCount = stored.frames.count + stored.leftOutFrames
            for (flags, bits) in deciding {
                stored.segment.decision[keyPath: flags] = SegmentFlags(rawValue: UInt32(bits[row]))
            }
            return stored
        }
    }

    /// The measures of each segment. Names that this version does not know are skipped.
    private static func readMeasures(
        _ names: AttributeValue?, count: Int, in file: HDF5.Handle, _ path: String
    ) throws -> [[SegmentMeasure: Float]] {
        guard case .strings(let names) = names, !names.isEmpty else { return Array(repeating: [:], count: count) }
        let dataset = try HDF5.Dataset(
            open: "\(folder)/\(measuresColumn)", in: file, type: .float32, rowShape: [names.count], path)
        guard dataset.rows == count else {
            throw StoreError.damaged(path, "\(measuresColumn) has \(dataset.rows) rows, segment_id \(count)")
        }
        var values = [Float](repeating: .nan, count: count * names.count)
        try values.withUnsafeMutableBytes { try dataset.read(0..<count, into: $0) }
        let measures = names.map(SegmentMeasure.init)
        return (0..<count).map { row in
            var found: [SegmentMeasure: Float] = [:]
            for (column, measure) in measures.enumerated() {
                let value = values[row * names.count + column]
                if let measure, !value.isNaN { found[measure] = value }
            }
            return found
        }
    }

    private static func checkedRanges(
        _ firsts: [Int], _ counts: [Int], _ column: String, rowCount: Int, _ path: String
    ) throws -> [Range<Int>] {
        let ranges = try zip(firsts, counts).enumerated().map { row, range in
            let (first, count) = range
            guard first >= 0, count >= 0, first <= rowCount, count <= rowCount - first else {
                throw StoreError.damaged(
                    path, "segment \(row) has \(count) rows of \(column) from \(first) on, the file \(rowCount)")
            }
            return first..<first + count
        }
        // No two segments share a row, so reading all of them takes time proportional to the file's size.
        let order = ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
        if let (range, _) = zip(order.dropFirst(), order).first(where: { $0.lowerBound < $1.upperBound }) {
            throw StoreError.damaged(path, "two segments share row \(range.lowerBound) of \(column)")
        }
        return ranges
    }

    // MARK: - Columns

    private static var cropColumns: [(name: String, side: WritableKeyPath<CropMargins, Int>)] {
        [("crop_top", \.top), ("crop_bottom", \.bottom), ("crop_left", \.left), ("crop_right", \.right)]
    }

    /// All 0 if the segment is not stabilised.
    private static var stabilisedColumns: [(name: String, value: WritableKeyPath<StabilisedFraming, Int>)] {
        [
            ("stabilised_from_height", \.height), ("stabilised_from_width", \.width),
            ("stabilised_crop_top", \.crop.top), ("stabilised_crop_bottom", \.crop.bottom),
            ("stabilised_crop_left", \.crop.left), ("stabilised_crop_right", \.crop.right),
        ]
    }

    /// The flags behind the decision; the column before, ``SegmentDecision/verdict``, follows from them.
    private static var decidingColumns: [(name: String, flags: WritableKeyPath<SegmentDecision, SegmentFlags>)] {
        [("dropped_by", \.droppedBy), ("mended", \.fixed)]
    }

    /// The tracks that have their own range in each segment; motion shares the range of the frames.
    static func rangeTracks(of layout: StoreLayout) -> [Track] {
        Track.all(of: layout).filter { if case .motion = $0.content { false } else { true } }
    }
}

extension StabilisedFraming {
    /// The values in the columns if the segment is not stabilised.
    fileprivate static let unset = StabilisedFraming(width: 0, height: 0, crop: .none)
}

extension StoredSegment {
    /// The segment's rows of a track.
    subscript(track: Track) -> Range<Int> {
        get {
            switch track.content {
            case .frames, .motion: frames
            case .flow(let direction): flow[direction] ?? 0..<0
            case .pcm: pcm
            case .waveform(let name): waveforms[name] ?? 0..<0
            case .spectrogram(let name): spectrograms[name] ?? 0..<0
            }
        }
        set {
            switch track.content {
            case .frames, .motion: frames = newValue
            case .flow(let direction): flow[direction] = newValue
            case .pcm: pcm = newValue
            case .waveform(let name): waveforms[name] = newValue
            case .spectrogram(let name): spectrograms[name] = newValue
            }
        }
    }
}
