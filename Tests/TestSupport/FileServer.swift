import Foundation

/// `Tests/Oracles/file_server.py`, running: a web server with the habits of real ones.
package final class FileServer {
    /// What requests to it begin with: `http://127.0.0.1:PORT`.
    package let address: String
    /// The folder whose files it serves.
    package let folder: String
    private let process = Process()
    private let log: String

    /// - Throws: ``OracleError`` when there is no Python.
    package init(folder: String) throws {
        guard let python = Oracle.python else { throw OracleError(message: "no oracle: run `make venv` first") }
        self.folder = folder
        log = "\(folder)/.requests"
        guard FileManager.default.createFile(atPath: log, contents: nil), let writer = FileHandle(forWritingAtPath: log)
        else { throw OracleError(message: "cannot write \(log)") }
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["\(Oracle.repository)/Tests/Oracles/file_server.py", folder]
        process.standardOutput = writer
        try process.run()
        var port = ""
        for _ in 0..<500 where !port.hasSuffix("\n") {
            usleep(20_000)
            port = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        }
        guard let number = Int(port.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw OracleError(message: "the file server does not start: \(port)")
        }
        address = "http://127.0.0.1:\(number)"
    }

    deinit { kill(process.processIdentifier, SIGKILL) }

    /// The requests so far: `GET PATH RANGE IF-RANGE`, `-` for what was not sent.
    package var requests: [String] {
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").dropFirst().map(String.init)
    }
}
