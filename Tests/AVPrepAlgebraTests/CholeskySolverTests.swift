import AVPrepCore
import Testing

@testable import AVPrepAlgebra

@Suite struct CholeskySolverTests {
    @Test(arguments: [1, 2, 7, 40, 150])
    func theSolutionTakesTheMatrixToTheRightSide(size: Int) throws {
        var random = SeededRandom(seed: UInt64(size), for: "solver")
        // B·Bᵀ + 1 is positive definite for every B.
        let factor = (0..<size * size).map { _ in random.normal() }
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                matrix[row * size + column] = (0..<size).reduce(row == column ? 1 : 0) {
                    $0 + factor[row * size + $1] * factor[column * size + $1]
                }
            }
        }
        let right = (0..<size).map { _ in random.normal() }
        // Only the lower half is read.
        var lower = matrix
        for row in 0..<size { for column in row + 1..<size { lower[row * size + column] = .nan } }
        let solution = try #require(CholeskySolver.solve(&lower, right))
        for row in 0..<size {
            let product = (0..<size).reduce(0) { $0 + matrix[row * size + $1] * solution[$1] }
            #expect(abs(product - right[row]) < 1e-9, "row \(row): \(product) \(right[row])")
        }
    }

    @Test(arguments: [
        [1.0, 0, 2, 1], [0, 0, 0, 0], [-1, 0, 0, 1], [.nan, 0, 1, 3], [3, 0, 1, .nan], [3, 0, .infinity, 3],
    ])
    func whatIsNotPositiveDefiniteHasNoSolution(matrix: [Double]) {
        var matrix = matrix
        #expect(CholeskySolver.solve(&matrix, [1, 2]) == nil)
    }
}
