import AVPrepAudio
import AVPrepCore
import Foundation

/// A WAVE file of 16-bit mono samples that is written from front to back, and read again.
final class SoundFile {
    private static let headerBytes = 44
    /// The format counts bytes in 32 bits.
    private static let mostSamples = (Int(UInt32.max) - headerBytes) / 2

    /// For messages.
    private let name: String
    private let file: UnsafeMutablePointer<FILE>
    private let sampleRate: Int
    private(set) var count = 0

    /// - Parameters:
    ///   - path: the file to write, under a name of its own for now.
    ///   - name: what it will be called.
    init(path: String, name: String, sampleRate: Int) throws {
        guard let file = fopen(path, "w+e") else { throw Failure("cannot write \(name): \(systemError())") }
        self.file = file
        self.name = name
        self.sampleRate = sampleRate
        try put(header)
    }

    deinit { _ = fclose(file) }

    func write(_ samples: [Float]) throws {
        guard count + samples.count <= Self.mostSamples else {
            throw Failure("cannot write \(name): a WAVE file ends at 4 GiB; separate the film in parts")
        }
        var values = [Int16](repeating: 0, count: samples.count)
        samples.withUnsafeBufferPointer { samples in
            values.withUnsafeMutableBufferPointer { PCM.quantise(samples, into: $0) }
        }
        try values.withUnsafeBytes { try put(Array($0)) }
        count += samples.count
    }

    /// Completes the header, and goes back to the first sample: nothing may be written afterwards.
    func finish() throws {
        guard fseek(file, 0, SEEK_SET) == 0 else { throw Failure("cannot write \(name): \(systemError())") }
        try put(header)
        guard fflush(file) == 0 else { throw Failure("cannot write \(name): \(systemError())") }
        try rewindToSamples()
    }

    /// The next read begins with the first sample.
    func rewindToSamples() throws {
        guard fseek(file, Self.headerBytes, SEEK_SET) == 0 else {
            throw Failure("cannot read \(name): \(systemError())")
        }
    }

    /// The next samples, fewer at the end.
    func read(_ count: Int) throws -> [Float] {
        var values = [Int16](repeating: 0, count: count)
        let found = values.withUnsafeMutableBytes { fread($0.baseAddress, 2, count, file) }
        guard found == count || ferror(file) == 0 else { throw Failure("cannot read \(name): \(systemError())") }
        return values.prefix(found).map { Float($0) / 32_768 }
    }

    private func put(_ bytes: [UInt8]) throws {
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw Failure("cannot write \(name): \(systemError()); free disk space", endsRun: true)
        }
    }

    private var header: [UInt8] {
        func number(_ value: Int, _ bytes: Int) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let data = 2 * count
        return Array("RIFF".utf8) + number(Self.headerBytes - 8 + data, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
            + number(1, 2) + number(1, 2) + number(sampleRate, 4) + number(2 * sampleRate, 4) + number(2, 2)
            + number(16, 2) + Array("data".utf8) + number(data, 4)
    }
}
