import AVPrepCore
import Testing

@testable import AVPrepAlgebra

@Suite struct LinearSolverTests {
    @Test(arguments: [1, 3, 60])
    func solutionsTakeTheMatrixToTheirRightSides(size: Int) throws {
        var random = SeededRandom(seed: UInt64(size), for: "linear")
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                matrix[row * size + column] = random.normal()
                matrix[column * size + row] = matrix[row * size + column]
            }
        }
        let right = (0..<2).map { _ in (0..<size).map { _ in random.normal() } }
        let solutions = try #require(LinearSolver.solve(matrix, right))
        for (solution, side) in zip(solutions, right) {
            for (found, expected) in zip(Algebra.product(matrix, solution), side) {
                #expect(abs(found - expected) < 1e-9)
            }
        }
    }

    /// As numpy's `lstsq`: the shortest of those that come closest.
    @Test func aSingularMatrixGivesTheShortestOfTheClosest() throws {
        let solution = try #require(LinearSolver.solve([1, 1, 1, 1], [[2, 4]]))
        for value in solution[0] { #expect(abs(value - 1.5) < 1e-12) }
        #expect(try #require(LinearSolver.solve([0, 0, 0, 0], [[2, 4]]))[0] == [0, 0])
    }

    @Test func whatIsNotFiniteHasNoSolution() {
        #expect(LinearSolver.solve([1, 0, 0, .nan], [[1, 1]]) == nil)
        #expect(LinearSolver.solve([1, 0, 0, 1], [[1, .infinity]]) == nil)
    }
}
