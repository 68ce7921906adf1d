import Foundation
import Synchronization

/// Runs a program to its end, as a user would from a shell.
package enum Command {
    /// What a program left behind.
    package struct Result: Sendable {
        /// The exit code, or 128 + the signal that ended it.
        package let status: Int32
        package let standardOutput: String
        package let standardError: String
    }

    /// - Parameters:
    ///   - folder: the working directory; nil for this process's own.
    ///   - environment: added to this process's own.
    package static func run(
        _ path: String, _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let output = Pipe()
        let error = Pipe()
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Both pipes are read at once: a program that fills one while we wait for the other would hang.
        let errorText = Mutex("")
        let reader = DispatchGroup()
        DispatchQueue.global().async(group: reader) {
            let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            errorText.withLock { $0 = text }
        }
        let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        reader.wait()
        process.waitUntilExit()
        let signalled = process.terminationReason == .uncaughtSignal
        return Result(
            status: signalled ? 128 + process.terminationStatus : process.terminationStatus,
            standardOutput: outputText, standardError: errorText.withLock { $0 })
    }
}
