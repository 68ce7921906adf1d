import AVPrepModel

/// Paints the background of a scene once, larger than the picture, so that a moving camera stays within it.
struct BackdropPainter {
    /// The background, RGB. Scene point (x, y) is at (x + margin, y + margin).
    let texture: PixelBuffer
    let margin: Int

    /// - Parameters:
    ///   - stage: left, top, right, bottom of the region of the objects: the floor begins at its bottom, walls are at
    ///     its sides.
    ///   - width: of the scene, in pixels.
    ///   - isWide: whether the camera moves. If not, there is no margin.
    init(_ backdrop: SynthPlan.Backdrop, stage: SIMD4<Double>, width: Int, height: Int, isWide: Bool) {
        margin = isWide ? max(width, height) * 3 / 10 : 0
        texture = PixelBuffer(width: width + 2 * margin, height: height + 2 * margin, channels: 3)
        let noise = SmoothNoise(seed: backdrop.seed)
        let patch = Float(backdrop.patchSize)
        let contrast = Float(backdrop.contrast)
        let floor = Float(stage.w)
        let walls = (left: Float(stage.x), right: Float(stage.z))
        for row in 0..<texture.height {
            let y = Float(row - margin) + 0.5
            let down = max(0, min(1, y / floor))
            let wall = Colour.mix(backdrop.top, backdrop.bottom, down)
            for column in 0..<texture.width {
                let x = Float(column - margin) + 0.5
                // Three octaves; the weights make the standard deviation of their sum about `contrast` grey levels.
                let grain =
                    noise.value(x / patch, y / patch) * 1.3 + noise.value(x * 2.3 / patch + 40, y * 2.3 / patch) * 0.9
                    + noise.value(x * 5.1 / patch, y * 5.1 / patch + 70) * 0.6
                // Soft edges of a pixel between floor, walls and the room.
                let isFloor = max(0, min(1, y - floor + 0.5))
                let isWall = max(0, min(1, max(walls.left - x, x - walls.right) + 0.5))
                var colour = Colour.mix(wall, backdrop.floor, max(isFloor, isWall))
                colour += SIMD3(repeating: grain * contrast)
                colour = colour.clamped(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 255))
                let pixel = (row * texture.width + column) * 3
                texture.pixels[pixel] = UInt8(colour.x)
                texture.pixels[pixel + 1] = UInt8(colour.y)
                texture.pixels[pixel + 2] = UInt8(colour.z)
            }
        }
    }

    /// Fills `picture` with the background seen by `camera`, by bilinear interpolation; beyond its edge the texture is
    /// extended.
    func paint(_ picture: PixelBuffer, camera: SynthCue.CameraPath.Knot) {
        if margin == 0, camera.x == 0, camera.y == 0, camera.zoom == 1 {
            picture.copyPixels(from: texture)
            return
        }
        let zoom = Float(camera.zoom)
        let centre = SIMD2(Float(picture.width), Float(picture.height)) / 2
        let shift = SIMD2(Float(camera.x), Float(camera.y))
        let lastX = Float(texture.width - 1)
        let lastY = Float(texture.height - 1)
        let offset = Float(margin) - 0.5
        let rowBytes = texture.rowBytes
        guard let source = texture.pixels.baseAddress, let target = picture.pixels.baseAddress else { return }
        var pixel = target
        for row in 0..<picture.height {
            let y = max(0, min(lastY, centre.y + (Float(row) + 0.5 - centre.y - shift.y) / zoom + offset))
            let top = min(Int(y), texture.height - 2)
            let fractionY = y - Float(top)
            for column in 0..<picture.width {
                let x = max(0, min(lastX, centre.x + (Float(column) + 0.5 - centre.x - shift.x) / zoom + offset))
                let left = min(Int(x), texture.width - 2)
                let fractionX = x - Float(left)
                let corner = source + top * rowBytes + left * 3
                for channel in 0..<3 {
                    let a = Float(corner[channel])
                    let b = Float(corner[channel + 3])
                    let c = Float(corner[channel + rowBytes])
                    let d = Float(corner[channel + rowBytes + 3])
                    let upper = a + (b - a) * fractionX
                    let lower = c + (d - c) * fractionX
                    pixel[channel] = UInt8(upper + (lower - upper) * fractionY + 0.5)
                }
                pixel += 3
            }
        }
    }
}

/// Value noise: random numbers on a grid, smoothly interpolated.
struct SmoothNoise {
    private let seed: UInt64

    init(seed: Int) { self.seed = UInt64(bitPattern: Int64(seed)) }

    /// - Returns: −½ … ½, continuous in x and y.
    func value(_ x: Float, _ y: Float) -> Float {
        let column = x.rounded(.down)
        let row = y.rounded(.down)
        let fx = Self.smooth(x - column)
        let fy = Self.smooth(y - row)
        let (i, j) = (Int(column), Int(row))
        let upper = corner(i, j) + (corner(i + 1, j) - corner(i, j)) * fx
        let lower = corner(i, j + 1) + (corner(i + 1, j + 1) - corner(i, j + 1)) * fx
        return upper + (lower - upper) * fy
    }

    private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

    /// The number at a grid point: a few rounds of multiply and shift, enough for a texture.
    private func corner(_ i: Int, _ j: Int) -> Float {
        var hash = seed &+ UInt64(bitPattern: Int64(i)) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash &+ UInt64(bitPattern: Int64(j)) &* 0xC2B2_AE3D_27D4_EB4F)
        hash = (hash ^ (hash >> 31)) &* 0x94D0_49BB_1331_11EB
        return Float(hash >> 40) * 0x1p-24 - 0.5
    }
}
