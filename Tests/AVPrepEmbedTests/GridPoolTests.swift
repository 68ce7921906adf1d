import Foundation
import TestSupport
import Testing

@testable import AVPrepEmbed

/// Features pooled over a grid.
struct GridPoolTests {
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func poolsAreTorchsAdaptivePools() throws {
        let shapes = [[2, 3, 24, 32], [1, 2, 5, 7, 9]]
        let grids = [[3, 4], [1, 1], [5, 7], [2, 3]]
        for shape in shapes {
            let values = (0..<shape.reduce(1, *)).map { Float(($0 * 7919) % 1009) / 100 - 5 }
            for grid in grids {
                for kind in GridPool.Kind.allCases {
                    let own = try #require(GridPool(kind, cells: grid)(values, shape: shape))
                    let program = """
                        import json, sys, torch, torch.nn.functional as F
                        values, shape, grid, kind = json.loads(sys.argv[1])
                        x = torch.tensor(values).reshape(shape)
                        if len(shape) == 5:
                            pool = F.adaptive_max_pool3d if kind == "max" else F.adaptive_avg_pool3d
                            grid = [1] + grid
                        else:
                            pool = F.adaptive_max_pool2d if kind == "max" else F.adaptive_avg_pool2d
                        print(json.dumps(pool(x, grid).reshape(-1).tolist()))
                        """
                    let input = try JSONSerialization.data(
                        withJSONObject: [values, shape, grid, kind.rawValue] as [Any])
                    let theirs = try JSONDecoder().decode(
                        [Float].self, from: Data(try Oracle.run(program, [String(decoding: input, as: UTF8.self)]).utf8)
                    )
                    #expect(own.count == theirs.count)
                    #expect(zip(own, theirs).allSatisfy { abs($0 - $1) < 1e-4 }, "\(kind) over \(grid) of \(shape)")
                }
            }
        }
    }

    @Test func aGridFinerThanTheFeaturesIsNone() {
        #expect(GridPool(.maximum, cells: [3, 4])([Float](repeating: 0, count: 6), shape: [1, 1, 2, 3]) == nil)
    }
}
