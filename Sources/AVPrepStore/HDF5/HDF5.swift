import CHDF5
import Foundation

/// The HDF5 library: all calls, in the whole process, are made on one queue.
///
/// Debian's build is thread-safe by a global lock, but "high-level libraries are not officially supported" and the lock
/// allows no parallel calls, so this queue replaces it. Work outside of HDF5 (encoding, decoding, reading mapped
/// shards) is done off the queue.
enum HDF5 {
    /// The queue that all calls run on.
    static let queue: DispatchQueue = {
        let queue = DispatchQueue(label: "avprep.hdf5")
        queue.setSpecific(key: isQueue, value: true)
        queue.sync {
            // Files are closed by their owners. The library's own clean-up at exit would race with other threads.
            H5dont_atexit()
            H5open()
            // A file could name a filter that would be loaded from a folder of plugins: this is disabled.
            H5PLset_loading_state(0)
        }
        return queue
    }()
    private static let isQueue = DispatchSpecificKey<Bool>()

    /// Runs `body` on the queue and returns when it is done. May be nested.
    static func perform<Result>(_ body: () throws -> Result) rethrows -> Result {
        if DispatchQueue.getSpecific(key: isQueue) == true { return try body() }
        return try queue.sync {
            // The error stack belongs to the thread, and `sync` runs on the caller's thread: silence it each time.
            let status = H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
            precondition(status >= 0, "HDF5 keeps printing its errors")
            return try body()
        }
    }

    /// Turns HDF5's negative results into errors. Every call's result is passed through here.
    ///
    /// - Parameters:
    ///   - what: the operation, worded to follow "cannot".
    ///   - path: the file.
    ///   - code: the error code of a failure. A read that the system refused says nothing about the file's content, so
    ///     its error is `unreadable`.
    @discardableResult
    static func check<Result: SignedInteger>(
        _ result: Result, _ what: @autoclosure () -> String, _ path: String, code: StoreError.Code = .damaged
    ) throws -> Result {
        dispatchPrecondition(condition: .onQueue(queue))
        guard result < 0 else { return result }
        let (reason, isSystemError) = errorText()
        func names(_ numbers: Int32...) -> Bool { numbers.contains { reason.contains(String(cString: strerror($0))) } }
        if names(EFBIG) {
            throw StoreError(
                .tooLarge,
                "cannot \(what()) \(path): \(reason); the file system takes no file of this size: use another one")
        }
        let full = names(ENOSPC, EDQUOT)
        let shown: StoreError.Code = full ? .unwritable : isSystemError && code == .damaged ? .unreadable : code
        throw StoreError(shown, "cannot \(what()) \(path): \(reason); \(remedy(shown, isFull: full))")
    }

    /// What to do about an error of this code.
    static func remedy(_ code: StoreError.Code, isFull: Bool = false) -> String {
        if isFull { return "make room on the disk" }
        switch code {
        case .unwritable: return "check the folder and the disk"
        case .unreadable: return "make the file readable, and run the command again"
        default: return "make the file again"
        }
    }

    /// The library's message: what failed at the outermost level, and the innermost reason; and whether that was a
    /// failed system call, whose errno HDF5 then reports.
    private static func errorText() -> (text: String, isSystemError: Bool) {
        final class Stack { var lines: [String] = [] }
        let stack = Stack()
        let walked = H5Ewalk2(
            hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
            { _, entry, context in
                guard let context, let text = entry?.pointee.desc else { return 0 }
                Unmanaged<Stack>.fromOpaque(context).takeUnretainedValue().lines.append(String(cString: text))
                return 0
            }, Unmanaged.passUnretained(stack).toOpaque())
        let isCleared = H5Eclear2(hid_t(H5E_DEFAULT)) >= 0
        guard walked >= 0, isCleared, let outer = stack.lines.first, let inner = stack.lines.last else {
            return ("HDF5 states no reason", false)
        }
        let isSystemError = stack.lines.contains { systemReason($0) != nil }
        let reason = systemReason(inner) ?? inner.replacing("\n", with: " ")
        return (outer == inner ? reason : "\(systemReason(outer) ?? outer) (\(reason))", isSystemError)
    }

    /// The system's message inside HDF5's long text about a failed call:
    /// `… error message = 'No space left on device' …`
    private static func systemReason(_ text: String) -> String? {
        guard let start = text.firstRange(of: "error message = '")?.upperBound,
            let end = text[start...].firstIndex(of: "'")
        else { return nil }
        return String(text[start..<end])
    }

    /// One HDF5 object of any kind, closed with its last reference.
    ///
    /// A class, because datasets are shared by tables and readers. It may be released on any thread. Pass its `id` to
    /// calls from a named variable, which lives to the end of its scope; a temporary would be closed before the call.
    final class Handle: @unchecked Sendable {
        // Sendable: `id` is constant except in `close`, which runs on the queue.
        private(set) var id: hid_t

        /// Takes ownership of an identifier returned by an HDF5 call.
        init(_ id: hid_t, _ what: @autoclosure () -> String, _ path: String, code: StoreError.Code = .damaged) throws {
            self.id = try HDF5.check(id, what(), path, code: code)
        }

        /// Closes a file, so that errors of the last writes are reported.
        func closeFile(_ path: String) throws {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            let id = self.id
            self.id = -1
            try HDF5.check(H5Fclose(id), "finish", path, code: .unwritable)
        }

        deinit {
            guard id >= 0 else { return }
            let id = self.id
            // Releasing the last reference closes an object of any kind.
            HDF5.perform { _ = H5Idec_ref(id) }
        }
    }
}
