package import ArgumentParser

/// `avprep verify`.
package struct Verify: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Prove that shards, pairs, index and catalog are whole and agree.",
        discussion: """
            Looks at checksums, the index against the files, every pair's bounds and its overlap or gap worked out from \
            times, videos on two sides of the split, and counts against the catalog. Each finding says what is wrong, \
            where, and how to mend it; any finding ends with exit code 65. Examples:

              avprep verify
              avprep verify --quick    everything but the media's bytes: seconds, not hours
              avprep verify --json
            """)

    @OptionGroup package var options: PipelineOptions

    @Flag(name: .long, help: "Do not read media: sizes instead of checksums.")
    package var quick = false

    package init() {}
}
