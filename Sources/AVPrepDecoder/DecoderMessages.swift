import AVPrepMedia
import AVPrepModel
import Foundation

/// A request to a decoder process about its file.
enum Request: Codable, JSONMessage {
    case open(OpenRequest)
    /// The given number of pictures, written to the slots of the memory sent along.
    case spread(count: Int, RingLayout)
    /// A whole decoding pass, written to the slots of the memory sent along.
    case decode(PassRequest, RingLayout)
}

/// The first request: opens the file whose descriptor the process was started with.
struct OpenRequest: Codable {
    /// The file's name for messages; it is not opened by this name.
    let path: String
    /// The part to read; nil: all of it.
    let range: TimeRange?
    let limits: MediaLimits
}

/// The serialised form of a ``DecodeRequest``.
struct PassRequest: Codable {
    let fps: Double
    /// Top, bottom, left, right.
    let crop: [Int]
    let shortSide: Int?
    let audio: [AudioFormat]
    let isSoundAlone: Bool

    init(_ request: DecodeRequest) {
        fps = request.fps
        crop = [request.crop.top, request.crop.bottom, request.crop.left, request.crop.right]
        shortSide = request.shortSide
        audio = request.audio
        isSoundAlone = request.isSoundAlone
    }

    var decodeRequest: DecodeRequest {
        var request = DecodeRequest(
            fps: fps, crop: CropMargins(top: crop[0], bottom: crop[1], left: crop[2], right: crop[3]),
            shortSide: shortSide, audio: audio)
        request.isSoundAlone = isSoundAlone
        return request
    }
}

/// A reply of a decoder process. The client trusts none of it.
enum Reply: Codable, JSONMessage {
    case info(MediaInfo)
    /// All spread pictures have been sent.
    case spreadEnd(count: Int)
    /// The pass is complete.
    case passEnd(DecodeSummary)
    /// The file cannot be decoded; the process exits.
    case failure(code: MediaError.Code, text: String)
}

/// The first message of the server, the process that forks one process per file.
struct Greeting: Codable, JSONMessage {
    /// The server's program version: it must equal the client's.
    let version: String
    /// The protection of each file's process.
    let protection: DecoderProtection
}

/// Asks the server to start a process for one file; the process's socket and the file's descriptor come with it.
struct SandboxRequest: Codable, JSONMessage {
    let cpuSeconds: Int
    let memoryBytes: Int
}

/// Asks the server to kill the process of the current file. Empty: any further message means the same.
struct KillRequest: Codable, JSONMessage {}

/// How the process of a file ended.
struct SandboxReport: Codable, JSONMessage {
    /// Its exit code; nil when a signal ended it.
    let exitCode: Int?
    /// The signal that ended it.
    let signal: Int?
    let cpuSeconds: Double
    /// Peak resident memory, including libraries and shared memory.
    let peakBytes: Int
}

/// A message encoded as JSON.
protocol JSONMessage: Codable, Message {}

extension JSONMessage {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // Every value can be encoded, except numbers that a file made infinite: those become empty messages, which the
        // receiver rejects.
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        return data.withUnsafeBytes(body)
    }

    /// - Returns: nil for bytes that are not such a message, or that are larger than any valid one.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let data = Data(bytes)
        guard let anything = try? JSONDecoder().decode(PlainJSON.self, from: data), anything.isModest,
            let value = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = value
    }
}

/// Arbitrary JSON, for checks before it is decoded.
private enum PlainJSON: Decodable {
    case number(Double)
    case text(String)
    case list([PlainJSON])
    case table([String: PlainJSON])
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let table = try? container.decode([String: PlainJSON].self) {
            self = .table(table)
        } else if let list = try? container.decode([PlainJSON].self) {
            self = .list(list)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    /// Whether all numbers are small enough that sums and products of a few stay exact or at least finite, and all
    /// texts fit a line.
    var isModest: Bool {
        switch self {
        case .number(let number): abs(number) <= 1e15
        case .text(let text): text.utf8.count <= 4096
        case .list(let list): list.allSatisfy(\.isModest)
        case .table(let table): table.allSatisfy { $0.key.utf8.count <= 256 && $0.value.isModest }
        case .other: true
        }
    }
}
