package import AVPrepModel
import CPNG

/// A picture of a file that others made: PNG of any kind, or a portable graymap or pixmap (PGM, PPM: `P5`, `P6`).
///
/// Input is untrusted: any fault of it is an error.
package struct StillPicture: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// 1 (grey) or 3 (RGB); transparency is left out.
    package let channels: Int
    /// The largest value that a sample may have: 255 or 65535 in a PNG.
    package let largest: Int
    /// Row by row, without padding.
    package let samples: [UInt16]

    /// More pixels than any picture that flow is measured on.
    package static let mostPixels = 1 << 26

    /// Reads a whole file.
    ///
    /// - Throws: ``StoreError`` with code `picture`, whose message begins with what is wrong, for a sentence about the file.
    package init(_ bytes: [UInt8]) throws(StoreError) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = try Self.png(bytes)
        } else if bytes.starts(with: Array("P5".utf8)) || bytes.starts(with: Array("P6".utf8)) {
            self = try Self.portable(bytes)
        } else {
            throw Self.fault("it is neither PNG nor a binary PGM or PPM (P5, P6)")
        }
    }

    private init(width: Int, height: Int, channels: Int, largest: Int, samples: [UInt16]) {
        self.width = width
        self.height = height
        self.channels = channels
        self.largest = largest
        self.samples = samples
    }

    /// The same with 8 bits a sample, rounded.
    package var buffer: PixelBuffer {
        let buffer = PixelBuffer(width: width, height: height, channels: channels)
        for (index, sample) in samples.enumerated() {
            buffer.pixels[index] = UInt8((2 * 255 * Int(min(Int(sample), largest)) + largest) / (2 * largest))
        }
        return buffer
    }

    private static func fault(_ what: String) -> StoreError { StoreError(.picture, what) }

    private static func png(_ bytes: [UInt8]) throws(StoreError) -> StillPicture {
        var png = avprep_png()
        defer { free(png.bytes) }
        var shape = avprep_png_shape()
        let status = bytes.withUnsafeBufferPointer { buffer in
            var source = avprep_png_source(bytes: buffer.baseAddress, left: buffer.count)
            return avprep_png_read(&png, &source, mostPixels, &shape)
        }
        guard status == 0, let pixels = png.bytes else {
            let words = withUnsafeBytes(of: png.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw fault("the PNG cannot be decoded (\(words))")
        }
        let isWide = shape.depth == 16
        let count = Int(shape.width) * Int(shape.height) * Int(shape.channels)
        guard png.count == (isWide ? 2 : 1) * count else { throw fault("the PNG has rows of another size") }
        let samples = (0..<count).map { index in
            isWide ? UInt16(pixels[2 * index]) << 8 | UInt16(pixels[2 * index + 1]) : UInt16(pixels[index])
        }
        return StillPicture(
            width: Int(shape.width), height: Int(shape.height), channels: Int(shape.channels),
            largest: isWide ? 65535 : 255, samples: samples)
    }

    /// `P5` or `P6`, width, height and the largest value as decimal numbers, one white character, then the samples.
    private static func portable(_ bytes: [UInt8]) throws(StoreError) -> StillPicture {
        var place = 2
        func number(_ name: String) throws(StoreError) -> Int {
            while place < bytes.count {
                if bytes[place] == UInt8(ascii: "#") {
                    while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
                } else if isWhite(bytes[place]) {
                    place += 1
                } else {
                    break
                }
            }
            var value = 0
            let start = place
            while place < bytes.count, case let digit = Int(bytes[place]) - 48, (0...9).contains(digit) {
                value = min(1 << 40, 10 * value + digit)
                place += 1
            }
            guard place > start, value > 0 else { throw fault("its header has no \(name)") }
            return value
        }
        let channels = bytes[1] == UInt8(ascii: "5") ? 1 : 3
        let (width, height) = (try number("width"), try number("height"))
        let largest = try number("largest value")
        guard largest <= 65535 else { throw fault("its largest value is \(largest)") }
        guard place < bytes.count, isWhite(bytes[place]) else { throw fault("its header does not end") }
        place += 1
        guard width <= mostPixels, height <= mostPixels, width * height <= mostPixels else {
            throw fault("it has too many pixels (\(width) × \(height))")
        }
        let count = width * height * channels
        let size = largest > 255 ? 2 : 1
        guard bytes.count - place >= size * count else { throw fault("it ends too early") }
        let samples = (0..<count).map { index in
            let at = place + size * index
            return size == 2 ? UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) : UInt16(bytes[at])
        }
        return StillPicture(width: width, height: height, channels: channels, largest: largest, samples: samples)
    }

    private static func isWhite(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
