import CHDF5
import Foundation

/// The HDF5 library: every call of it, in the whole process, happens on one queue.
///
/// Debian's build is thread-safe by one lock, but "high-level libraries are not officially supported" and the lock gives
/// no speed, so the queue is the lock. Work that is not HDF5's own (encoding, decoding, reading mapped shards) happens
/// outside of it.
enum HDF5 {
    /// The queue that owns the library.
    static let queue: DispatchQueue = {
        let queue = DispatchQueue(label: "avprep.hdf5")
        queue.setSpecific(key: isQueue, value: true)
        queue.sync {
            // Files are closed by their owners. The library's own clean-up at exit would race with other threads.
            H5dont_atexit()
            H5open()
            // A file could name a filter that is loaded from a folder of plugins: never.
            H5PLset_loading_state(0)
        }
        return queue
    }()
    private static let isQueue = DispatchSpecificKey<Bool>()

    /// Runs `body` on the queue, now, and returns when it is done. May be nested.
    static func perform<Result>(_ body: () throws -> Result) rethrows -> Result {
        if DispatchQueue.getSpecific(key: isQueue) == true { return try body() }
        return try queue.sync {
            // The error stack belongs to the thread, and `sync` runs on the caller's: silence it each time.
            H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
            return try body()
        }
    }

    /// Turns HDF5's negative results into errors; every call's result goes through here.
    ///
    /// - Parameters:
    ///   - what: what was tried, as in "cannot …".
    ///   - path: the file it was tried on.
    ///   - code: what a failure shows. Where the system refused to read, it shows nothing about the file: the error is then
    ///     `unreadable`.
    @discardableResult
    static func check<Result: SignedInteger>(
        _ result: Result, _ what: @autoclosure () -> String, _ path: String, code: StoreError.Code = .damaged
    ) throws -> Result {
        dispatchPrecondition(condition: .onQueue(queue))
        guard result < 0 else { return result }
        let (reason, isSystemError) = errorText()
        let full = [ENOSPC, EFBIG, EDQUOT].contains { reason.contains(String(cString: strerror($0))) }
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

    /// The library's words: what failed at the top, and the innermost reason; and whether that was a call of the operating
    /// system, which HDF5 tells with its errno.
    private static func errorText() -> (text: String, isSystemError: Bool) {
        final class Stack { var lines: [String] = [] }
        let stack = Stack()
        H5Ewalk2(
            hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
            { _, entry, context in
                guard let context, let text = entry?.pointee.desc else { return 0 }
                Unmanaged<Stack>.fromOpaque(context).takeUnretainedValue().lines.append(String(cString: text))
                return 0
            }, Unmanaged.passUnretained(stack).toOpaque())
        H5Eclear2(hid_t(H5E_DEFAULT))
        guard let outer = stack.lines.first, let inner = stack.lines.last else {
            return ("HDF5 gives no reason", false)
        }
        let isSystemError = stack.lines.contains { systemReason($0) != nil }
        let reason = systemReason(inner) ?? inner.replacing("\n", with: " ")
        return (outer == inner ? reason : "\(systemReason(outer) ?? outer) (\(reason))", isSystemError)
    }

    /// The system's own words within HDF5's long text about a failed call: `… error message = 'No space left on device' …`
    private static func systemReason(_ text: String) -> String? {
        guard let start = text.firstRange(of: "error message = '")?.upperBound,
            let end = text[start...].firstIndex(of: "'")
        else { return nil }
        return String(text[start..<end])
    }

    /// One HDF5 object of any kind, closed when nobody holds it any more.
    ///
    /// A class, because datasets are shared by tables and readers. It may be dropped on any thread. Its `id` is passed to
    /// calls from a named variable, which lives to the end of its scope; a temporary would be closed before the call.
    final class Handle: @unchecked Sendable {
        // Sendable: `id` is constant but for `close`, which runs on the queue.
        private(set) var id: hid_t

        /// Takes ownership of what an HDF5 call returned.
        init(_ id: hid_t, _ what: @autoclosure () -> String, _ path: String, code: StoreError.Code = .damaged) throws {
            self.id = try HDF5.check(id, what(), path, code: code)
        }

        /// Closes a file, so that errors of the last writes are seen.
        func closeFile(_ path: String) throws {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            let id = self.id
            self.id = -1
            try HDF5.check(H5Fclose(id), "finish", path, code: .unwritable)
        }

        deinit {
            guard id >= 0 else { return }
            let id = self.id
            // Whatever the kind, giving up the last reference closes it.
            HDF5.perform { _ = H5Idec_ref(id) }
        }
    }
}
