package import AVPrepAudio
package import AVPrepCore
import AVPrepModel
package import AVPrepSettings
import AVPrepStore
import Foundation

/// Brings prepared files under the policy in force without decoding: what is stored is decided on anew, and written again
/// by the writer that wrote it. The bytes are those of a fresh ingest. One a worker.
package struct PolicyReapplication {
    private let settings: IngestSettings
    private let layout: StoreLayout
    private let attributes: [String: AttributeValue]
    private let cancellation: Cancellation

    /// - Parameter transforms: the plans of the settings' spectrograms.
    package init(settings: IngestSettings, transforms: [Spectrogram], cancellation: Cancellation) throws {
        self.settings = settings
        self.cancellation = cancellation
        layout = settings.layout(transforms)
        attributes = try settings.preparedAttributes
    }

    /// What came of a prepared file.
    package struct Result {
        package let video: DecidedVideo
        /// Whether it had to be written again.
        package let isRewritten: Bool
    }

    /// Decides on a prepared file. A file that is under the policy already is only read.
    ///
    /// - Returns: nil when the file cannot be read, or is of something else than these settings prepare: it is as good as
    ///   none.
    /// - Throws: what concerns the whole run: a disk that refuses, a file that a newer avprep has written (`StoreError` with
    ///   `newerFormat`), `CancellationError`.
    package func decide(_ path: String) throws -> Result? {
        guard let reader = try StoreError.unlessNewer({ try StoreReader(path: path) }), reader.kind == .prepared,
            !reader.segments.isEmpty, reader.attributes["settings_key"] == attributes["settings_key"]
        else { return nil }
        try reader.refuseNewerSettings()
        if try StoreError.unlessNewer({ try reader.policy }) == settings.policy {
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
