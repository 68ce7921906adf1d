import AVPrepDecoder

/// The program that reads media files, where it can touch nothing else. Only avprep starts it.
@main
enum Main {
    static func main() {
        DecoderServer.run(Array(CommandLine.arguments.dropFirst()))
    }
}
