package import AVPrepCore

/// The result of `avprep verify`: what was checked, and all findings.
package struct VerifyReport: Sendable, Codable {
    /// One fault.
    package struct Finding: Sendable, Codable, Equatable {
        package enum Code: String, Sendable, Codable {
            /// The index is absent, damaged or contradicts itself.
            case index
            /// A file named by the index or the catalog does not exist.
            case missing
            /// A file's size or SHA-256 differs from the one written.
            case changed
            /// A file violates the format, or contradicts itself.
            case damaged
            /// The system cannot read a file; it may be intact.
            case unreadable
            /// A file was written by a newer avprep, so this one cannot judge it.
            case newer
            /// Numbers of segments, frames or videos differ from the index.
            case counts
            /// A pair violates the rules of its kind, or a set differs from its definition.
            case pairs
            /// A video, or a near-duplicate of it, is in two splits.
            case leak
            /// Catalog and shards hold different videos.
            case catalog
            /// A file of the corpus has another content than when it was ingested.
            case source
            /// Something is left of a video that was forgotten.
            case forgotten
            /// A file in the folder that nothing refers to.
            case stray
        }

        package let code: Code
        /// The file with the fault.
        package let file: String
        /// The fault, in one line.
        package let detail: String
        /// The remedy.
        package let remedy: String

        /// What to do about a newer avprep's files.
        static let useNewer = "verify it with the avprep that wrote it"

        package init(_ code: Code, _ file: String, _ detail: String, remedy: String) {
            self.code = code
            self.file = file
            self.detail = detail
            self.remedy = remedy
        }
    }

    /// The remedy for a file that could not be read.
    static let makeReadable = "it may be intact: make it readable, and run avprep verify again"

    /// Whether checksums were skipped.
    package let isQuick: Bool
    package let shards: Int
    package let videos: Int
    package let segments: Int
    package let pairs: Int
    package let preparedFiles: Int
    /// Files of the corpus that were read; nil when none were to be.
    package let sources: Int?
    /// Videos that were forgotten, of which nothing may be left.
    package let forgotten: Int
    /// Bytes that were read for checksums.
    package let bytesRead: Int
    package let findings: [Finding]
    /// What is no fault of the files: what manifests put into several splits though it belongs together.
    package var notes: [String] = []

    package var exitStatus: ExitStatus { findings.isEmpty ? .done : .badInput }

    /// Number of findings shown in the text.
    private static let shownFindings = 30

    package var text: String {
        let looked =
            "\(shards) shards, \(segments) segments of \(videos) videos, \(pairs) pairs, \(preparedFiles) prepared files"
            + (sources.map { ", \($0) sources" } ?? "") + (forgotten > 0 ? ", \(forgotten) forgotten videos" : "")
        let read = isQuick ? "sizes only" : "\(bytesRead >> 20) MiB of checksums"
        guard !findings.isEmpty else { return (notes + ["\(looked) (\(read)): no faults"]).joined(separator: "\n") }
        var lines = findings.prefix(Self.shownFindings).map { finding in
            "\(finding.code.rawValue): \(finding.file): \(finding.detail); \(finding.remedy)"
        }
        if findings.count > Self.shownFindings {
            lines.append("and \(findings.count - Self.shownFindings) more; --json lists them all")
        }
        return (lines + notes + ["\(looked) (\(read)): \(findings.count) findings"]).joined(separator: "\n")
    }
}
