import AVPrepModel
import Testing

@testable import AVPrepSynth

@Suite struct CanvasTests {
    /// White on black without shading: the sum of levels is the area.
    private static func area(_ shape: Shape, radii: SIMD2<Float>, angle: Float = 0) -> Double {
        let picture = PixelBuffer(width: 100, height: 100, channels: 3)
        Canvas(picture).fill(
            shape, at: SIMD2(50.3, 49.6), radii: radii, angle: angle,
            paint: Canvas.Paint(colour: Colour.white, flash: 1, shading: 0))
        return picture.pixels.reduce(0.0) { $0 + Double($1) } / (3 * 255)
    }

    @Test func shapesCoverTheirAreas() {
        #expect(abs(Self.area(.disc, radii: SIMD2(20, 20)) / (Double.pi * 400) - 1) < 0.01)
        #expect(abs(Self.area(.disc, radii: SIMD2(30, 15)) / (Double.pi * 450) - 1) < 0.04)
        #expect(abs(Self.area(.box, radii: SIMD2(20, 20)) / (4 * 17.2 * 17.2) - 1) < 0.01)
        #expect(
            abs(Self.area(.ring, radii: SIMD2(20, 20)) / (Double.pi * 400 * (0.99 * 0.99 - 0.45 * 0.45)) - 1) < 0.02)
    }

    @Test(arguments: [Shape.box, .cross, .diamond, .triangle, .star]) func turningKeepsTheArea(shape: Shape) {
        let upright = Self.area(shape, radii: SIMD2(22, 22))
        #expect(upright > 300)
        #expect(abs(Self.area(shape, radii: SIMD2(22, 22), angle: 0.7) / upright - 1) < 0.02)
    }

    /// Nothing is written outside of the picture, wherever a shape lies and however large it is.
    @Test func shapesAreClippedAtThePicture() {
        let picture = PixelBuffer(width: 40, height: 30, channels: 3)
        let canvas = Canvas(picture)
        let paint = Canvas.Paint(colour: Colour.white)
        for centre in [SIMD2<Float>(-5, -5), SIMD2(45, 15), SIMD2(20, 33), SIMD2(1e9, -1e9), SIMD2(.nan, 4)] {
            canvas.fill(.star, at: centre, radii: SIMD2(12, 9), angle: 1, paint: paint)
            canvas.glow(at: centre, radius: 8, width: 4, colour: Colour.white, strength: 1)
        }
        #expect(picture.pixels[0] > 0)
        canvas.fill(.disc, at: SIMD2(20, 15), radii: SIMD2(1e6, 1e6), paint: paint)
        #expect(picture.pixels.allSatisfy { $0 > 0 })
    }

    @Test func innerPictureLandsWhereItIsPlaced() {
        let outer = PixelBuffer(width: 8, height: 6, channels: 3)
        let inner = PixelBuffer(width: 3, height: 2, channels: 3)
        inner.pixels.update(repeating: 9)
        Canvas(outer).place(inner, left: 4, top: 3)
        for y in 0..<6 {
            for x in 0..<8 {
                let isInside = (4..<7).contains(x) && (3..<5).contains(y)
                #expect(outer.pixels[(y * 8 + x) * 3 + 1] == (isInside ? 9 : 0))
            }
        }
    }
}
