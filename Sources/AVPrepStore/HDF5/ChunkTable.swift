/// Where the rows of an unfiltered chunked dataset lie in its file: chunk after chunk, each of whole rows in one piece.
struct ChunkTable: Sendable, Equatable {
    let rowBytes: Int
    /// Rows of every chunk; the last one may hold fewer, and takes the same room.
    let chunkRows: Int
    /// Bytes from the start of the file, a chunk each.
    let offsets: [Int]

    /// The furthest byte of any chunk; `Int.max` where that cannot be a number.
    var end: Int {
        let (end, overflow) = (offsets.max() ?? 0).addingReportingOverflow(chunkRows * rowBytes)
        return offsets.isEmpty ? 0 : overflow ? .max : end
    }

    /// Gives `body` the bytes of the file that hold these rows, in order, a piece a chunk.
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
