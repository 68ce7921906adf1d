import AVPrepAudio
import AVPrepCore
import AVPrepCorpus
import AVPrepDecoder
import AVPrepMedia
import AVPrepModel
import AVPrepStore
import AVPrepVision

extension Outcome {
    /// The outcome of a video at which an error came up.
    ///
    /// - Parameter listed: the path that the video is listed under; the reason names it.
    /// - Throws: the error itself where it concerns the whole run.
    static func failure(_ error: any Error, of listed: BytePath) throws -> Outcome {
        if error.isOfRun { throw error }
        if let error = error as? MediaError { return .failed(Reason(error.code.rawValue, error.description)) }
        if let failure = error as? ReadFailure { return .failed(Reason(failure)) }
        let code: String
        var advice = ""
        switch error {
        case is VisionError: code = "vision"
        case is AudioError: code = "audio"
        case let error as StoreError: code = error.code == .picture ? "not-encodable" : "not-storable"
        case is DecoderError: code = MediaError.Code.memoryLimit.rawValue
        default:
            code = "unexpected"
            advice = "; leave the file out, or try it again with --retry"
        }
        // Errors of the standard library may have several lines.
        let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        return .failed(Reason(code, "\(listed): \(words)\(advice)"))
    }
}
