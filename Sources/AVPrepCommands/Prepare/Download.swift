package import ArgumentParser

/// `avprep download`.
package struct Download: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Fetch the files of listed web addresses (http, https) into the folder of downloads.",
        discussion: """
            avprep ingest and avprep refresh do this by themselves; this command does nothing else, e.g. on the node of a \
            cluster that has a network. A line of a list, a row of a manifest or an entry of corpus.paths may be an address \
            in place of a path. What broke off goes on where it ended; what is there is not asked for again. The section \
            download of the pipeline file has limits for size, rate and connections. Examples:

              avprep download                       what corpus.paths lists
              avprep download addresses.txt
              avprep ingest 'https://host/clip.mp4#sha256=9f86d0…'   a file that must have this digest
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Argument(help: "Addresses and lists to use instead of corpus.paths.")
    package var paths: [String] = []

    package init() {}
}
