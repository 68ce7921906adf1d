import AVPrepDrawing
import AVPrepModel
import AVPrepVision

/// What a contact sheet shows, wherever it comes from.
struct SheetContent {
    /// A frame, and its flow to the next picture.
    struct Tile {
        let seconds: Double
        /// The whole picture, RGB.
        let picture: PixelBuffer
        /// The part that is stored, in pixels of `picture`; nil for all of it.
        let inner: Box?
        /// Of the stored part; nil where there is none.
        let flow: FlowField?
    }

    /// A stretch of time with something to say.
    struct Span {
        let start: Double
        let end: Double
        let label: String
        let colour: Colour
    }

    /// A row of spans.
    struct Lane {
        let name: String
        let spans: [Span]
    }

    /// The file's name.
    let title: String
    /// A few lines of facts.
    let facts: [String]
    /// The stretch of time drawn, in seconds on the presentation clock.
    let start: Double
    let end: Double
    let tiles: [Tile]
    /// Moments at which a line crosses all tracks.
    let cuts: [Double]
    let lanes: [Lane]
    /// The sound's extremes between two moments; nil where there is none.
    let waveform: ((_ start: Double, _ end: Double) -> (low: Float, high: Float)?)?
    let spectrogram: SpectrogramImage?

    /// A spectrogram in decibels, to be sampled at any moment.
    struct SpectrogramImage {
        /// Decibels of each band, lowest first, between two moments; nil where there is none.
        let levels: (_ start: Double, _ end: Double) -> [Float]?
        /// The frequency that each band stands for, in Hz.
        let frequenciesHz: [Double]
        let name: String
    }

    /// Frames in a row of a sheet: as many of this shape as are large enough to see something.
    static func tileCount(width: Int, height: Int) -> Int {
        let shape = Double(width) / Double(height)
        return min(16, max(5, Int((16 / shape + 1).rounded())))
    }

    /// The displacement, in pixels, that gets full colour in all of the tiles, a round number: in three of four tiles 98 of
    /// 100 pixels stay below. One tile of chaos, such as a flash, thus takes no colour from the others.
    static func flowRadius(of tiles: [Tile]) -> Double {
        let large = tiles.compactMap(\.flow).compactMap(largeDisplacement).sorted()
        guard !large.isEmpty else { return 1 }
        let radius = large[(large.count - 1) * 3 / 4]
        return roundRadii.first { $0 >= radius } ?? roundRadii[roundRadii.count - 1]
    }

    /// What 98 of 100 displacements of a field stay below, in pixels.
    private static func largeDisplacement(_ field: FlowField) -> Double? {
        // Every 7th pixel: enough to tell the share, and no column or row in particular.
        let lengths = stride(from: 0, to: field.width * field.height, by: 7).map { pixel in
            let x = field.vectors[2 * pixel]
            let y = field.vectors[2 * pixel + 1]
            return (x * x + y * y).squareRoot()
        }.filter(\.isFinite).sorted()
        return lengths.isEmpty ? nil : Double(lengths[lengths.count * 98 / 100])
    }

    private static let roundRadii = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 200]
}
