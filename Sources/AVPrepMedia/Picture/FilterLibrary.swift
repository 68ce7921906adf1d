import CFFmpeg

/// libavfilter, loaded where it is first needed and not linked: with the 31 libraries that it brings it takes 20 to 25 ms of
/// CPU time, which every command that can decode would spend, and few videos are interlaced.
///
/// A decoder process may open no file, so the program that forks it has the library loaded before, by
/// ``MediaLibraries/load()``.
enum FilterLibrary {
    /// The library's functions.
    ///
    /// - Throws: ``MediaError`` with `unsupported` where the library cannot be loaded.
    static func functions() throws(MediaError) -> avprep_filters { try loaded.get() }

    private static let loaded: Result<avprep_filters, MediaError> = {
        var filters = avprep_filters()
        guard avprep_filters_load(&filters) == 0 else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
            return .failure(
                MediaError(
                    .unsupported, "cannot deinterlace without libavfilter: \(reason); install Debian's libavfilter8"))
        }
        return .success(filters)
    }()
}
