import COpenBLAS

/// Solves systems of equations with a square matrix, by LAPACK.
package enum LinearSolver {
    /// The `x` for which `matrix · x` is each of the right sides; where the matrix is singular the shortest of the `x` that
    /// come closest, as numpy's `lstsq` finds it.
    ///
    /// - Parameters:
    ///   - matrix: symmetric, so that rows and columns are the same.
    ///   - right: each of the matrix's size; at least one.
    /// - Returns: nil where something is not finite.
    package static func solve(_ matrix: [Double], _ right: [[Double]]) -> [[Double]]? {
        let size = right[0].count
        precondition(matrix.count == size * size && size > 0, "a matrix of \(matrix.count) numbers for \(size)")
        precondition(right.allSatisfy { $0.count == size }, "right sides of different sizes")
        // LAPACK's factorisation need not end for numbers that are none.
        guard matrix.allSatisfy(\.isFinite), right.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return nil }
        var factor = matrix
        var solution = right.flatMap(\.self)
        var pivots = [Int32](repeating: 0, count: size)
        let info = avprep_dgesv(Int32(size), Int32(right.count), &factor, &pivots, &solution)
        precondition(info >= 0, "dgesv's argument \(-info) is wrong")
        if info > 0 {
            guard let closest = leastSquares(matrix, right) else { return nil }
            solution = closest
        }
        guard solution.allSatisfy(\.isFinite) else { return nil }
        return (0..<right.count).map { Array(solution[$0 * size..<($0 + 1) * size]) }
    }

    /// - Returns: nil where the singular values were not found.
    private static func leastSquares(_ matrix: [Double], _ right: [[Double]]) -> [Double]? {
        let size = right[0].count
        var factor = matrix
        var solution = right.flatMap(\.self)
        var singular = [Double](repeating: 0, count: size)
        let cutoff = Double(size) * Double.ulpOfOne
        var (length, count) = ([0.0], [Int32(0)])
        let asked = avprep_dgelsd(
            Int32(size), Int32(right.count), &factor, &solution, &singular, cutoff, &length, -1, &count)
        precondition(asked == 0, "dgelsd's argument \(-asked) is wrong")
        var work = [Double](repeating: 0, count: max(1, Int(length[0])))
        var numbers = [Int32](repeating: 0, count: max(1, Int(count[0])))
        let info = avprep_dgelsd(
            Int32(size), Int32(right.count), &factor, &solution, &singular, cutoff, &work, Int32(work.count), &numbers)
        precondition(info >= 0, "dgelsd's argument \(-info) is wrong")
        return info == 0 ? solution : nil
    }
}
