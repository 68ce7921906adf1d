import Foundation

/// An exclusive lock on an open file, which the operating system releases when the process ends, however it ends.
package struct FileLock: Sendable {
    /// What came of trying to take it.
    package enum Outcome: Equatable {
        case taken
        /// Another process holds it.
        case busy
        /// The file system has no locks; what it answered to each call.
        case missing(String)
    }

    /// A call that locks files.
    package struct Call: Sendable {
        package let name: String
        /// Takes the lock of a descriptor without waiting: 0, or the `errno`.
        package let lock: @Sendable (Int32) -> Int32

        package init(name: String, lock: @escaping @Sendable (Int32) -> Int32) {
            self.name = name
            self.lock = lock
        }

        /// Locks of open files, everywhere but on some cluster file systems.
        package static let bsd = Call(name: "flock") { file in
            flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
        }

        /// POSIX locks that belong to the open file. (Those of old belong to the process, which would lose them by closing
        /// the file anywhere.)
        package static let posix = Call(name: "fcntl") { file in
            var range = flock()
            range.l_type = Int16(F_WRLCK)
            range.l_whence = Int16(SEEK_SET)
            return fcntl(file, FileLock.setLockOfOpenFile, &range) == 0 ? 0 : errno
        }
    }

    /// Linux's F_OFD_SETLK, which Swift does not import.
    private static let setLockOfOpenFile: Int32 = 37

    /// Tried in this order. All processes meet at the first one that the file system has.
    private let calls: [Call]

    package init(calls: [Call] = [.bsd, .posix]) { self.calls = calls }

    /// Tries once.
    package func take(_ file: Int32) -> Outcome {
        var answers: [String] = []
        for call in calls {
            var error = call.lock(file)
            while error == EINTR { error = call.lock(file) }
            switch error {
            case 0: return .taken
            case EWOULDBLOCK, EACCES: return .busy
            // ENOSYS, EOPNOTSUPP, EINVAL, ENOLCK, EIO, …: this call does not work here.
            default: answers.append("\(call.name): \(String(cString: strerror(error)))")
            }
        }
        return .missing(answers.joined(separator: ", "))
    }
}
