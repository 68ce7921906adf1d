/// The positions of the rows of an unfiltered chunked dataset in its file: each chunk holds whole rows, contiguously.
struct ChunkTable: Sendable, Equatable {
    let rowBytes: Int
    /// Rows per chunk; the last chunk may hold fewer, and takes the same space.
    let chunkRows: Int
    /// In bytes from the start of the file, one offset per chunk.
    let offsets: [Int]

    /// The end of the last chunk in the file; `Int.max` on overflow.
    var end: Int {
        let (end, overflow) = (offsets.max() ?? 0).addingReportingOverflow(chunkRows * rowBytes)
        return offsets.isEmpty ? 0 : overflow ? .max : end
    }

    /// Passes the file's byte ranges that hold these rows to `body`, in order, one per chunk.
    func forEachPiece(of rows: Range<Int>, _ body: (Range<Int>) throws -> Void) rethrows {
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (chunk, within) = row.quotientAndRemainder(dividingBy: chunkRows)
            let count = min(chunkRows - within, rows.upperBound - row)
            let start = offsets[chunk] + within * rowBytes
            try body(start..<start + count * rowBytes)
            row += count
        }
    }
}
