import COpenBLAS

/// Solves systems of equations whose matrix is symmetric and positive definite, by LAPACK.
package enum CholeskySolver {
    /// The `x` for which `matrix · x = right`.
    ///
    /// - Parameters:
    ///   - matrix: `[row, column]`, row-major, of which the lower half is read; afterwards that half holds the factor.
    ///   - right: one number a row; at least one.
    /// - Returns: nil where the matrix is not positive definite, or something is not finite.
    package static func solve(_ matrix: inout [Double], _ right: [Double]) -> [Double]? {
        precondition(matrix.count == right.count * right.count && !right.isEmpty, "a matrix of \(matrix.count) numbers")
        var solution = right
        // LAPACK counts by columns: what is the lower half here is the upper one there.
        let info = avprep_dposv(CChar(UInt8(ascii: "U")), Int32(right.count), &matrix, &solution)
        precondition(info >= 0, "dposv's argument \(-info) is wrong")
        // OpenBLAS goes on after a pivot that is no number, and reports success.
        return info == 0 && solution.allSatisfy(\.isFinite) ? solution : nil
    }
}
