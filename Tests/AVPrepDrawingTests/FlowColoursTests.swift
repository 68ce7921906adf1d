import AVPrepDrawing
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct FlowColoursTests {
    /// torchvision's flow_to_image, which scales by the largest displacement, is the reference of the wheel.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func coloursAreThoseOfTheMiddleburyWheel() throws {
        let (width, height) = (41, 31)
        var vectors: [Float] = []
        for y in 0..<height {
            for x in 0..<width { vectors += [Float(x - width / 2) * 0.7, Float(y - height / 2) * 0.9] }
        }
        let lengths = stride(from: 0, to: vectors.count, by: 2).map { index in
            (Double(vectors[index]) * Double(vectors[index]) + Double(vectors[index + 1]) * Double(vectors[index + 1]))
                .squareRoot()
        }
        let radius = try #require(lengths.max())
        let picture = vectors.withUnsafeBufferPointer {
            FlowColours.picture($0, width: width, radius: radius)
        }
        let expected = try Oracle.json(
            [Int].self,
            """
            import json, sys, torch
            operators = torch.library.Library("torchvision", "DEF")
            operators.define("nms(Tensor a, Tensor b, float c) -> Tensor")
            operators.define("qnms(Tensor a, Tensor b, float c) -> Tensor")
            from torchvision.utils import flow_to_image
            width, height = int(sys.argv[1]), int(sys.argv[2])
            y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
            flow = torch.stack([(x - width // 2) * 0.7, (y - height // 2) * 0.9]).float()
            print(json.dumps(flow_to_image(flow).permute(1, 2, 0).flatten().tolist()))
            """, ["\(width)", "\(height)"])
        #expect(expected.count == picture.pixels.count)
        let differences = zip(picture.pixels, expected).map { abs(Int($0) - $1) }
        // One level where single and double precision round to different sides.
        #expect((differences.max() ?? 255) <= 1)
        #expect(differences.count { $0 > 0 } < differences.count / 20)
    }

    @Test func restIsWhiteFarIsDarkAndUnknownIsBlack() {
        #expect(FlowColours.colour(x: 0, y: 0) == Colour(0xFFFFFF))
        #expect(FlowColours.colour(x: .nan, y: 0) == Colour(0) && FlowColours.colour(x: 0, y: .infinity) == Colour(0))
        // To the right red, to the left cyan; beyond the rim three quarters as bright.
        let right = FlowColours.colour(x: 1, y: 0)
        #expect(right.red == 255 && right.green < 30 && right.blue < 60)
        #expect(FlowColours.colour(x: 5, y: 0).red == 191)
        let left = FlowColours.colour(x: -1, y: 0)
        #expect(left.red < 30 && left.green > 200 && left.blue > 200)
    }

    @Test func theLegendIsADiscWithWhiteInItsMiddle() {
        let canvas = Canvas(width: 61, height: 61, ground: Colour(0x102030))
        canvas.flowWheel(in: canvas.bounds)
        #expect(canvas[0, 0] == Colour(0x102030) && canvas[30, 30] == Colour(0xFFFFFF))
        #expect(canvas[57, 30].red > 240 && canvas[57, 30].green < 40)
    }
}
