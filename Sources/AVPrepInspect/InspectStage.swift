import AVPrepClips
package import AVPrepCore
import AVPrepDecoder
import AVPrepMedia
import AVPrepModel
package import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// Reports on one file: `avprep inspect`.
package enum InspectStage {
    /// The drawings requested besides the report.
    package struct Drawings: Sendable {
        /// The path of the contact sheet; nil for none.
        package var sheet: String?
        /// The path of the drawing of optical flow; nil for none.
        package var flow: String?

        package init(sheet: String? = nil, flow: String? = nil) {
            self.sheet = sheet
            self.flow = flow
        }

        var isEmpty: Bool { sheet == nil && flow == nil }
    }

    /// Inspects a media file, a prepared file or a shard.
    ///
    /// A media file is decoded once from start to end, in bounded memory. Faults of its streams are part of the report;
    /// a file of any other kind is an error.
    ///
    /// - Parameter settings: the ingest settings to inspect it with.
    /// - Throws: `MediaError`, `StoreError` or ``Failure`` when the file cannot be opened, or a requested drawing
    ///   cannot be made; `CancellationError`.
    package static func run(
        _ file: some PathConvertible, settings: IngestSettings, drawings: Drawings, _ context: StageContext
    ) throws -> InspectionReport {
        let listed = file.bytePath
        // A part of a file, as avprep lists it, unless there is a file of this name.
        let name = FileManager.default.fileExists(atPath: listed.text ?? "") ? nil : ItemName(listed: listed)
        let path = name?.file ?? listed
        let bytes = try size(of: path)
        if try isHDF5(path) {
            guard let text = path.text else {
                throw Failure(
                    "cannot inspect \(path): HDF5 cannot open a name that is not UTF-8; rename the file",
                    exitStatus: .badInput)
            }
            let (reader, pairSets, labels) = try openStored(text)
            let report = try StoreReport(reader, bytes: bytes, pairSets: pairSets, labels: labels)
            if !drawings.isEmpty {
                try draw(drawings, report.rows) { try StoreSheet.content(of: reader, pairSets: pairSets, tiles: $0) }
            }
            return InspectionReport(content: .stored(report))
        }
        let media = try open(path, range: name?.range, settings: settings, context)
        var inspection = MediaInspection(media, path: (name?.listed ?? path).escaped, bytes: bytes, settings: settings)
        try inspection.decode(draws: !drawings.isEmpty, context)
        if !drawings.isEmpty {
            if let fault = inspection.report.fault {
                throw Failure("cannot draw \(path): \(fault.detail)", exitStatus: .badInput)
            }
            try draw(drawings, inspection.report.rows) { try inspection.content(tiles: $0) }
        }
        return InspectionReport(content: .media(inspection.report))
    }

    /// Opens a prepared file or a shard, with the pair sets beside a shard. A file that an index beside it lists must
    /// match that index; any other file is not checked.
    private static func openStored(_ path: String) throws -> (StoreReader, [PairSet], SegmentLabels?) {
        if let (shards, shard) = ShardSet.holding(path) {
            return (
                try shards.reader(of: shard).store, try shards.storedPairSets(of: shard), try shards.labels(of: shard)
            )
        }
        let reader = try StoreReader(path: path)
        let file = path as NSString
        let pairs = (file.deletingLastPathComponent as NSString)
            .appendingPathComponent(PairFile.name(forShard: file.lastPathComponent))
        let hasPairs = reader.kind == .shard && FileManager.default.fileExists(atPath: pairs)
        return (reader, try hasPairs ? PairFile.read(pairs) : [], nil)
    }

    /// The only place that opens media files.
    private static func open(_ path: BytePath, range: TimeRange?, settings: IngestSettings, _ context: StageContext)
        throws
        -> any MediaSource
    {
        let cancellation = context.cancellation
        switch settings.isolation {
        case .process:
            return try SandboxedMediaSource(
                path: path, range: range, on: DecoderClient(), limits: settings.limits
            ) {
                cancellation.isCancelled
            }
        case .none:
            return try MediaFile(path: path, range: range, limits: settings.limits) { cancellation.isCancelled }
        }
    }

    private static func draw(
        _ drawings: Drawings, _ rows: [[String]], _ content: (SheetTiles) throws -> SheetContent
    ) throws {
        if let path = drawings.sheet {
            try PictureFile.writePNG(ContactSheet.draw(try content(.strip)), to: path)
        }
        if let path = drawings.flow {
            let content = try content(.pairs)
            guard content.tiles.contains(where: { $0.flow != nil }) else {
                throw Failure(
                    "cannot draw the flow of \(content.title): it has fewer than two frames, or was stored without flow",
                    exitStatus: .badInput)
            }
            try PictureFile.writePNG(FlowSheet.draw(content), to: path)
        }
    }

    private static func size(of path: BytePath) throws -> Int64 {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else {
            throw Failure("cannot open \(path): \(systemError())", exitStatus: .badInput)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(
                "cannot inspect \(path): it is not a file; give a video, a prepared file or a shard",
                exitStatus: .badInput
            )
        }
        return Int64(status.st_size)
    }

    /// Whether a file has the HDF5 signature (HDF5 file format specification, "Disk Format: Level 0A").
    private static func isHDF5(_ path: BytePath) throws -> Bool {
        let descriptor = path.withCString { Foundation.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw Failure("cannot open \(path): \(systemError())", exitStatus: .badInput) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        return try file.read(upToCount: 8) == Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
    }
}

/// The frames that a drawing needs.
enum SheetTiles {
    /// One row along the time axis.
    case strip
    /// Pairs of frame and flow.
    case pairs

    func count(width: Int, height: Int) -> Int {
        switch self {
        case .strip: SheetContent.tileCount(width: width, height: height)
        case .pairs: FlowSheet.pairCount(width: width, height: height)
        }
    }
}

/// The result of `avprep inspect`.
package struct InspectionReport: Encodable, Sendable {
    enum Content: Sendable {
        case media(MediaReport)
        case stored(StoreReport)
    }

    let content: Content

    package func encode(to encoder: any Encoder) throws {
        switch content {
        case .media(let report): try report.encode(to: encoder)
        case .stored(let report): try report.encode(to: encoder)
        }
    }

    package var text: String {
        let rows =
            switch content {
            case .media(let report): report.rows
            case .stored(let report): report.rows
            }
        let width = rows.map { $0[0].count }.max() ?? 0
        return rows.map { $0[0].padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0[1] }
            .joined(separator: "\n")
    }

    /// 65 when ingest could not decode the file's streams.
    package var exitStatus: ExitStatus {
        if case .media(let report) = content, report.fault != nil { .badInput } else { .done }
    }
}
