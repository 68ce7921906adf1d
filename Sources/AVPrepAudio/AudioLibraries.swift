package import AVPrepCore
import CFFTW

/// The audio libraries of this machine.
package enum AudioLibraries {
    package static var versions: [LibraryVersion] {
        [LibraryVersion("FFTW", String(cString: avprep_fftwf_version()))]
    }
}
