import AVPrepMedia
import AVPrepModel
import Foundation

/// What a decoder process is asked about its file.
enum Request: Codable, JSONMessage {
    case open(OpenRequest)
    /// As many pictures, into the slots of the memory that comes with it.
    case spread(count: Int, RingLayout)
    /// A whole pass, into the slots of the memory that comes with it.
    case decode(PassRequest, RingLayout)
}

/// The first request: opens the file whose descriptor the process was started with.
struct OpenRequest: Codable {
    /// Names the file in messages; nothing is opened by it.
    let path: String
    let limits: MediaLimits
}

/// A ``DecodeRequest`` on its way to another process.
struct PassRequest: Codable {
    let fps: Double
    /// Top, bottom, left, right.
    let crop: [Int]
    let shortSide: Int?
    let audio: [AudioFormat]

    init(_ request: DecodeRequest) {
        fps = request.fps
        crop = [request.crop.top, request.crop.bottom, request.crop.left, request.crop.right]
        shortSide = request.shortSide
        audio = request.audio
    }

    var decodeRequest: DecodeRequest {
        DecodeRequest(
            fps: fps, crop: CropMargins(top: crop[0], bottom: crop[1], left: crop[2], right: crop[3]),
            shortSide: shortSide, audio: audio)
    }
}

/// What a decoder process answers. Who asks believes none of it.
enum Reply: Codable, JSONMessage {
    case info(MediaInfo)
    /// The end of the spread pictures.
    case spreadEnd(count: Int)
    /// The end of a pass.
    case passEnd(DecodeSummary)
    /// The file cannot be decoded; the process ends.
    case failure(code: MediaError.Code, text: String)
}

/// How the process that starts others for each file introduces itself.
struct Greeting: Codable, JSONMessage {
    /// Of the program: it must be the same as ours.
    let version: String
    /// What is in force for each file it decodes.
    let protection: DecoderProtection
}

/// Starts a process for one file, whose socket and descriptor come with it.
struct ItemRequest: Codable, JSONMessage {
    let cpuSeconds: Int
    let memoryBytes: Int
}

/// Asks for the end of the process of the current file. Empty: any further message means it.
struct KillRequest: Codable, JSONMessage {}

/// How the process of a file ended.
struct ItemReport: Codable, JSONMessage {
    /// The code it ended with by itself; nil when a signal ended it.
    let exitCode: Int?
    /// The signal that ended it.
    let signal: Int?
    let cpuSeconds: Double
    /// The most memory it held, with libraries and shared memory.
    let peakBytes: Int
}

/// A message in JSON.
protocol JSONMessage: Codable, Message {}

extension JSONMessage {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // Values of ours, all of which JSON can say, but for numbers that a file made infinite: those are empty messages,
        // which nobody takes for one.
        let data = (try? JSONEncoder().encode(self)) ?? Data()
        return data.withUnsafeBytes(body)
    }

    /// - Returns: nil for what is no such message, or is larger than any real one.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let data = Data(bytes)
        guard let anything = try? JSONDecoder().decode(PlainJSON.self, from: data), anything.isModest,
            let value = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = value
    }
}

/// Any JSON, to look at before it is believed.
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

    /// Numbers with which sums and products of a few stay exact or at least finite, and texts that fit a line.
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
