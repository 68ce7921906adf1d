package import ArgumentParser

/// `avprep refresh`.
package struct Refresh: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Bring everything up to date: new, changed and vanished videos, shards, pair sets; made for cron.",
        discussion: """
            Ingests what is new or changed, marks what vanished, packs new shards, extends the pair sets that are there, and \
            trains on if refresh.train says so. Shards and pairs of videos that stay are not touched.

            Without a terminal it prints nothing unless something failed in this refresh; then one short text, which cron \
            mails. A second one started meanwhile ends at once with exit code 75. Exit code 2 means that items failed in this \
            refresh. Examples:

              avprep refresh
              avprep refresh --pipeline /data/corpus/avprep.yaml --json
              avprep schedule --cron      the line that makes cron do it
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @OptionGroup package var scan: ScanOptions

    @Flag(name: .long, help: "Print progress and the summary in any case.")
    package var verbose = false

    package init() {}
}
