import AVPrepDrawing
import AVPrepModel
import AVPrepVision

/// The content of a contact sheet, independent of its source.
struct SheetContent {
    /// A frame, and its flow to the next picture.
    struct Tile {
        let seconds: Double
        /// The whole picture, RGB.
        let picture: PixelBuffer
        /// The part that is stored, in pixels of `picture`; nil for all of it.
        let inner: Box?
        /// Flow of the stored part; nil if there is none.
        let flow: FlowField?
    }

    /// A labelled range of time.
    struct Span {
        let start: Double
        let end: Double
        let label: String
        let colour: Colour
    }

    /// A row of spans on the sheet.
    struct Lane {
        let name: String
        let spans: [Span]
    }

    /// The file's name.
    let title: String
    /// A few lines of facts.
    let facts: [String]
    /// Start of the time range drawn, in seconds of presentation time.
    let start: Double
    let end: Double
    let tiles: [Tile]
    /// Times marked by a line across all tracks.
    let cuts: [Double]
    let lanes: [Lane]
    /// The smallest and largest sample between two times; nil without sound.
    let waveform: ((_ start: Double, _ end: Double) -> (low: Float, high: Float)?)?
    let spectrogram: SpectrogramImage?

    /// A spectrogram in decibels that can be sampled at any time.
    struct SpectrogramImage {
        /// Decibels of each band, lowest frequency first, between two times; nil without sound.
        let levels: (_ start: Double, _ end: Double) -> [Float]?
        /// The frequency of each band, in Hz.
        let frequenciesHz: [Double]
        let name: String
    }

    /// Number of frames in a row of a sheet, so that frames of this shape are large enough to recognise.
    static func tileCount(width: Int, height: Int) -> Int {
        let shape = Double(width) / Double(height)
        return min(16, max(5, Int((16 / shape + 1).rounded())))
    }

    /// The displacement, in pixels, drawn in full colour in all tiles, rounded: in three of four tiles 98 of 100 pixels
    /// are below it. So a single chaotic tile, such as a flash, does not pale the others.
    static func flowRadius(of tiles: [Tile]) -> Double {
        let large = tiles.compactMap(\.flow).compactMap(largeDisplacement).sorted()
        guard !large.isEmpty else { return 1 }
        let radius = large[(large.count - 1) * 3 / 4]
        return roundRadii.first { $0 >= radius } ?? roundRadii[roundRadii.count - 1]
    }

    /// The 98th percentile of a field's displacements, in pixels.
    private static func largeDisplacement(_ field: FlowField) -> Double? {
        // Every 7th pixel: enough for the percentile, and not aligned with columns or rows.
        let lengths = stride(from: 0, to: field.width * field.height, by: 7).map { pixel in
            let x = field.vectors[2 * pixel]
            let y = field.vectors[2 * pixel + 1]
            return (x * x + y * y).squareRoot()
        }.filter(\.isFinite).sorted()
        return lengths.isEmpty ? nil : Double(lengths[lengths.count * 98 / 100])
    }

    private static let roundRadii = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 200]
}
