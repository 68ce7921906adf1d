import AVPrepModel
import Foundation

/// FFmpeg's own border detection, for comparison.
enum CropDetect {
    /// The final crop of cropdetect with its default limit, all frames counted (`reset=0`) and rounding to 2 pixels.
    /// Nil when it reports none.
    static func margins(of path: String, width: Int, height: Int, _ program: String) throws -> CropMargins? {
        let text = try OutsideProgram.errorText(
            program, ["-nostdin", "-i", path, "-vf", "cropdetect=limit=24/255:round=2:reset=0", "-f", "null", "-"])
        guard let last = text.components(separatedBy: "crop=").last, text.contains("crop=") else { return nil }
        let numbers = last.prefix { $0.isNumber || $0 == ":" || $0 == "-" }.split(separator: ":").compactMap { Int($0) }
        // For an entirely black video the size is zero or less: nothing would be cropped.
        guard numbers.count == 4, numbers[0] > 0, numbers[1] > 0 else { return CropMargins.none }
        return CropMargins(
            top: numbers[3], bottom: height - numbers[3] - numbers[1], left: numbers[2],
            right: width - numbers[2] - numbers[0])
    }
}

/// Other programs that the benchmarks compare with.
enum OutsideProgram {
    /// The standard error of a program.
    static func errorText(_ program: String, _ arguments: [String]) throws -> String {
        try run(program, arguments, readsErrors: true)
    }

    /// The standard output of a program.
    static func outputText(_ program: String, _ arguments: [String]) throws -> String {
        try run(program, arguments, readsErrors: false)
    }

    private static func run(_ program: String, _ arguments: [String], readsErrors: Bool) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        if readsErrors {
            process.standardError = pipe
            process.standardOutput = FileHandle.nullDevice
        } else {
            process.standardOutput = pipe
        }
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
