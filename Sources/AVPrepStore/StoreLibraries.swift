package import AVPrepCore
import CHDF5

/// The versions of the libraries used to store files.
package enum StoreLibraries {
    package static var versions: [LibraryVersion] {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        HDF5.perform { _ = H5get_libversion(&major, &minor, &release) }
        return [LibraryVersion("HDF5", "\(major).\(minor).\(release)")]
    }
}
