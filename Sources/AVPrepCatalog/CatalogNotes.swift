package import AVPrepCore
package import AVPrepModel
package import Foundation
import GRDB

/// Everything that ingest notes about one item, as a value: it can be recorded at once, or written down elsewhere and recorded
/// later, with the same rows in the catalog.
package struct ItemNotes: Sendable, Codable {
    /// The listed file that it is about: another size or time is another content.
    package let path: BytePath
    package let size: Int64
    package let modifiedNanoseconds: Int64
    /// The id of its content, where it could be read.
    package var videoID: String?
    /// The id of the whole file where the item is a part of it, and it is known.
    package var contentID: String?
    /// Nil where no more than the id is known.
    package var result: Result?

    /// What came of preparing it.
    package struct Result: Sendable, Codable {
        package let settingsKey: String
        package let policyKey: String
        /// `done`, `skipped` or `failed`.
        package let status: String
        package let reason: Outcome.Reason?
        package var output: String?
        /// Size of the result in bytes; nil where it is not known.
        package var outputBytes: Int64?
        /// The decision about each segment; nil without a prepared file.
        package var decided: [DecidedSegment]?
        package var fingerprint: Data?
        /// Properties of the media, as JSON.
        package var media: String?
        /// Whether ``seconds`` says where the video's seconds are, or that it is not known.
        package var hasSeconds = false
        package var seconds: SourceSeconds?
        package var wallSeconds = 0.0
        package var cpuSeconds = 0.0

        package init(settingsKey: String, policyKey: String, _ outcome: Outcome) {
            (self.settingsKey, self.policyKey) = (settingsKey, policyKey)
            (status, reason) = (outcome.status, outcome.reason)
        }

        /// Nil for a status that no avprep writes.
        package var outcome: Outcome? {
            switch (status, reason) {
            case ("done", nil): .done
            case ("skipped", let reason?): .skipped(reason)
            case ("failed", let reason?): .failed(reason)
            default: nil
            }
        }
    }

    package init(
        path: BytePath, size: Int64, modifiedNanoseconds: Int64, videoID: String?, contentID: String? = nil
    ) {
        (self.path, self.size, self.modifiedNanoseconds) = (path, size, modifiedNanoseconds)
        (self.videoID, self.contentID) = (videoID, contentID)
    }

    // MARK: - As text

    /// One line.
    package func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package init(encoded text: String) throws {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        self = try decoder.decode(Self.self, from: Data(text.utf8))
    }

    /// The same without what differs from one attempt to the next: times.
    package var comparable: ItemNotes {
        var copy = self
        copy.result?.wallSeconds = 0
        copy.result?.cpuSeconds = 0
        return copy
    }
}

extension Catalog {
    /// Records notes in one transaction, durable on return. Notes about files that are not listed like this any more are left
    /// out.
    ///
    /// - Returns: how many were recorded.
    @discardableResult
    package func note(_ notes: [ItemNotes], stage: String) throws -> Int {
        guard !notes.isEmpty else { return 0 }
        return try write("record in") { database in
            let find = try database.cachedStatement(
                sql: "SELECT video_id FROM items WHERE path = ? AND size = ? AND mtime_ns = ? AND vanished = 0")
            let identify = try database.cachedStatement(
                sql: "UPDATE items SET video_id = ?, content_id = ? WHERE path = ?")
            var count = 0
            for note in notes {
                guard let row = try Row.fetchOne(find, arguments: [note.path, note.size, note.modifiedNanoseconds])
                else { continue }
                count += 1
                if let video = note.videoID, row["video_id"] as String? != video || note.contentID != nil {
                    try identify.execute(arguments: [video, note.contentID, note.path])
                }
                if let result = note.result { try enter(result, of: note, stage, in: database) }
            }
            return count
        }
    }

    private func enter(_ result: ItemNotes.Result, of note: ItemNotes, _ stage: String, in database: Database) throws {
        guard let outcome = result.outcome else { throw damaged("no status of the name \(result.status)") }
        if let video = note.videoID {
            if let media = result.media { try enterMedia(media, ofVideo: video, in: database) }
            if result.hasSeconds {
                try enterSeconds(result.seconds, ofVideo: video, settingsKey: result.settingsKey, in: database)
            }
            if let fingerprint = result.fingerprint {
                try enterFingerprint(fingerprint, ofVideo: video, settingsKey: result.settingsKey, in: database)
            }
        }
        let record = OutcomeRecord(
            subject: note.path, stage: stage, settingsKey: result.settingsKey, outcome: outcome,
            wallSeconds: result.wallSeconds, cpuSeconds: result.cpuSeconds, output: result.output,
            outputBytes: result.outputBytes)
        if let decided = result.decided {
            try enter([(record, decided)], policyKey: result.policyKey, in: database)
        } else {
            try enter([record], in: database)
        }
    }

    /// What is listed, as far as it tells which files have the same content: all listed files that are there, in the order of
    /// paths.
    package func listedContents() throws -> [ListedContent] {
        try read("read") { database in
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT path, size, video_id, first_run FROM items WHERE +vanished = 0 AND size >= 0 ORDER BY path"
            )
            var contents: [ListedContent] = []
            while let row = try rows.next() {
                contents.append(
                    ListedContent(
                        path: row["path"], size: row["size"], videoID: row["video_id"], firstRun: row["first_run"]))
            }
            return contents
        }
    }
}

/// A listed file, and what is known of its content.
package struct ListedContent: Sendable {
    package let path: BytePath
    package let size: Int64
    package let videoID: String?
    /// The run that listed it first.
    package let firstRun: Int64
}
