/// A moment in the life of the process that decodes a file, at which it is confined already.
///
/// ``DecoderServer`` calls a hook at each of them where the program behind it has one. `avprep-decode` has none; tests start
/// a program of their own whose hook makes things go wrong.
package struct DecoderMoment {
    /// Names the file.
    package let path: String
    /// The frame of the pass that is sent next; nil before anything is read of the file.
    package let frame: Int?
    let channel: Channel

    /// Says something to who asked for the file, whether it is true or not.
    ///
    /// - Returns: false when nobody listens any more.
    package func send(_ signal: Signal) -> Bool { channel.send(signal) }
}

/// What is done at each ``DecoderMoment``, in the process of the file.
package typealias DecoderHook = (DecoderMoment) -> Void
