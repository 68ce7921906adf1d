package import AVPrepCore
package import AVPrepModel
import Foundation

/// The bytes of a corpus file: their digest, and whether they are still those that were listed.
package enum SourceContent {
    /// The digest of a listed file.
    ///
    /// - Parameter listed: the file as it was when it was listed; nil when the system did not say then.
    /// - Throws: ``ReadFailure``: `changing` when the file is another than was listed, or is so after it was read.
    package static func digest(
        ofFile path: some PathConvertible, listed: FileIdentity?, isCancelled: () -> Bool = { false }
    ) throws -> SHA256Digest {
        let file = try SHA256.openRegularFile(path)
        defer { close(file) }
        let before = FileIdentity(descriptor: file)
        if let listed, before.map({ !$0.hasSameContentMarks(as: listed) }) ?? true { throw changing(path) }
        let digest = try SHA256.digest(ofDescriptor: file, path: path.bytePath.escaped, isCancelled: isCancelled)
        // By its name, too: a file that was put in its place is another one.
        guard let before, FileIdentity(descriptor: file)?.hasSameContentMarks(as: before) == true,
            FileIdentity(path: path)?.hasSameContentMarks(as: before) == true
        else { throw changing(path) }
        return digest
    }

    /// Makes sure that an open file holds the bytes that have this digest, and is still what `path` names.
    ///
    /// Size, time and inode are compared; where only the status differs (a further name, other rights, a time set back),
    /// the bytes are read again.
    /// - Parameters:
    ///   - listed: the file as it was when it was listed, before it got the digest.
    ///   - isDigest: whether a digest is the file's.
    /// - Throws: ``ReadFailure`` with `changing`.
    package static func confirm(
        _ descriptor: Int32, path: some PathConvertible, listed: FileIdentity?, isCancelled: () -> Bool = { false },
        isDigest: (SHA256Digest) -> Bool
    ) throws {
        guard let listed, let own = FileIdentity(descriptor: descriptor), own.hasSameContentMarks(as: listed),
            FileIdentity(path: path)?.hasSameContentMarks(as: listed) == true
        else { throw changing(path) }
        if own.statusNanoseconds == listed.statusNanoseconds { return }
        let digest = try SHA256.digest(ofDescriptor: descriptor, path: path.bytePath.escaped, isCancelled: isCancelled)
        guard isDigest(digest), FileIdentity(descriptor: descriptor)?.hasSameContentMarks(as: listed) == true else {
            throw changing(path)
        }
    }

    private static func changing(_ path: some PathConvertible) -> ReadFailure {
        ReadFailure(
            .changing,
            "\(path.bytePath) changes while it is ingested: it was written to or replaced; the next run ingests it")
    }
}

extension Outcome.Reason {
    /// The reason of a file that could not be read.
    package init(_ failure: ReadFailure) {
        let code: String
        switch failure.kind {
        case .unreadable: code = Self.unreadable
        case .passing: code = Self.readError
        case .changing: code = Self.changing
        }
        self.init(code, failure.description)
    }
}
