package import AVPrepCore
import Foundation

/// What a path that somebody wrote stands for: in settings, in a list, or on the command line.
///
/// It is the file of exactly these bytes, if there is one; else the file that the text names as ``PathEscape`` writes it,
/// so that what avprep shows can be given back. Where there is neither, it is the latter if it is written as avprep would.
package enum PathReading {
    package static func path(_ written: BytePath, at place: (BytePath) -> BytePath = { $0 }) -> BytePath {
        guard written.bytes.contains(UInt8(ascii: "\\")), !isThere(place(written)) else { return written }
        let read = BytePath(escaped: String(decoding: written.bytes, as: UTF8.self))
        if isThere(place(read)) { return read }
        return Array(read.escaped.utf8) == written.bytes ? read : written
    }

    /// Whether something lies there, be it a link that leads nowhere.
    static func isThere(_ path: BytePath) -> Bool {
        var status = stat()
        return path.withCString { lstat($0, &status) } == 0
    }
}
