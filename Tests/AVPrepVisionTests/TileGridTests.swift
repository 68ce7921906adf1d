import Testing

@testable import AVPrepVision

@Suite struct TileGridTests {
    @Test(arguments: [(48, 27, 66), (27, 48, 66), (36, 27, 48), (27, 27, 36), (6, 6, 36), (2, 3, 6), (1, 1, 1)])
    func tilesAreAboutSquareSixToTheShortSide(width: Int, height: Int, count: Int) {
        #expect(TileGrid(width: width, height: height).count == count)
    }

    @Test(arguments: [(48, 27), (31, 50), (7, 5), (1, 4)])
    func meansAreThoseOfThePixelsOfEachTile(width: Int, height: Int) {
        let grid = TileGrid(width: width, height: height)
        #expect(grid.means { _ in 3 } == Array(repeating: 3, count: grid.count))
        // The first and last tile hold the first and last pixel, so they lie at opposite corners.
        let corner = grid.means { $0 == 0 ? 1 : $0 == width * height - 1 ? 2 : 0 }
        #expect(corner.indices.allSatisfy { ($0 == 0 || $0 == grid.count - 1) == (corner[$0] > 0) })
    }
}
