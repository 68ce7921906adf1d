package import AVPrepModel

/// Finds the moments at which motion begins, stops or turns.
package enum MotionEventDetector {
    /// Shorter side of the small pictures that are compared: enough for a hand, too few for grain.
    package static let lines = 32
    /// Their longest side: a strip that is longer is compared more coarsely.
    package static let mostPixels = 1024
    /// Side of the blocks in which motion is compared, in pixels of the small pictures.
    private static let side = 4
    /// Time between the compared frames, in seconds; frames in between are left out.
    private static let stepSeconds = 0.04

    /// Makes the small pictures in which motion is compared.
    package static func smallPictures() -> SmallPictures {
        SmallPictures(shorterSide: lines, longestSide: mostPixels)
    }

    /// - Parameters:
    ///   - greys: frames of one shot in order, all of one shape.
    ///   - fps: frames per second, > 0.
    package static func events(in greys: [PixelBuffer], fps: Double) throws(VisionError) -> MotionEvents {
        let scaler = smallPictures()
        var pictures: [[UInt8]] = []
        for grey in greys { pictures.append(try scaler.make(of: grey)) }
        return events(in: pictures, width: scaler.width, fps: fps)
    }

    /// - Parameters:
    ///   - pictures: frames of one shot in order, as ``smallPictures()`` makes them.
    ///   - width: of each, in pixels.
    ///   - fps: frames per second, > 0.
    package static func events(in pictures: [[UInt8]], width: Int, fps: Double) -> MotionEvents {
        precondition(fps > 0, "the frame rate must be positive, not \(fps)")
        let step = max(1, Int((stepSeconds * fps).rounded()))
        let compared = stride(from: 0, to: pictures.count, by: step).map { pictures[$0] }
        return events(comparing: compared, width: width, fps: fps / Double(step))
    }

    private static func events(comparing pictures: [[UInt8]], width: Int, fps: Double) -> MotionEvents {
        let count = max(0, pictures.count - 1)
        let speed = (0..<count).map { index in
            let sum = difference(pictures[index], pictures[index + 1])
            return (Float(sum) / Float(pictures[index].count)).squareRoot()
        }
        var turns = [Float](repeating: 0, count: count + 1)
        // A quick turn, and one that rests for a frame or two.
        for reach in 1...2 {
            for frame in turns.indices.dropFirst(reach).dropLast(reach) {
                let turn = turn(pictures[frame - reach], pictures[frame], pictures[frame + reach], width: width)
                turns[frame] = max(turns[frame], turn.squareRoot())
            }
        }
        var rise = [Float](repeating: 0, count: count)
        var stop = rise
        var turn = rise
        // An event takes two intervals between frames: what moves fast enough is seen in the first already. Of what goes
        // before or comes after, two are averaged, so that the repeated frames of a slower film do not stop it.
        for index in rise.indices.dropFirst(2).dropLast(3) {
            let peak = max(speed[index], speed[index + 1])
            rise[index] = max(0, peak - (speed[index - 2] + speed[index - 1]) / 2)
            stop[index] = max(0, peak - (speed[index + 2] + speed[index + 3]) / 2)
            turn[index] = turns[index + 2]
        }
        return MotionEvents(fps: fps, rise: rise, stop: stop, turn: turn)
    }

    /// The sum of the absolute differences.
    private static func difference(_ first: [UInt8], _ second: [UInt8]) -> Int32 {
        first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                var sum: Int32 = 0
                for index in first.indices {
                    sum &+= Int32((Int16(second[index]) &- Int16(first[index])).magnitude)
                }
                return sum
            }
        }
    }

    /// How much more the picture between differs from both others than they do from one another: the mean over blocks,
    /// in grey levels.
    private static func turn(_ before: [UInt8], _ between: [UInt8], _ after: [UInt8], width: Int) -> Float {
        let (columns, rows) = (width / side, before.count / max(1, width) / side)
        guard columns > 0, rows > 0 else { return 0 }
        return before.withUnsafeBufferPointer { before in
            between.withUnsafeBufferPointer { between in
                after.withUnsafeBufferPointer { after in
                    var total: Int32 = 0
                    var sums = [Int32](repeating: 0, count: columns * side)
                    for row in 0..<rows * side {
                        let start = row * width
                        for column in 0..<columns * side {
                            let a = Int16(before[start + column])
                            let b = Int16(between[start + column])
                            let c = Int16(after[start + column])
                            let sides = (b &- a).magnitude &+ (c &- b).magnitude
                            sums[column] &+= Int32(sides) &- 2 &* Int32((c &- a).magnitude)
                        }
                        guard row % side == side - 1 else { continue }
                        for block in 0..<columns {
                            let sum = sums[block * side..<(block + 1) * side].reduce(0, &+)
                            total &+= max(0, sum)
                        }
                        for column in sums.indices { sums[column] = 0 }
                    }
                    return Float(total) / Float(2 * columns * rows * side * side)
                }
            }
        }
    }
}
