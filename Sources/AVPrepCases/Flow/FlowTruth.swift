package import AVPrepCore
package import AVPrepModel
import AVPrepStore
package import AVPrepVision
import Foundation

/// The true flow of a pair of pictures as public sets state it: a Middlebury `.flo` file or KITTI's 16-bit PNG. Which of them
/// a file is, is told by how it begins.
package struct FlowTruth: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// `[y, x, (dx, dy)]`; 0 where it is unknown.
    package let vectors: [Float]
    /// For each pixel whether its flow is known.
    package let isKnown: [Bool]

    package var knownCount: Int { isKnown.count { $0 } }

    /// What `.flo` files call unknown (Middlebury's `flow_io`): beyond this either way, and what is no number.
    private static let unknown: Float = 1e9
    private static let largestFile = 1 << 30

    package init(width: Int, height: Int, vectors: [Float], isKnown: [Bool]) {
        precondition(vectors.count == 2 * width * height && isKnown.count == width * height, "a field of another size")
        self.width = width
        self.height = height
        self.vectors = vectors
        self.isKnown = isKnown
    }

    /// - Throws: ``Failure`` that names the file.
    package init(contentsOf path: BytePath) throws {
        let bytes = try Self.content(path)
        if bytes.starts(with: Array("PIEH".utf8)) {
            self = try Self.middlebury(bytes, path)
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = try Self.kitti(bytes, path)
        } else {
            throw Self.fault(path, "it is neither a .flo file of Middlebury nor a PNG of KITTI")
        }
        guard isKnown.contains(true) else { throw Self.fault(path, "its flow is known nowhere") }
    }

    /// The picture of a file, in grey, as all methods get it.
    ///
    /// - Throws: ``Failure`` that names the file.
    package static func grey(_ path: BytePath) throws -> PixelBuffer {
        let picture: PixelBuffer
        do {
            picture = try StillPicture(try content(path)).buffer
        } catch let error as StoreError {
            throw fault(path, error.description)
        }
        guard picture.channels == 3 else { return picture }
        let grey = PixelBuffer(width: picture.width, height: picture.height, channels: 1)
        try Grey.convert(picture, into: grey)
        return grey
    }

    private static func fault(_ path: BytePath, _ what: String) -> Failure {
        Failure("cannot use \(path.escaped): \(what)", exitStatus: .badInput)
    }

    /// A regular file of bounded size: no pipe to wait for, no device without an end.
    private static func content(_ path: BytePath) throws -> [UInt8] {
        let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { throw fault(path, systemError(errno)) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault(path, systemError(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw fault(path, "it is no regular file") }
        guard status.st_size <= largestFile else { throw fault(path, "it has more than \(largestFile >> 20) MiB") }
        do {
            return Array(try file.readToEnd() ?? Data())
        } catch {
            throw fault(path, AtomicFile.diskReason(error))
        }
    }

    /// `PIEH` (the float 202021.25), width and height as 32-bit integers, then two floats a pixel; all little-endian.
    private static func middlebury(_ bytes: [UInt8], _ path: BytePath) throws -> FlowTruth {
        func word(_ place: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 12 else { throw fault(path, "it ends in its header") }
        let (width, height) = (Int(Int32(bitPattern: word(4))), Int(Int32(bitPattern: word(8))))
        guard (1..<100_000).contains(width), (1..<100_000).contains(height), width * height <= StillPicture.mostPixels
        else { throw fault(path, "its header says \(width) × \(height) pixels") }
        guard bytes.count == 12 + 8 * width * height else {
            throw fault(
                path, "\(width) × \(height) pixels take \(12 + 8 * width * height) bytes, and it has \(bytes.count)")
        }
        var vectors = (0..<2 * width * height).map { Float(bitPattern: word(12 + 4 * $0)) }
        var isKnown = [Bool](repeating: true, count: width * height)
        // What is no number is within no bound.
        for pixel in isKnown.indices
        where !(abs(vectors[2 * pixel]) <= unknown && abs(vectors[2 * pixel + 1]) <= unknown) {
            isKnown[pixel] = false
            (vectors[2 * pixel], vectors[2 * pixel + 1]) = (0, 0)
        }
        return FlowTruth(width: width, height: height, vectors: vectors, isKnown: isKnown)
    }

    /// Red and green are `64 · v + 2¹⁵`, blue is 0 where the flow is unknown (the development kit's `flow_read`).
    private static func kitti(_ bytes: [UInt8], _ path: BytePath) throws -> FlowTruth {
        let picture: StillPicture
        do { picture = try StillPicture(bytes) } catch { throw fault(path, error.description) }
        guard picture.channels == 3, picture.largest == 65535 else {
            throw fault(path, "KITTI's flow has three channels of 16 bits")
        }
        let count = picture.width * picture.height
        let isKnown = (0..<count).map { picture.samples[3 * $0 + 2] != 0 }
        let vectors = (0..<2 * count).map { index in
            isKnown[index / 2] ? (Float(picture.samples[3 * (index / 2) + index % 2]) - 32768) / 64 : 0
        }
        return FlowTruth(width: picture.width, height: picture.height, vectors: vectors, isKnown: isKnown)
    }
}

/// How far a field is from the truth, over all pixels of which it is known, as public tables count.
package struct FlowTruthScore: Sendable, Equatable {
    /// Pixels of which the truth is known.
    package let pixels: Int
    /// Mean end-point error, in pixels; not finite where the field is not.
    package let mean: Double
    /// 95th percentile, in pixels.
    package let percentile95: Double
    /// Fraction of the pixels that are wrong by more than three pixels and by more than a twentieth of the true
    /// displacement (KITTI's `Fl-all`).
    package let outliers: Double

    package init(_ field: FlowField, truth: FlowTruth) {
        precondition(field.width == truth.width && field.height == truth.height, "the truth has another size")
        var errors: [Float] = []
        var wrong = 0
        for pixel in truth.isKnown.indices where truth.isKnown[pixel] {
            let (x, y) = (truth.vectors[2 * pixel], truth.vectors[2 * pixel + 1])
            let (ex, ey) = (field.vectors[2 * pixel] - x, field.vectors[2 * pixel + 1] - y)
            let error = (ex * ex + ey * ey).squareRoot()
            errors.append(error.isNaN ? .infinity : error)
            if !(error <= 3 || error <= 0.05 * (x * x + y * y).squareRoot()) { wrong += 1 }
        }
        errors.sort()
        let count = Double(max(1, errors.count))
        pixels = errors.count
        mean = errors.reduce(0) { $0 + Double($1) } / count
        percentile95 = errors.isEmpty ? 0 : Double(errors[errors.count * 95 / 100])
        outliers = Double(wrong) / count
    }
}
