import COpenBLAS

/// Products and sums of vectors and row-major matrices in double precision, by OpenBLAS.
package enum Algebra {
    /// One thread for all that follows in this process: sums do not depend then on how many cores there are.
    package static func useOneThread() { openblas_set_num_threads(1) }

    /// `matrix · vector`.
    package static func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
        let rows = matrix.count / vector.count
        precondition(rows * vector.count == matrix.count, "\(matrix.count) numbers in rows of \(vector.count)")
        var product = [Double](repeating: 0, count: rows)
        guard rows > 0 else { return product }
        cblas_dgemv(
            CblasRowMajor, CblasNoTrans, Int32(rows), Int32(vector.count), 1, matrix, Int32(vector.count), vector, 1, 0,
            &product, 1)
        return product
    }

    /// Adds `matrixᵀ · vector` to `sum`.
    package static func addTransposedProduct(_ matrix: [Double], _ vector: [Double], to sum: inout [Double]) {
        let columns = sum.count
        precondition(vector.count * columns == matrix.count, "\(matrix.count) numbers in \(vector.count) rows")
        cblas_dgemv(
            CblasRowMajor, CblasTrans, Int32(vector.count), Int32(columns), 1, matrix, Int32(columns), vector, 1, 1,
            &sum,
            1)
    }

    /// The lower half of `matrixᵀ · matrix`; the rest is 0.
    package static func lowerGram(_ matrix: [Double], columns: Int) -> [Double] {
        var gram = [Double](repeating: 0, count: columns * columns)
        cblas_dsyrk(
            CblasRowMajor, CblasLower, CblasTrans, Int32(columns), Int32(matrix.count / columns), 1, matrix,
            Int32(columns), 0, &gram, Int32(columns))
        return gram
    }

    /// The matrix with each row times its factor.
    package static func scaledRows(_ matrix: [Double], by factors: [Double]) -> [Double] {
        let columns = matrix.count / max(1, factors.count)
        var scaled = matrix
        scaled.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for (row, factor) in factors.enumerated() { cblas_dscal(Int32(columns), factor, base + row * columns, 1) }
        }
        return scaled
    }

    /// The sum of the products of two vectors of the same length.
    package static func dot(_ left: Slice<UnsafeBufferPointer<Double>>, _ right: Slice<UnsafeBufferPointer<Double>>)
        -> Double
    {
        precondition(left.count == right.count, "\(left.count) numbers times \(right.count)")
        let (left, right) = (UnsafeBufferPointer(rebasing: left), UnsafeBufferPointer(rebasing: right))
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return cblas_ddot(Int32(left.count), first, 1, second, 1)
    }

    /// Adds `factor · vector` to as many numbers of `sum`, from `place` on.
    package static func add(
        _ factor: Double, times vector: UnsafeBufferPointer<Double>, to sum: UnsafeMutableBufferPointer<Double>,
        at place: Int
    ) {
        precondition(place >= 0 && place + vector.count <= sum.count, "\(vector.count) numbers at \(place)")
        guard let source = vector.baseAddress, let target = sum.baseAddress else { return }
        cblas_daxpy(Int32(vector.count), factor, source, 1, target + place, 1)
    }
}
