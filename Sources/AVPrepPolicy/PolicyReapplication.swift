package import AVPrepAudio
package import AVPrepCore
import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import Foundation

/// Applies the current policy to prepared files: decides again from what is stored, and rewrites the file with the writer of
/// ingest. Decoding is needed only where the policy keeps a still picture that was left out. The bytes equal those of a fresh ingest. One per worker.
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
    package enum Result {
        /// The decided segments, and the fingerprint with which the file was finished.
        case decided(DecidedVideo, fingerprint: [UInt8])
        /// The file lacks media that the policy keeps: its video has to be decoded again.
        case incomplete
        /// The file was read, and contradicts itself or its name: its content has to be prepared again.
        case damaged(StoreError)
        /// The file could not be read, or is of a newer avprep; it may be intact.
        case unreadable(StoreError)
    }

    /// Decides on a prepared file. A file that already has the current policy is only read.
    ///
    /// - Throws: errors that concern the whole run: a disk error, `CancellationError`.
    package func decide(_ path: String) throws -> Result {
        do {
            return try attempt(path)
        } catch let failure as ReadingFailure {
            return failure.error.isDamage ? .damaged(failure.error) : .unreadable(failure.error)
        }
    }

    /// An error in reading the file, as opposed to an error in writing the new one.
    private struct ReadingFailure: Error {
        let error: StoreError
    }

    private func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as StoreError { throw ReadingFailure(error: error) }
    }

    private func attempt(_ path: String) throws -> Result {
        let reader = try reading { try StoreReader(path: path) }
        guard reader.kind == .prepared, !reader.segments.isEmpty,
            reader.attributes["settings_key"] == attributes["settings_key"]
        else {
            let error = StoreError(.damaged, "\(path) is not the prepared file that its name says")
            throw ReadingFailure(error: error)
        }
        try reading { try reader.refuseNewerSettings() }
        let fingerprint = try reading { try PreparedFingerprint.read(path) }
        if try reading({ try reader.policy }) == settings.policy {
            let video = DecidedVideo(reader.segments.map(\.segment), settings: settings)
            return .decided(video, fingerprint: fingerprint)
        }
        var segments = reader.segments.map(\.segment)
        for row in segments.indices {
            segments[row].decide(by: settings.policy)
            if reader.segments[row].leftOutFrames > 0, !segments[row].decision.leavesMediaOut { return .incomplete }
        }
        try AtomicFile.write(to: path) { temporary in
            let writer = try PreparedFileWriter(path: temporary, layout: layout, attributes: attributes)
            for row in reader.segments.indices {
                try cancellation.check()
                if segments[row].decision.leavesMediaOut {
                    try writer.leaveOut(segments[row])
                    continue
                }
                var data = try reading { try reader.segmentData(row) }
                data.segment = segments[row]
                try writer.append(data)
            }
            try writer.finish(fingerprint: fingerprint)
        }
        return .decided(DecidedVideo(segments, settings: settings), fingerprint: fingerprint)
    }
}
