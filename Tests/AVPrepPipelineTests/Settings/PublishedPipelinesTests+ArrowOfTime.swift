import TestSupport
import Testing

/// What arrow-of-time.yaml makes has the numbers of Wei et al. 2018.
extension PublishedPipelinesTests {
    private struct ArrowOfTime: Decodable {
        let codec: String
        let method: String
        let bound: Double
        let counts: [Int]
        let shape: [Int]
        let kinds: [Int]
        let reversed: Bool
    }

    /// Two groups of ten flow frames, x and y of each: 20 channels a group.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func arrowOfTimeHasTwoGroupsOfTenFlowFramesEitherWay() throws {
        let seen = try seen(
            "arrow-of-time", seconds: 5, as: ArrowOfTime.self, overrides: ["ingest.stabilise.enabled=false"],
            """
            pairs = f["pairs/arrow_of_time"]
            def window(direction, row):
                flow, segment = f["flow/" + direction], pairs["video_segment"][row]
                first = int(table[f"flow_{direction}_first"][segment] + pairs["video_start_frame"][row])
                count = round(float(pairs.attrs["clip_seconds"] * f["frames"].attrs["fps"])) - 1
                last = table[f"flow_{direction}_first"][segment] + table[f"flow_{direction}_count"][segment]
                assert first + count <= last
                ends = flow["offsets"][first:first + count + 1]
                planes = [numpy.array(Image.open(io.BytesIO(flow["bytes"][a:b]))) for a, b in zip(ends, ends[1:])]
                height, width = int(table["flow_height"][segment]), int(table["flow_width"][segment])
                return numpy.stack(planes).reshape(2, 20, height, width)
            groups = [window("backward" if kind == 4 else "forward", row) for row, kind in enumerate(pairs["kind"])]
            row = int(pairs["kind"][:].tolist().index(4))
            attributes = f["flow/forward"].attrs
            print(json.dumps(dict(
                codec=attributes["codec"].decode(), method=attributes["method"].decode(),
                bound=float(attributes["bound"]), counts=sorted(set(table["flow_forward_count"][:].tolist())),
                shape=list(numpy.stack(groups).shape[1:4]), kinds=sorted(set(pairs["kind"][:].tolist())),
                reversed=bool((window("forward", row) != window("backward", row)).any()))))
            """)
        #expect(seen.codec == "png" && seen.method == "tvl1" && seen.bound == 20)
        #expect(seen.counts == [40])
        #expect(seen.shape == [2, 20, 32])
        #expect(seen.kinds == [0, 4] && seen.reversed)
    }
}
