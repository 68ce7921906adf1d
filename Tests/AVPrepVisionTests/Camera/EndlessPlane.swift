/// A picture of floats whose borders go on for ever.
struct EndlessPlane {
    let width: Int
    let height: Int
    var values: [Float]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        values = Array(repeating: 0, count: width * height)
    }

    subscript(x: Int, y: Int) -> Float {
        get { values[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)] }
        set { values[y * width + x] = newValue }
    }

    func interpolated(_ x: Int, _ y: Int, _ part: SIMD2<Float>) -> Float {
        let above = self[x, y] + part.x * (self[x + 1, y] - self[x, y])
        let below = self[x, y + 1] + part.x * (self[x + 1, y + 1] - self[x, y + 1])
        return above + part.y * (below - above)
    }
}
