package import AVPrepAudio
package import AVPrepCore
import AVPrepModel
package import AVPrepSettings
import AVPrepStore
import Foundation

/// Applies the current policy to prepared files without decoding: decides again from what is stored, and rewrites the
/// file with the writer of ingest. The bytes equal those of a fresh ingest. One per worker.
package struct PolicyReapplication {
    private let settings: IngestSettings
    private let layout: StoreLayout
    private let attributes: [String: AttributeValue]
    private let cancellation: Cancellation

    /// - Parameter transforms: the transforms of the settings' spectrograms.
    package init(settings: IngestSettings, transforms: [Spectrogram], cancellation: Cancellation) throws {
        self.settings = settings
        self.cancellation = cancellation
        layout = settings.layout(transforms)
        attributes = try settings.preparedAttributes
    }

    /// The result for a prepared file.
    package struct Result {
        package let video: DecidedVideo
        /// Whether the file had to be rewritten.
        package let isRewritten: Bool
    }

    /// Decides on a prepared file. A file that already has the current policy is only read.
    ///
    /// - Returns: nil when the file cannot be read, or was prepared with other settings; it then counts as missing.
    /// - Throws: errors that concern the whole run: a disk error, `CancellationError`.
    package func decide(_ path: String) throws -> Result? {
        guard let reader = try? StoreReader(path: path), reader.kind == .prepared, !reader.segments.isEmpty,
            reader.attributes["settings_key"] == attributes["settings_key"]
        else { return nil }
        let policy = IngestSettings.policyAttribute
        if reader.attributes[policy] == attributes[policy] {
            return Result(
                video: DecidedVideo(reader.segments.map(\.segment), settings: settings), isRewritten: false)
        }
        guard let fingerprint = try? PreparedFingerprint.read(path) else { return nil }
        var segments: [Segment] = []
        var damage: (any Error)?
        do {
            try AtomicFile.write(to: path) { temporary in
                let writer = try PreparedFileWriter(path: temporary, layout: layout, attributes: attributes)
                for row in reader.segments.indices {
                    try cancellation.check()
                    var data: SegmentData
                    do { data = try reader.segmentData(row) } catch {
                        damage = error
                        throw error
                    }
                    data.segment.decide(by: settings.policy)
                    segments.append(data.segment)
                    try writer.append(data)
                }
                try writer.finish(fingerprint: fingerprint)
            }
        } catch  where damage != nil {
            return nil
        }
        return Result(video: DecidedVideo(segments, settings: settings), isRewritten: true)
    }
}
