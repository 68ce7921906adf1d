package import AVPrepCore
import COpenCV

/// What looks at pictures on this machine.
package enum VisionLibraries {
    package static var versions: [LibraryVersion] {
        [LibraryVersion("OpenCV", String(cString: copencv_version()))]
    }
}
