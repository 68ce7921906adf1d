package import AVPrepCore

/// What `avprep verify` looked at, and everything that is not as it should be.
package struct VerifyReport: Sendable, Codable {
    /// One thing that is wrong.
    package struct Finding: Sendable, Codable, Equatable {
        package enum Code: String, Sendable, Codable {
            /// The index is absent, damaged or contradicts itself.
            case index
            /// A file that the index or the catalog names is not there.
            case missing
            /// A file's size or SHA-256 is not the one that was written.
            case changed
            /// A file is not of the format, or contradicts itself.
            case damaged
            /// The system would not read a file: it may be intact.
            case unreadable
            /// A file was written by a newer avprep, so this one cannot judge it.
            case newer
            /// Numbers of segments, frames or videos differ from the index.
            case counts
            /// A pair is not what its kind says, or a set not what it was drawn to be.
            case pairs
            /// A video, or a near-duplicate of it, lies on two sides of the split.
            case leak
            /// Catalog and shards do not hold the same videos.
            case catalog
            /// A file in the folder belongs to nothing.
            case stray
        }

        package let code: Code
        /// The file it is about.
        package let file: String
        /// What is wrong, in one line.
        package let detail: String
        /// What to do about it.
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

    /// What to do about a file that could not be read.
    static let makeReadable = "it may be whole: make it readable, and run avprep verify again"

    /// Whether checksums were left out.
    package let isQuick: Bool
    package let shards: Int
    package let videos: Int
    package let segments: Int
    package let pairs: Int
    package let preparedFiles: Int
    /// Bytes whose checksum was computed.
    package let bytesRead: Int
    package let findings: [Finding]

    package var exitStatus: ExitStatus { findings.isEmpty ? .done : .badInput }

    /// More of one kind say no more than the first few.
    private static let shownFindings = 30

    package var text: String {
        let looked =
            "\(shards) shards, \(segments) segments of \(videos) videos, \(pairs) pairs, \(preparedFiles) prepared files"
        let read = isQuick ? "sizes only" : "\(bytesRead >> 20) MiB of checksums"
        guard !findings.isEmpty else { return "\(looked) (\(read)): all is as it should be" }
        var lines = findings.prefix(Self.shownFindings).map { finding in
            "\(finding.code.rawValue): \(finding.file): \(finding.detail); \(finding.remedy)"
        }
        if findings.count > Self.shownFindings {
            lines.append("and \(findings.count - Self.shownFindings) more; --json lists them all")
        }
        return (lines + ["\(looked) (\(read)): \(findings.count) findings"]).joined(separator: "\n")
    }
}
