package import AVPrepCore
import COpenCV

/// The vision libraries of this machine.
package enum VisionLibraries {
    package static var versions: [LibraryVersion] {
        [LibraryVersion("OpenCV", String(cString: copencv_version()))]
    }
}
