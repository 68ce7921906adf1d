package import AVPrepModel
import AVPrepVision

/// The pictures of a pass, each cropped to the framing of its time.
package final class FramedPictures {
    private let plan: CropPlan
    private var current: (stretch: Int, view: CropPlanView)?

    package init(_ plan: CropPlan) { self.plan = plan }

    /// - Parameters:
    ///   - whole: of the pass that the plan asks for.
    ///   - seconds: its presentation time.
    /// - Returns: valid until the next call.
    package func picture(in whole: PixelBuffer, at seconds: Double) throws -> PixelBuffer {
        let stretch = plan.stretch(at: seconds)
        let view = current.flatMap { $0.stretch == stretch ? $0.view : nil } ?? CropPlanView(plan.stretches[stretch])
        current = (stretch, view)
        return try view.picture(in: whole)
    }
}

/// Crops a stretch's part out of the pass's pictures, with buffers that are allocated once.
final class CropPlanView {
    private let stretch: CropPlan.Stretch
    private var part: PixelBuffer?
    private var scaled: PixelBuffer?
    private let scaler = AreaScaler()

    init(_ stretch: CropPlan.Stretch) { self.stretch = stretch }

    /// The picture itself if nothing has to be cropped, else its part at the stored size. Valid until the next call.
    func picture(in whole: PixelBuffer) throws -> PixelBuffer {
        if stretch.rows.count == whole.height, stretch.columns.count == whole.width, stretch.width == whole.width,
            stretch.height == whole.height
        {
            return whole
        }
        let part = self.part ?? PixelBuffer(width: stretch.columns.count, height: stretch.rows.count, channels: 3)
        let scaled = self.scaled ?? PixelBuffer(width: stretch.width, height: stretch.height, channels: 3)
        (self.part, self.scaled) = (part, scaled)
        for (row, source) in stretch.rows.enumerated() {
            let start = source * whole.rowBytes + 3 * stretch.columns.lowerBound
            _ = part.pixels.extracting(row * part.rowBytes..<(row + 1) * part.rowBytes)
                .update(fromContentsOf: whole.pixels.extracting(start..<start + part.rowBytes))
        }
        try scaler.scale(part, into: scaled)
        return scaled
    }
}
