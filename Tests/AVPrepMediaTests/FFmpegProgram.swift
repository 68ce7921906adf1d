import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// The ffmpeg program: makes clips our own encoder cannot, and says what they look like.
enum FFmpegProgram {
    static var path: String? { Products.ffmpeg }

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// swscale's flags that this module uses, so that the program's pictures can be equal to the last bit.
    static let exact = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"

    /// Runs it with words separated by spaces; `{}` stands for `file`.
    static func run(_ words: String, file: String) throws {
        guard let path else { throw Failure(description: "no ffmpeg") }
        let arguments = words.split(separator: " ").map { $0.replacingOccurrences(of: "{}", with: file) }
        let result = try Command.run(path, ["-v", "error", "-nostdin", "-y"] + arguments)
        guard result.status == 0 else { throw Failure(description: "ffmpeg \(words): \(result.standardError)") }
    }

    /// The picture number `index` of a file after a filter chain, RGB; turned as the file asks for, or not.
    static func picture(_ file: String, filter: String, index: Int = 0, isTurned: Bool = true) throws -> [UInt8] {
        let output = file + ".rgb"
        defer { try? FileManager.default.removeItem(atPath: output) }
        guard let path else { throw Failure(description: "no ffmpeg") }
        let chain = "\(filter),select=eq(n\\,\(index)),format=rgb24"
        let result = try Command.run(
            path,
            [
                "-v", "error", "-nostdin", "-y",
            ] + (isTurned ? [] : ["-noautorotate"]) + [
                "-i", file, "-vf", chain,
                "-frames:v", "1", "-vsync", "0", "-f",
                "rawvideo", output,
            ])
        guard result.status == 0 else { throw Failure(description: "ffmpeg \(chain): \(result.standardError)") }
        return Array(try Data(contentsOf: URL(fileURLWithPath: output)))
    }
}

/// Pictures of a pass, to be compared.
final class PictureKeeper: DecodeConsumer {
    private struct Enough: Error {}
    private(set) var pictures: [[UInt8]] = []
    private(set) var width = 0
    private(set) var height = 0
    private let limit: Int

    private init(limit: Int) { self.limit = limit }

    /// The first `count` pictures of a file at a rate.
    static func first(
        _ count: Int, of file: MediaFile, fps: Double = 25, crop: CropMargins = .none, shortSide: Int? = nil
    ) throws -> PictureKeeper {
        let keeper = PictureKeeper(limit: count)
        let request = DecodeRequest(fps: fps, crop: crop, shortSide: shortSide, audio: [])
        do { _ = try file.decode(request, to: keeper) } catch is Enough {}
        try #require(!keeper.pictures.isEmpty)
        return keeper
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        (width, height) = (picture.width, picture.height)
        pictures.append(Array(picture.pixels))
        if pictures.count == limit { throw Enough() }
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
}

/// Peak signal-to-noise ratio of two 8-bit pictures in dB; 99 for equal ones.
func peakSignalToNoise(_ first: [UInt8], _ second: [UInt8]) -> Double {
    guard first.count == second.count, !first.isEmpty else { return 0 }
    var sum = 0
    first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
            var index = 0
            while index < first.count {
                let difference = Int(first[index]) &- Int(second[index])
                sum &+= difference &* difference
                index &+= 1
            }
        }
    }
    return sum == 0 ? 99 : 10 * log10(255 * 255 * Double(first.count) / Double(sum))
}
