/// An error that may concern the whole run, not only the item at which it came up.
///
/// A run over many items ends for nothing else: where the next item would meet the same trouble. These are, and no others:
/// a disk that cannot be written (full, read-only, no permission), the catalog, the settings, a program of our own that
/// cannot be started, and cancellation. Every other error, of whichever module, is the outcome of the item it came up at.
package protocol RunEndingError: Error {
    var endsRun: Bool { get }
}

extension Error {
    /// Whether this error concerns the whole run.
    package var isOfRun: Bool { self is CancellationError || (self as? any RunEndingError)?.endsRun == true }
}
