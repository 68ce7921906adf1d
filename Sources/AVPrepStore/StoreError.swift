package import AVPrepCore

/// An error of a stored file, or of the disk that holds it.
package struct StoreError: ActionableError, RunEndingError, Equatable {
    package enum Code: String, Sendable {
        /// The system cannot read the file: it is missing, not permitted, there are too many open files, or the device
        /// has an error. The file may be intact.
        case unreadable
        /// Writing failed: the disk is full, writing is not permitted, or the device has an error.
        case unwritable
        /// The file system accepts no file of this size; others may fit.
        case tooLarge
        /// Read, and not a file of this format.
        case foreign
        /// Written by a newer avprep in a format that this one does not support.
        case newerFormat
        /// The content contradicts itself: offsets, ranges, types or counts.
        case damaged
        /// Files with different layouts cannot be packed into one shard.
        case layoutMismatch
        /// A picture's bytes cannot be decoded, or a picture cannot be encoded.
        case picture
    }

    /// Whether it is the disk that is to be written.
    package var endsRun: Bool { code == .unwritable }

    /// Whether the file was read and is not one that avprep writes: the only reason to make it again. A file that could not
    /// be read, or is of a newer avprep, may be intact.
    package var isDamage: Bool { [.damaged, .foreign, .picture].contains(code) }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { code == .unwritable || code == .tooLarge ? .failed : .badInput }

    /// What `body` gives; nil where it fails for any reason but that a newer avprep has written what it read: what this one
    /// does not understand is not to be replaced.
    package static func unlessNewer<Value>(_ body: () throws -> Value) throws -> Value? {
        do {
            return try body()
        } catch let error as StoreError where error.code == .newerFormat {
            throw error
        } catch {
            return nil
        }
    }

    /// A stored JSON text that cannot be read.
    ///
    /// - Parameters:
    ///   - name: the attribute that the text stands in; nil where it is the whole file.
    ///   - path: the file.
    package init(_ fault: StoredJSONError, in name: String? = nil, of path: String) {
        switch fault {
        case .newer(let what):
            self.init(
                .newerFormat,
                "\(path) was written by a newer avprep: this one does not know \(what)\(name.map { " in its \($0)" } ?? ""); "
                    + "install a newer avprep, or make the file again with this one")
        case .damaged(let what): self = .damaged(path, name.map { "its \($0) cannot be read (\(what))" } ?? what)
        }
    }

    /// A file whose content contradicts itself.
    package static func damaged(_ path: String, _ what: String) -> StoreError {
        StoreError(.damaged, "\(path) is damaged: \(what); make the file again")
    }
}
