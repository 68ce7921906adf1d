package import AVPrepMedia
import Foundation

/// How much of a segment that is not complete yet, or not written, a worker holds in memory; the rest waits in files
/// without a name.
package struct HeldMemory: Sendable {
    /// Where those files lie: beside the prepared file, or in the scratch folder.
    package var folder = NSTemporaryDirectory()
    /// A folder on a disk of this machine, where the prepared files lie on a server; nil: none.
    package var scratch: String?
    /// Bytes of encoded pictures, of each kind, or of small pictures for tracking.
    package var encodedBytes = 32 << 20
    /// Bytes of whole pictures, where segments may be stabilised.
    package var pictureBytes = 128 << 20
    /// Bytes of whole grey pictures, in which borders are looked for.
    package var greyBytes = 192 << 20

    package init() {}

    /// Less where the limit on memory is low. What decides a measure stays as it is: no limit changes what is stored.
    package init(_ limits: MediaLimits) {
        let limit = limits.maxMemoryMegabytes << 20
        encodedBytes = min(encodedBytes, limit / 64)
        pictureBytes = min(pictureBytes, limit / 32)
    }

    /// Number of whole grey pictures of one size that are kept, of all: enough to look at a few spread over the segment.
    func mostGreys(width: Int, height: Int) -> Int { max(8, greyBytes / (width * height)) }
}
