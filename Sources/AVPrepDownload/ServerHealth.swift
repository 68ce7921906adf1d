import Synchronization

/// Which servers have stopped to answer: a server that is gone must not cost minutes for each of a million files.
final class ServerHealth: Sendable {
    /// After so many failed transfers in a row, whose causes may pass, nothing more is asked of a server.
    static let patience = 16

    private let failures = Mutex<[String: Int]>([:])

    func isGivenUp(_ host: String) -> Bool { failures.withLock { ($0[host] ?? 0) >= Self.patience } }

    func note(_ host: String, succeeded: Bool) {
        failures.withLock { $0[host] = succeeded ? 0 : ($0[host] ?? 0) + 1 }
    }
}
