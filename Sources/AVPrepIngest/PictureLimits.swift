import AVPrepMedia
import AVPrepSettings
import AVPrepStore
import AVPrepVision

extension IngestSettings {
    /// Refuses stored pictures that a codec cannot hold, before anything is decoded for them.
    ///
    /// - Throws: ``MediaError`` with the limit.
    func checkPictures(of stretch: CropPlan.Stretch, listed: String) throws(MediaError) {
        try Self.check(stretch.width, stretch.height, in: video.codec.stored, "frames", "video", listed)
        guard flow.method != .off else { return }
        let size = flow.layout(fps: video.fps).size(width: stretch.width, height: stretch.height)
        let what = "flow pictures (x above y)"
        try Self.check(size.width, 2 * size.height, in: flow.codec.stored, what, "flow", listed)
    }

    private static func check(
        _ width: Int, _ height: Int, in codec: StoreLayout.PictureCodec, _ what: String, _ section: String,
        _ listed: String
    ) throws(MediaError) {
        let limit: String
        if let side = codec.largestSide, max(width, height) > side {
            limit = "is at most \(side) pixels wide and high"
        } else if let pixels = codec.mostPixels, width * height > pixels {
            limit = "has at most \(pixels) pixels"
        } else {
            return
        }
        throw MediaError(
            .limit,
            "\(listed): its \(what) would be \(width) × \(height), and a \(codec.rawValue) picture \(limit); lower "
                + "ingest.\(section).short_side, take another ingest.\(section).codec, or leave the file out")
    }
}
