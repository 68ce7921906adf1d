package import ArgumentParser

/// `avprep wisdom`.
package struct Wisdom: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure FFTW's fastest plans for the pipeline's spectrograms, for its key ingest.fftw_wisdom.",
        discussion: """
            By default transforms are planned by FFTW's estimate. Measured plans are some per cent faster, and round \
            differently in the last bit; so they are measured once, by this command, and are part of the settings from \
            then on: what was prepared without them is prepared again. Another processor refuses them. Example:

              avprep ingest --set "ingest.fftw_wisdom=$(avprep wisdom)"
            """)

    @OptionGroup package var options: PipelineOptions

    package init() {}
}
