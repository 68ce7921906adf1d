import Foundation

/// The Python of the oracles' virtual environment (`make test` makes it): librosa, h5py, OpenCV, PyAV, torch.
/// Outsiders that our results are compared with.
package enum Oracle {
    /// The package's top folder.
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The interpreter, or nil where `make test` has not made it. `AVPREP_PYTHON` names another.
    package static let python: String? = {
        let path = ProcessInfo.processInfo.environment["AVPREP_PYTHON"] ?? repository + "/.venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    /// Whether tests that compare with Python run: see ``Gate``.
    package static var isAvailable: Bool { Gate.runs(python != nil) }

    /// Runs a Python program and returns what it printed.
    ///
    /// - Parameters:
    ///   - script: the program's text.
    ///   - arguments: `sys.argv[1:]`.
    /// - Throws: ``OracleError`` with the traceback when it fails.
    package static func run(_ script: String, _ arguments: [String] = []) throws -> String {
        guard let python else { throw OracleError(message: "no oracle: run `make venv` first") }
        let result = try Command.run(python, ["-c", script] + arguments)
        guard result.status == 0 else { throw OracleError(message: result.standardError) }
        return result.standardOutput
    }

    /// Runs a Python program that prints one JSON value, and decodes it.
    package static func json<Value: Decodable>(_ type: Value.Type, _ script: String, _ arguments: [String] = []) throws
        -> Value
    {
        try JSONDecoder().decode(type, from: Data(try run(script, arguments).utf8))
    }
}

/// A Python oracle failed; the message is its traceback.
package struct OracleError: Error, CustomStringConvertible {
    let message: String
    package var description: String { message }
}
