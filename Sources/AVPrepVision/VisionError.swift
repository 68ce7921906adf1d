package import AVPrepCore
import AVPrepModel
import COpenCV

/// OpenCV refused a computation on pictures.
package struct VisionError: ActionableError, Equatable {
    /// One line: what was computed, on what, and OpenCV's own words.
    package let description: String
    package let exitStatus = ExitStatus.failed

    /// Turns the status of a `copencv_…` call into an error with OpenCV's words.
    ///
    /// - Parameter action: what was tried, as in "cannot \(action)"; made only on failure.
    static func check(_ status: Int32, _ action: @autoclosure () -> String) throws(VisionError) {
        guard status != 0 else { return }
        let words = String(cString: copencv_last_error()).trimmingPrefix { $0 == " " }
        throw VisionError(description: "cannot \(action()): OpenCV \(String(cString: copencv_version())): \(words)")
    }
}

extension PixelBuffer {
    /// This picture as the shim takes it; valid while the picture lives.
    var openCV: copencv_image {
        copencv_image(
            pixels: pixels.baseAddress, width: Int32(width), height: Int32(height), channels: Int32(channels))
    }
}
