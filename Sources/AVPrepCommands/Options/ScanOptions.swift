import ArgumentParser

/// The options of every command that looks for videos.
package struct ScanOptions: ParsableArguments {
    @Flag(
        name: .long,
        help: "Go on where a folder had videos and now has none: they leave the corpus. It may be an empty mount point."
    )
    package var acceptEmptyRoots = false

    package init() {}
}
