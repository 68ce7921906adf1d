import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct PictureFileTests {
    private func picture(_ width: Int, _ height: Int, channels: Int) -> PixelBuffer {
        let picture = PixelBuffer(width: width, height: height, channels: channels)
        for index in picture.pixels.indices {
            picture.pixels[index] = UInt8(truncatingIfNeeded: index &* 7 &+ index / 50 &* 13)
        }
        return picture
    }

    @Test(
        .enabled(if: Oracle.isAvailable, "make test makes the venv"),
        arguments: [(1, 1, 3), (97, 33, 3), (640, 480, 3), (31, 7, 1)])
    func othersReadThePixelsThatWereWritten(width: Int, height: Int, channels: Int) throws {
        try withTemporaryFolder { folder in
            let picture = picture(width, height, channels: channels)
            try PictureFile.writePNG(picture, to: folder + "/out.png")
            try Data(picture.pixels).write(to: URL(fileURLWithPath: folder + "/pixels"))
            let same = try Oracle.json(
                [Bool].self,
                """
                import cv2, json, sys
                import numpy as np
                from PIL import Image
                folder, width, height, channels = sys.argv[1], *map(int, sys.argv[2:])
                expected = np.fromfile(folder + "/pixels", np.uint8).reshape(height, width, channels).squeeze(
                    axis=2 if channels == 1 else ())
                pillow = np.asarray(Image.open(folder + "/out.png"))
                opencv = cv2.imread(folder + "/out.png", cv2.IMREAD_UNCHANGED)
                if channels == 3: opencv = opencv[:, :, ::-1]
                print(json.dumps([np.array_equal(pillow, expected), np.array_equal(opencv, expected)]))
                """, [folder, "\(width)", "\(height)", "\(channels)"])
            #expect(same == [true, true])
        }
    }

    @Test func theSamePictureGivesTheSameBytes() throws {
        #expect(try PictureFile.png(picture(50, 40, channels: 3)) == PictureFile.png(picture(50, 40, channels: 3)))
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() {
        let error = #expect(throws: Failure.self) {
            try PictureFile.writePNG(picture(2, 2, channels: 3), to: "/nowhere/at/all.png")
        }
        #expect(error?.description.contains("/nowhere/at/all.png") == true)
    }
}
