package import ArgumentParser

/// `avprep wisdom`.
package struct Wisdom: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure FFTW's fastest plans for the pipeline's spectrograms: the value of ingest.fftw_wisdom.",
        discussion: """
            By default FFTW estimates its plans. Measured plans are a few per cent faster but round differently in the \
            last bit, so this command measures them once, and they become part of the settings: videos prepared without \
            them are prepared again. They are valid for this type of processor only. Example:

              avprep ingest --set "ingest.fftw_wisdom=$(avprep wisdom)"
            """)

    @OptionGroup package var options: PipelineOptions

    package init() {}
}
