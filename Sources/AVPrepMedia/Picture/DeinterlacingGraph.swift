import CFFmpeg

/// libavfilter's bwdif for pictures of one size and format: pictures go in one by one, and come out when the one after
/// them has gone in.
///
/// The first picture that it makes whole is made from its own lines alone.
final class DeinterlacingGraph {
    /// What a graph is built for.
    struct Shape: Equatable {
        let width: Int32
        let height: Int32
        let format: Int32

        init(of frame: AVFrame) { (width, height, format) = (frame.width, frame.height, frame.format) }
    }

    let shape: Shape
    /// The last picture that came out: empty before there is one.
    let result: UnsafeMutablePointer<AVFrame>
    /// Whether nothing has gone in.
    private(set) var isNew = true
    private let filters: avprep_filters
    private let place: String
    private var graph: UnsafeMutablePointer<AVFilterGraph>?
    private let source: UnsafeMutablePointer<AVFilterContext>
    private let sink: UnsafeMutablePointer<AVFilterContext>
    /// A reference to the picture that goes in or comes out; else empty.
    private let passing: UnsafeMutablePointer<AVFrame>

    /// - Parameter place: the file, for messages.
    /// - Returns: nil for pictures that bwdif does not take, by their format or because they have too few lines.
    /// - Throws: ``MediaError`` with `unsupported` where libavfilter cannot be loaded.
    init?(for shape: Shape, place: String) throws(MediaError) {
        guard let format = av_get_pix_fmt_name(AVPixelFormat(shape.format)) else { return nil }
        filters = try FilterLibrary.functions()
        let graph = FFmpeg.allocated(filters.avfilter_graph_alloc())
        // No threads of its own: a decoder process gets none, and ingest runs a worker on each processor as it is.
        graph.pointee.nb_threads = 1
        // libavfilter has swscale take packed formats apart for bwdif. By these words it changes no sample of them, and what
        // has to be converted (palettes) comes out the same on every processor. The time base means nothing here.
        let words =
            "sws_flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact:in_range=full:out_range=full;"
            + "buffer@in=video_size=\(shape.width)x\(shape.height):pix_fmt=\(String(cString: format)):time_base=1/1,"
            + "bwdif=mode=send_frame:parity=auto:deint=interlaced,buffersink@out"
        var openInputs: UnsafeMutablePointer<AVFilterInOut>?
        var openOutputs: UnsafeMutablePointer<AVFilterInOut>?
        var status = filters.avfilter_graph_parse2(graph, words, &openInputs, &openOutputs)
        if status >= 0 { status = filters.avfilter_graph_config(graph, nil) }
        guard status >= 0, let source = filters.avfilter_graph_get_filter(graph, "buffer@in"),
            let sink = filters.avfilter_graph_get_filter(graph, "buffersink@out")
        else {
            var graph: UnsafeMutablePointer<AVFilterGraph>? = graph
            filters.avfilter_graph_free(&graph)
            // In any case, so that no later error is explained by what was said of this one.
            let words = FFmpeg.words(for: status)
            guard status != avprep_averror(ENOMEM) else {
                throw MediaError(.unsupported, "cannot deinterlace the pictures of \(place): \(words)")
            }
            return nil
        }
        self.shape = shape
        self.place = place
        self.graph = graph
        self.source = source
        self.sink = sink
        passing = FFmpeg.allocated(av_frame_alloc())
        result = FFmpeg.allocated(av_frame_alloc())
    }

    deinit {
        passing.free()
        result.free()
        filters.avfilter_graph_free(&graph)
    }

    /// Puts in the next picture, of the graph's shape. ``result`` is then the one before it: made whole if that went in as
    /// interlaced, else as it was.
    ///
    /// - Parameter isInterlaced: whatever the picture says of itself.
    /// - Throws: ``MediaError`` with `unsupported`, for want of memory.
    func add(_ frame: UnsafePointer<AVFrame>, isInterlaced: Bool) throws(MediaError) {
        isNew = false
        try check(av_frame_ref(passing, frame))
        passing.pointee.interlaced_frame = isInterlaced ? 1 : 0
        // bwdif leaves pictures alone beside ones that repeat a field. Each goes by its own flag here.
        passing.pointee.repeat_pict = 0
        // Times are the caller's, and a damaged one could overflow where bwdif doubles it.
        passing.pointee.pts = 0
        let status = filters.av_buffersrc_add_frame_flags(source, passing, 0)
        // It takes the reference over, but not where it fails.
        av_frame_unref(passing)
        try check(status)
        try take()
    }

    /// Takes all that comes out, and keeps the last.
    private func take() throws(MediaError) {
        while true {
            let status = filters.av_buffersink_get_frame(sink, passing)
            if status == avprep_averror(EAGAIN) { return }
            try check(status)
            av_frame_unref(result)
            av_frame_move_ref(result, passing)
        }
    }

    private func check(_ status: Int32) throws(MediaError) {
        try FFmpeg.check(status, .unsupported, "cannot deinterlace a picture of \(place)")
    }
}
