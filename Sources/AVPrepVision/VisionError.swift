package import AVPrepCore
import AVPrepModel
import COpenCV

/// A picture computation of OpenCV failed.
package struct VisionError: ActionableError, Equatable {
    /// One line: what was computed, on what, and OpenCV's own message.
    package let description: String
    package let exitStatus = ExitStatus.failed

    /// Converts the status of a `copencv_…` call into an error with OpenCV's message.
    ///
    /// - Parameter action: what was attempted, as in "cannot \(action)"; evaluated only on failure.
    static func check(_ status: Int32, _ action: @autoclosure () -> String) throws(VisionError) {
        guard status != 0 else { return }
        let words = String(cString: copencv_last_error()).trimmingPrefix { $0 == " " }
        throw VisionError(description: "cannot \(action()): OpenCV \(String(cString: copencv_version())): \(words)")
    }
}

extension PixelBuffer {
    /// This picture in the shim's form; valid while the picture lives.
    var openCV: copencv_image {
        copencv_image(
            pixels: pixels.baseAddress, width: Int32(width), height: Int32(height), channels: Int32(channels))
    }
}
