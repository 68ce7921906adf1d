package import AVPrepModel

// Reads rows. Row numbers are those of the file's datasets; other numbers are a programming error.
extension StoreReader {
    /// Passes the stored bytes of one frame to `body`, valid during the call. Without a copy or lock in a shard.
    ///
    /// - Parameter row: a row of /frames, as in ``StoredSegment/frames``.
    package func withFrameBytes<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
    {
        try withPicture(.frames, row, body)
    }

    /// Passes the stored bytes of one flow picture to `body`, valid during the call.
    ///
    /// - Parameter row: a row of /flow/DIRECTION, as in ``StoredSegment/flow``. The layout must have the direction.
    package func withFlowBytes<Result>(
        _ direction: StoreLayout.FlowDirection, _ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withPicture(.flow(direction), row, body)
    }

    /// Number of stored bytes of one frame.
    package func frameByteCount(_ row: Int) -> Int { byteRange(.frames, row).count }

    /// Passes rows of samples, int16 `[sample, channel]`, to `body`, valid during the call. The layout must have pcm.
    package func withPCM<Result>(_ rows: Range<Int>, _ body: (UnsafeBufferPointer<Int16>) throws -> Result) throws
        -> Result
    {
        try withRows(.pcm, rows) { bytes in try withAligned(bytes, as: Int16.self, body) }
    }

    /// Passes rows of a named waveform, int16 `[sample, channel]`, to `body`, valid during the call. The layout must
    /// have it.
    package func withWaveform<Result>(
        _ name: String, _ rows: Range<Int>, _ body: (UnsafeBufferPointer<Int16>) throws -> Result
    ) throws -> Result {
        try withRows(.waveform(name), rows) { bytes in try withAligned(bytes, as: Int16.self, body) }
    }

    /// Passes rows of a spectrogram as stored (float32 or float16, `[frame, bin]`) to `body`, valid during the call.
    package func withSpectrogramBytes<Result>(
        _ name: String, _ rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withRows(.spectrogram(name), rows, body)
    }

    /// Copies rows of a spectrogram, `[frame, bin]`, as floats.
    ///
    /// - Parameter values: exactly `rows.count * bins` of them.
    package func readSpectrogram(_ name: String, _ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>)
        throws
    {
        guard let spectrogram = layout.spectrogram(name) else { preconditionFailure("no spectrogram \(name)") }
        precondition(values.count == rows.count * spectrogram.bins, "\(name): a buffer of the wrong size")
        try withSpectrogramBytes(name, rows) { bytes in
            switch spectrogram.storedType {
            case .float32: UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
            case .float16:
                guard let base = values.baseAddress else { return }
                for index in 0..<values.count {
                    base[index] = Self.float(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                }
            }
        }
    }

    /// Rows of a spectrogram, `[frame, bin]`, as floats.
    package func spectrogram(_ name: String, _ rows: Range<Int>) throws -> [Float] {
        let count = rows.count * (layout.spectrogram(name)?.bins ?? 0)
        return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            buffer.initialize(repeating: 0)
            initialized = count
            try readSpectrogram(name, rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Camera motion of these frames. The layout must have motion.
    package func motion(_ rows: Range<Int>) throws -> [FrameMotion] {
        var motion = Array(repeating: FrameMotion.unknown, count: rows.count)
        for column in MotionColumn.all(of: layout) {
            try withRows(.motion(column), rows) { bytes in
                for index in motion.indices {
                    if let matrix = column.matrix {
                        motion[index][keyPath: matrix] = (0..<9).map {
                            bytes.loadUnaligned(fromByteOffset: (9 * index + $0) * 4, as: Float.self)
                        }
                    } else if let value = column.value {
                        motion[index][keyPath: value] = bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
                    } else {
                        motion[index].inlierCount = bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)
                    }
                }
            }
        }
        return motion
    }

    /// Rows of any track, as stored; bytes for pictures.
    func withRows<Result>(
        _ content: Track.Content, _ rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let column = column(content)
        switch column.source {
        case .mapped(let file, let bytes):
            let range = rows.lowerBound * column.rowBytes..<rows.upperBound * column.rowBytes
            return try withExtendedLifetime(file) { try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        case .chunked(let file, let chunks):
            return try withExtendedLifetime(file) { try withRows(rows, of: chunks, in: file, body) }
        case .dataset(let dataset):
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.count * column.rowBytes, alignment: 16)
            defer { buffer.deallocate() }
            try HDF5.perform { try dataset.read(rows, into: buffer) }
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Passes rows of any track, as stored, to `body`, in order and piece by piece: without a copy if the file is
    /// mapped, and at most `pieceBytes` (or one row) at a time.
    func forEachPiece(
        _ content: Track.Content, _ rows: Range<Int>, pieceBytes: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let column = column(content)
        let step = max(1, pieceBytes / column.rowBytes)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
            let piece = first..<min(first + step, rows.upperBound)
            guard case .chunked(let file, let chunks) = column.source else {
                try withRows(content, piece, body)
                continue
            }
            try withExtendedLifetime(file) {
                try chunks.forEachPiece(of: piece) { try body(UnsafeRawBufferPointer(rebasing: file.bytes[$0])) }
            }
        }
    }

    /// Rows within one chunk in place; rows from several chunks copied together.
    private func withRows<Result>(
        _ rows: Range<Int>, of chunks: ChunkTable, in file: MappedFile,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let bytes = rows.count * chunks.rowBytes
        if rows.isEmpty { return try body(UnsafeRawBufferPointer(rebasing: file.bytes[..<0])) }
        if rows.lowerBound / chunks.chunkRows == (rows.upperBound - 1) / chunks.chunkRows {
            let start = chunks.offsets[rows.lowerBound / chunks.chunkRows]
            let first = start + rows.lowerBound % chunks.chunkRows * chunks.rowBytes
            return try body(UnsafeRawBufferPointer(rebasing: file.bytes[first..<first + bytes]))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        chunks.forEachPiece(of: rows) { piece in
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + piece.count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: file.bytes[piece]))
            filled += piece.count
        }
        return try body(UnsafeRawBufferPointer(buffer))
    }

    /// The byte range of the pictures `rows` in their track.
    func byteRange(_ content: Track.Content, _ rows: Range<Int>) -> Range<Int> {
        let offsets = column(content).offsets
        return Int(offsets[rows.lowerBound])..<Int(offsets[rows.upperBound])
    }

    private func byteRange(_ content: Track.Content, _ row: Int) -> Range<Int> { byteRange(content, row..<row + 1) }

    private func withPicture<Result>(
        _ content: Track.Content, _ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withRows(content, byteRange(content, row), body)
    }

    private func column(_ content: Track.Content) -> Column {
        guard let column = columns[content] else { preconditionFailure("\(path) has no \(content)") }
        return column
    }

    /// Numbers in a file of other origin may be unaligned.
    private func withAligned<Number: BitwiseCopyable, Result>(
        _ bytes: UnsafeRawBufferPointer, as _: Number.Type, _ body: (UnsafeBufferPointer<Number>) throws -> Result
    ) throws -> Result {
        if Int(bitPattern: bytes.baseAddress) % MemoryLayout<Number>.alignment == 0 {
            return try body(bytes.bindMemory(to: Number.self))
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { copy.deallocate() }
        copy.copyMemory(from: bytes)
        return try body(UnsafeRawBufferPointer(copy).bindMemory(to: Number.self))
    }

    /// The float with the bits of a binary16 number. Integer operations, which are vectorised; `Float(Float16)` is a
    /// library call for each value if the processor's baseline lacks F16C (14 ns instead of 1).
    @inline(__always)
    private static func float(_ half: UInt16) -> Float {
        let magnitude = UInt32(half & 0x7FFF) << 13
        let sign = UInt32(half & 0x8000) << 16
        // The exponent's bias changes from 15 to 127; subnormal numbers are converted with a fixed exponent instead.
        let normal = magnitude &+ 112 << 23
        let subnormal = (Float(bitPattern: magnitude &+ 113 << 23) - Float(bitPattern: 113 << 23)).bitPattern
        let finite = magnitude < 1 << 23 ? subnormal : normal
        let bits = magnitude >= 0x0F80_0000 ? magnitude | 0x7F80_0000 : finite
        return Float(bitPattern: bits | sign)
    }
}
