import COpenBLAS
import Dispatch

/// Products of row-major matrices in single precision by OpenBLAS, in parts that are computed side by side. The parts are the
/// same for any number of cores, and so are the numbers. ``Algebra/useOneThread()`` comes first.
package enum FloatProducts {
    private static let part = 512

    /// `left · rightᵀ`.
    ///
    /// - Parameters:
    ///   - left: of as many columns as `right` has.
    ///   - width: these.
    /// - Returns: a row for each of `left`'s, a column for each row of `right`.
    package static func product(_ left: [Float], transposed right: UnsafeBufferPointer<Float>, width: Int) -> [Float] {
        let (rows, columns) = (left.count / width, right.count / width)
        nonisolated(unsafe) let right = right
        return made(rows, columns) { range, output in
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(range.count), Int32(width), 1, left,
                Int32(width), right.baseAddress! + range.lowerBound * width, Int32(width), 0, output, Int32(columns))
        }
    }

    /// `left · right`.
    ///
    /// - Parameter width: columns of `right`.
    package static func product(_ left: [Float], _ right: UnsafeBufferPointer<Float>, width: Int) -> [Float] {
        let inner = right.count / width
        let rows = left.count / inner
        nonisolated(unsafe) let right = right
        return made(rows, width) { range, output in
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(range.count), Int32(inner), 1, left,
                Int32(inner), right.baseAddress! + range.lowerBound, Int32(width), 0, output, Int32(width))
        }
    }

    /// - Parameter body: computes some columns; the pointer is at the first of them.
    private static func made(
        _ rows: Int, _ columns: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) -> [Float] {
        guard rows > 0, columns > 0 else { return [] }
        return [Float](unsafeUninitializedCapacity: rows * columns) { output, initialized in
            // Parts write to columns of their own.
            nonisolated(unsafe) let start = output.baseAddress!
            DispatchQueue.concurrentPerform(iterations: (columns + part - 1) / part) { number in
                let range = number * part..<min(columns, (number + 1) * part)
                body(range, start + range.lowerBound)
            }
            initialized = rows * columns
        }
    }
}
