import CFFmpeg

/// Makes one whole picture of an interlaced one: the field that is shown first keeps its lines, the others are
/// interpolated to its moment by libavfilter's bwdif.
///
/// A graph goes on from picture to picture, but nothing depends on what it was given before: each picture goes in between
/// its own neighbours, which are only looked at. So pictures that nobody asks for cost nothing, and after a seek or a
/// jump there is nothing to flush.
final class Deinterlacer {
    private let place: String
    private var graph: DeinterlacingGraph?
    /// The last shape that bwdif did not take.
    private var refused: DeinterlacingGraph.Shape?

    /// - Parameter place: the file, for messages.
    init(place: String) { self.place = place }

    /// - Parameters:
    ///   - current: an interlaced picture.
    ///   - previous: the picture before; nil where there is none of the same size and format. Then the missing lines come
    ///     from their neighbours in the same picture.
    ///   - next: the one after; nil where there is none. Then nothing is taken to change after this picture.
    /// - Returns: the whole picture, lent until the next call. Its format is that of `current`, or for packed formats the
    ///   one with the same samples in planes. `current` itself where bwdif takes no such pictures.
    /// - Throws: ``MediaError`` with `unsupported` where libavfilter cannot be loaded, or for want of memory.
    func deinterlace(
        _ current: UnsafeMutablePointer<AVFrame>, previous: UnsafeMutablePointer<AVFrame>?,
        next: UnsafeMutablePointer<AVFrame>?
    ) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
        let shape = DeinterlacingGraph.Shape(of: current.pointee)
        // Only a new graph makes a picture from its own lines alone.
        if previous == nil || graph?.shape != shape {
            graph = nil
            if shape != refused { graph = try DeinterlacingGraph(for: shape, place: place) }
        }
        guard let graph else {
            refused = shape
            return current
        }
        // Neighbours pass as if they were not interlaced, which costs nothing. But a new graph has its first whole picture
        // to make, and that must not be the one asked for.
        if let previous { try graph.add(previous, isInterlaced: graph.isNew) }
        try graph.add(current, isInterlaced: true)
        try graph.add(next ?? current, isInterlaced: false)
        let whole = graph.result
        guard whole.pointee.buf.0 != nil else {
            throw MediaError(.unsupported, "cannot deinterlace a picture of \(place): bwdif makes none of it")
        }
        // Samples were left as they are, whatever libavfilter now calls their range.
        whole.pointee.color_range = current.pointee.color_range
        return whole
    }
}
