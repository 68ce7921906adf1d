package import AVPrepCore
import CXGBoost

/// XGBoost failed, as for want of memory.
package struct AuditError: ActionableError, Equatable {
    /// One line: XGBoost's own words, and the call.
    package let description: String
    package let exitStatus = ExitStatus.failed

    /// Turns the status of an XGBoost call into an error with the first line of XGBoost's words.
    static func check(_ status: Int32, _ call: String) throws(AuditError) {
        guard status != 0 else { return }
        let words = String(cString: XGBGetLastError())
        let line = words.split(separator: "\n").first.map(String.init) ?? "no reason given"
        throw AuditError(description: "cannot fit or ask an audit's trees: XGBoost: \(line) (\(call))")
    }
}
