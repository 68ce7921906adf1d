import AVPrepModel
package import AVPrepTraining
import Foundation

/// What `avprep localise` found in a video, as `--json` prints it.
package struct LocaliseReport: Sendable, Encodable {
    /// One clip.
    package struct Moment: Sendable, Encodable {
        package let segment: String
        /// The clip's middle, on the video's clock.
        package let seconds: Double
        /// What the network says: the probability of being in sync, or of playing forwards.
        package let score: Float
        /// Where the map of this moment is largest, as it is drawn: as shares of the stored picture from the left and from the
        /// top.
        package let x: Double
        package let y: Double
        /// The largest value of this map.
        package let peak: Float
        /// Its rows, where they were asked for: of the square in the middle, from the top; what is below 0 speaks against the
        /// answer.
        package let map: [[Float]]?

        /// - Parameters:
        ///   - part: what is known of the segment, all of its clips together.
        ///   - seconds: the clip's middle, from the segment's start.
        ///   - share: ``Localiser/cropShare``.
        init(
            _ part: VideoMaps.Part, segment: Segment, seconds: Double, score: Float, share: Double, keepsMap: Bool
        ) {
            self.segment = segment.segmentID
            self.seconds = segment.startSeconds + seconds
            self.score = score
            let map = HeatMap(
                height: part.picture.height, width: part.picture.width, values: part.picture.values(at: seconds) ?? [],
                top: 1)
            let side = share * Double(min(segment.width, segment.height))
            let (place, width, height) = (map.peak, Double(segment.width), Double(segment.height))
            x = (width / 2 + (place.x - 0.5) * side) / width
            y = (height / 2 + (place.y - 0.5) * side) / height
            peak = map.values.max() ?? 0
            self.map =
                keepsMap
                ? (0..<map.height).map { Array(map.values[$0 * map.width..<($0 + 1) * map.width]) } : nil
        }
    }

    package let video: String
    package let run: String
    /// `best` or `last`.
    package let weights: RunFolder.Weights
    package let steps: Int
    /// The heat-map video, where one was asked for, and the contact sheet.
    package let heatVideo: String?
    package let sheet: String
    package let clips: [Moment]
    /// Side of the square in the middle that the network sees, as a share of the stored picture's shorter side.
    package let cropShare: Double
    /// What of the video was not shown to the network; empty for nothing.
    package let leftOut: String

    private enum CodingKeys: String, CodingKey {
        case video, run, weights, steps, sheet, clips
        case heatVideo = "heat_video"
        case cropShare = "crop_share"
        case leftOut = "left_out"
    }

    package var text: String {
        let mean = clips.isEmpty ? 0 : clips.map { Double($0.score) }.reduce(0, +) / Double(clips.count)
        let kept = clips.filter { $0.score > 0.5 }.count
        var lines = [
            "\(video): \(clips.count) clips, mean probability \(String(format: "%.2f", mean)), above 0.5 in \(kept)"
        ]
        if let heatVideo { lines.append("  heat-map video  \(heatVideo)") }
        lines.append("  contact sheet   \(sheet)")
        if !leftOut.isEmpty { lines.append("  not shown       \(leftOut)") }
        return lines.joined(separator: "\n")
    }
}
