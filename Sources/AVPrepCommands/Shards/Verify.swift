package import ArgumentParser

/// `avprep verify`.
package struct Verify: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Check that shards, pairs, index and catalog are intact and consistent.",
        discussion: """
            Compares checksums, the index with the files, and counts with the catalog; recomputes every pair's bounds and \
            its overlap or gap from times; looks for videos in two splits. Each finding says what is wrong, where, and how \
            to repair it; with any finding the exit code is 65. Examples:

              avprep verify
              avprep verify --quick    everything except the media bytes: seconds instead of hours
              avprep verify --sources  reads the corpus, too: finds files whose content changed in silence
              avprep verify --forgotten  also searches every file for what avprep forget has removed
              avprep verify --json
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Flag(name: .long, help: "Do not read media: compare sizes instead of checksums.")
    package var quick = false

    @Flag(name: .long, help: "Read the files of the corpus and compare their content with the catalog.")
    package var sources = false

    @Flag(name: .long, help: "Search the bytes of all files for videos that were forgotten.")
    package var forgotten = false

    package init() {}
}
