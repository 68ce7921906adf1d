import CFFmpeg

/// How much of a file is lost: what its structure lists and the bytes do not hold.
///
/// Of several signs the worst counts: packets that do not decode or lie beyond the file's end, holes of zeros, bytes that
/// are missing at the end, and seconds that a header states.
struct LossMeasure {
    /// 0 to 1.
    let share: Double

    /// Containers whose headers state the duration before the media, and which nothing else lists.
    private static let headed: Set = ["flv", "asf"]
    /// Durations that differ by less are rounding, in seconds and as a fraction.
    private static let leastSeconds = 1.0
    private static let leastTimeShare = 0.02

    /// - Parameter decoders: of picture and sound, read to their ends.
    init(_ decoders: [StreamDecoder], layout: FileLayout) {
        guard let demuxer = decoders.first?.demuxer else {
            share = 0
            return
        }
        let size = Double(max(1, demuxer.source.size))
        var shares = decoders.map(\.lostShare)
        if decoders.allSatisfy(\.isLossy) {
            shares.append((decoders.map { Double($0.demuxer.zeroBytes) }.max() ?? 0) / size)
        }
        shares.append(Double(layout.missingBytes) / (size + Double(layout.missingBytes)))
        shares.append(Self.lostTime(decoders, demuxer))
        share = min(1, shares.max() ?? 0)
    }

    /// Of the packets that were read alone.
    init(readBy decoders: [StreamDecoder]) { share = min(1, decoders.map(\.rejectedShare).max() ?? 0) }

    private static func lostTime(_ decoders: [StreamDecoder], _ demuxer: Demuxer) -> Double {
        let container = String(cString: demuxer.format.pointee.iformat.pointee.name)
        let isFragmented = container.hasPrefix("mov") && demuxer.boxes.movies.first?.isFragmented == true
        guard headed.contains(container) || isFragmented,
            demuxer.format.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM,
            let stated = demuxer.durationSeconds
        else { return 0 }
        // Durations of fragmented movies are counted from 0 or from the first fragment.
        let seen = decoders.map { max($0.tally.end, $0.tally.measure.seconds) }.max() ?? 0
        let lost = stated - seen
        return lost > max(leastSeconds, leastTimeShare * stated) ? lost / stated : 0
    }
}

extension StreamDecoder {
    /// Lost packets up to this number are the ordinary start or end of a recording.
    private static let fewestLost = 2

    /// The fraction of the stream's packets that are zeros, are rejected, or lie beyond the file's end.
    fileprivate var lostShare: Double {
        let listed = Int(avformat_index_get_entries_count(stream))
        let beyond = demuxer.listsPackets ? (0..<listed).count { isBeyondTheEnd($0) } : 0
        let rejected = zeroPacketCount + min(errorCount, packetCount)
        guard rejected + beyond > Self.fewestLost else { return 0 }
        let cut = Double(beyond) / Double(max(1, listed))
        return cut + (1 - cut) * Double(rejected) / Double(max(1, packetCount))
    }

    /// The fraction of the packets read so far that are zeros or are rejected.
    fileprivate var rejectedShare: Double {
        let rejected = zeroPacketCount + min(errorCount, packetCount)
        return rejected > Self.fewestLost ? Double(rejected) / Double(max(1, packetCount)) : 0
    }

    private func isBeyondTheEnd(_ entry: Int) -> Bool {
        guard let entry = avformat_index_get_entry(stream, Int32(entry))?.pointee else { return false }
        // A damaged index may hold any place.
        let (end, isOutside) = Int(entry.pos).addingReportingOverflow(Int(entry.size))
        return isOutside || end > demuxer.source.size
    }

    /// Whether packets of a codec are never zeros: in raw media they are black or silent.
    static func isLossy(_ codec: AVCodecID) -> Bool {
        guard let descriptor = avcodec_descriptor_get(codec)?.pointee else { return false }
        let isSampled = av_get_exact_bits_per_sample(codec) > 0 || av_get_bits_per_sample(codec) > 0
        return descriptor.props & AV_CODEC_PROP_LOSSY != 0 && !isSampled && codec != AV_CODEC_ID_RAWVIDEO
    }
}

extension Demuxer {
    /// Whether the index lists packets with their places.
    fileprivate var listsPackets: Bool {
        let container = String(cString: format.pointee.iformat.pointee.name)
        return hasCompleteIndex || container == "avi"
    }
}
