import AVPrepDrawing
import TestSupport
import Testing

@Suite struct ColourMapTests {
    /// OpenCV carries the same maps in full.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: ColourMap.allCases)
    func mapsStayWithinSixLevelsOfTheOriginals(map: ColourMap) throws {
        let expected = try Oracle.json(
            [[Int]].self,
            """
            import cv2, json, sys
            import numpy as np
            levels = np.arange(256, dtype=np.uint8).reshape(1, 256)
            colours = cv2.applyColorMap(levels, getattr(cv2, "COLORMAP_" + sys.argv[1].upper()))[0, :, ::-1]
            print(json.dumps(colours.tolist()))
            """, ["\(map)"])
        #expect(map.table.count == 256 && expected.count == 256)
        for (colour, expected) in zip(map.table, expected) {
            let levels = [Int(colour.red), Int(colour.green), Int(colour.blue)]
            #expect(zip(levels, expected).allSatisfy { abs($0 - $1) <= 6 }, "\(levels) for \(expected)")
        }
    }

    @Test func valuesOutsideTakeTheNearerEnd() {
        for map in ColourMap.allCases {
            #expect(map.colour(-3) == map.colour(0) && map.colour(.nan) == map.colour(0))
            #expect(map.colour(1e30) == map.colour(1) && map.colour(0) != map.colour(1))
        }
    }
}
