package import AVPrepCore
import CFFTW

/// What transforms sound on this machine.
package enum AudioLibraries {
    package static var versions: [LibraryVersion] {
        [LibraryVersion("FFTW", String(cString: avprep_fftwf_version()))]
    }
}
