/// A rectangle of integer pixels: columns `[x, x + width)`, rows `[y, y + height)`.
package struct Box: Sendable, Hashable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The first column to the right of it.
    package var endX: Int { x + width }
    /// The first row below it.
    package var endY: Int { y + height }

    /// This box shrunk by `margin` pixels on every side (enlarged for a negative margin).
    package func inset(by margin: Int) -> Box {
        Box(x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
    }

    /// The overlap of both boxes, or nil.
    package func intersection(_ other: Box) -> Box? {
        let left = max(x, other.x)
        let top = max(y, other.y)
        let common = Box(
            x: left, y: top, width: min(endX, other.endX) - left, height: min(endY, other.endY) - top)
        return common.width > 0 && common.height > 0 ? common : nil
    }
}
