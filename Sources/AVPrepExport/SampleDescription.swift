import AVPrepCore
import AVPrepModel
import AVPrepStore

/// `KEY.json` of a sample: what is known of its segment.
///
/// One schema for all samples: every key is there, `null` where a measure was not taken, and a number is written as an
/// integer or as a float by its meaning, not by its value. Readers such as Arrow take the type of a column from the first
/// samples.
package enum SampleDescription {
    /// A value with its type, as far as samples need it.
    indirect enum Value {
        case text(String)
        case whole(Int)
        case number(Double?)
        case texts([String])
        case object([(key: String, value: Value)])

        /// As JSON.
        func json() throws -> String {
            switch self {
            case .text(let text): return try CanonicalJSON.encode(text)
            case .whole(let number): return String(number)
            // Swift's text of a Double has a point or an exponent, and reads back as the same number.
            case .number(let number): return number.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null"
            case .texts(let texts): return try CanonicalJSON.encode(texts)
            case .object(let entries):
                return "{" + (try entries.map { "\"\($0.key)\":" + (try $0.value.json()) }).joined(separator: ",") + "}"
            }
        }

        /// Its type as a line or lines of a Hugging Face dataset card's `features`.
        func feature(_ name: String, indent: String) -> [String] {
            let start = "\(indent)- name: \(name)"
            switch self {
            case .text: return [start, "\(indent)  dtype: string"]
            case .whole: return [start, "\(indent)  dtype: int64"]
            case .number: return [start, "\(indent)  dtype: float64"]
            case .texts: return [start, "\(indent)  list: string"]
            case .object(let entries):
                return [start, "\(indent)  struct:"]
                    + entries.flatMap { $0.value.feature($0.key, indent: indent + "  ") }
            }
        }
    }

    /// The member's text.
    static func json(of stored: StoredSegment, labels: [String], fps: Double) throws -> String {
        try value(of: stored.segment, labels: labels, split: stored.split, fps: fps).json()
    }

    /// The member's type, as lines of a dataset card's `features`.
    static func features(indent: String) -> [String] {
        let segment = Segment(
            segmentID: "", videoID: "", source: "", startSeconds: 0, frameCount: 0, width: 0, height: 0)
        return value(of: segment, labels: [], split: nil, fps: 0).feature("json", indent: indent)
    }

    private static func value(of segment: Segment, labels: [String], split: Split?, fps: Double) -> Value {
        let crop = segment.crop
        return .object([
            (
                "crop",
                .object([
                    ("bottom", .whole(crop.bottom)), ("left", .whole(crop.left)), ("right", .whole(crop.right)),
                    ("top", .whole(crop.top)),
                ])
            ),
            // Those of the flags that the sample no longer shows.
            ("fixed", .texts(segment.decision.fixed.setNames)),
            ("flags", .texts(segment.flags.setNames)),
            ("fps", .number(fps)),
            ("frame_count", .whole(segment.frameCount)),
            ("height", .whole(segment.height)),
            ("labels", .texts(labels)),
            // Through the Float's own text: 0.15 stays 0.15.
            (
                "measures",
                .object(
                    SegmentMeasure.allCases.map { measure in
                        (measure.rawValue, .number(segment.measures[measure].flatMap { Double("\($0)") }))
                    })
            ),
            ("segment_id", .text(segment.segmentID)),
            ("source", .text(segment.source)),
            ("split", .text(split?.rawValue ?? "")),
            ("start_seconds", .number(segment.startSeconds)),
            ("video_id", .text(segment.videoID)),
            ("width", .whole(segment.width)),
        ])
    }
}
