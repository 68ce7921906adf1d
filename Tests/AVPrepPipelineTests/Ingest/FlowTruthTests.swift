import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// Pictures and true flow from others' files, as `avprep-bench flow --pairs` reads them.
@Suite struct FlowTruthTests {
    private func write(_ bytes: [UInt8], _ path: String) throws { try AtomicFile.write(bytes, to: path) }

    /// A `.flo` file.
    static func middlebury(_ width: Int32, _ height: Int32, _ vectors: [Float]) -> [UInt8] {
        func words<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        return Array("PIEH".utf8) + words([width, height]) + words(vectors)
    }

    @Test func aFloFileIsReadWithWhatItDoesNotKnow() throws {
        try withTemporaryFolder { folder in
            let vectors: [Float] = [1.5, -2, 1e10, 0, .nan, 3, 0, -.infinity, -1e9, 1e9, 2, 2]
            try write(Self.middlebury(3, 2, vectors), folder + "/t.flo")
            let truth = try FlowTruth(contentsOf: BytePath(folder + "/t.flo"))
            #expect(truth.width == 3 && truth.height == 2 && truth.knownCount == 3)
            #expect(truth.isKnown == [true, false, false, false, true, true])
            #expect(truth.vectors == [1.5, -2, 0, 0, 0, 0, 0, 0, -1e9, 1e9, 2, 2])
        }
    }

    @Test func onlyKnownPixelsCountAndAFieldThatIsNoNumberIsWrong() throws {
        let truth = FlowTruth(
            width: 2, height: 2, vectors: [3, 4, 0, 0, 100, 0, 0, 0], isKnown: [true, false, true, true])
        let field = FlowField(width: 2, height: 2)
        field.vectors[4] = 96
        field.vectors[2] = .nan
        let score = FlowTruthScore(field, truth: truth)
        // Off by 5, 4 and 0 pixels; 4 of 100 is within a twentieth.
        #expect(score.pixels == 3 && score.mean == 3 && score.percentile95 == 5)
        #expect(abs(score.outliers - 1 / 3) < 1e-12)
        field.vectors[0] = .nan
        let broken = FlowTruthScore(field, truth: truth)
        #expect(!broken.mean.isFinite && abs(broken.outliers - 1 / 3) < 1e-12)
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func picturesAndFlowOfOthersAreReadAsTheyReadThem() throws {
        try withTemporaryFolder { folder in
            _ = try Oracle.run(
                """
                import sys, cv2, numpy as np
                from PIL import Image
                folder = sys.argv[1]
                random = np.random.default_rng(3)
                rgb = random.integers(0, 256, (33, 47, 3), np.uint8)
                wide = random.integers(0, 65536, (33, 47, 3)).astype(np.uint16)
                wide[5, 7, 2] = 0
                Image.fromarray(rgb).save(folder + "/rgb.png")
                Image.fromarray(rgb).save(folder + "/rgb.ppm")
                Image.fromarray(rgb[..., 0]).save(folder + "/grey.png")
                Image.fromarray(rgb[..., 0]).save(folder + "/grey.pgm")
                Image.fromarray(np.dstack([rgb, rgb[..., :1]])).save(folder + "/rgba.png")
                palette = Image.fromarray(rgb).quantize(16)
                palette.save(folder + "/palette.png", bits=4)
                Image.fromarray(rgb[..., 0] > 99).save(folder + "/bits.png")
                cv2.imwrite(folder + "/wide.png", wide[..., ::-1])
                cv2.imwrite(folder + "/wide.pgm", wide[..., 0])
                expected = dict(rgb=rgb, grey=rgb[..., 0], rgba=rgb, palette=np.asarray(palette.convert("RGB")),
                    bits=(rgb[..., 0] > 99).astype(np.uint8) * 255)
                for name, pixels in expected.items(): pixels.tofile(f"{folder}/{name}.raw")
                flow = (wide[..., :2].astype(np.float32) - 32768) / 64
                flow[wide[..., 2] == 0] = 0
                flow.tofile(folder + "/flow.raw")
                """, [folder])
            func bytes(_ name: String) throws -> [UInt8] {
                Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
            }
            for (name, raw) in [
                ("rgb.png", "rgb"), ("rgb.ppm", "rgb"), ("grey.png", "grey"), ("grey.pgm", "grey"),
                ("rgba.png", "rgba"), ("palette.png", "palette"), ("bits.png", "bits"),
            ] {
                let picture = try StillPicture(try bytes(name))
                #expect(picture.width == 47 && picture.height == 33, "\(name)")
                let buffer = picture.buffer
                let pixels = withExtendedLifetime(buffer) { Array(buffer.pixels) }
                #expect(pixels == (try bytes(raw + ".raw")), "\(name)")
            }
            #expect(try StillPicture(try bytes("wide.pgm")).largest == 65535)
            let truth = try FlowTruth(contentsOf: BytePath(folder + "/wide.png"))
            #expect(truth.knownCount == 47 * 33 - 1 && !truth.isKnown[5 * 47 + 7])
            #expect(truth.vectors.withUnsafeBytes { Array($0) } == (try bytes("flow.raw")))
        }
    }

    /// What lies about its size, ends early, is a pipe, or is something else: one line that names it, and no more memory than
    /// the file has.
    @Test func hostileFilesGetOneLine() throws {
        try withTemporaryFolder { folder in
            let good = Self.middlebury(2, 2, [Float](repeating: 1, count: 8))
            var kitti = Array(try PNGBytes.encoded(width: 4, height: 4, channels: 3))
            var files: [(String, [UInt8])] = [
                ("empty", []), ("short", Array(good.prefix(9))), ("cut.flo", good.dropLast()), ("long.flo", good + [0]),
                ("huge.flo", Self.middlebury(99_999, 99_999, [])), ("negative.flo", Self.middlebury(-2, 2, [1])),
                ("zero.flo", Self.middlebury(0, 0, [])), ("unknown.flo", Self.middlebury(1, 1, [.nan, 1e12])),
                ("eight.png", kitti), ("text", Array("flow".utf8)),
            ]
            kitti[20] ^= 0x55
            files.append(("damaged.png", kitti))
            for (name, bytes) in files {
                let path = "\(folder)/\(name)\n"
                try write(bytes, path)
                let error = #expect(throws: Failure.self, "\(name)") { try FlowTruth(contentsOf: BytePath(path)) }
                #expect(error?.description.contains(BytePath(path).escaped) == true, "\(name)")
                #expect(error?.description.contains("\n") == false, "\(name)")
            }
            let pictures: [(String, String)] = [
                ("a", "P6 9999999 9999999 255\n"), ("b", "P5 4 4 255\nabc"), ("c", "P5 4"), ("d", "P5 0 4 255\n"),
                ("e", "P5 2 2 70000\nabcdabcd"), ("f", "P3 1 1 255\n1 2 3"), ("g", "P5 # 4 4 255 abcd"), ("h", "P6"),
                ("i", "P5 99999999999999999999999999 1 255\na"), ("j", "\u{89}PNG"),
            ]
            for (name, text) in pictures {
                let path = "\(folder)/\(name).ppm"
                try write(name == "j" ? [0x89, 0x50, 0x4E, 0x47] : Array(text.utf8), path)
                let error = #expect(throws: Failure.self, "\(text)") { try FlowTruth.grey(BytePath(path)) }
                #expect(error?.description.contains(path) == true && error?.description.contains("\n") == false)
            }
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            for path in [folder + "/pipe", folder, "/dev/zero", folder + "/nothing"] {
                #expect(throws: Failure.self, "\(path)") { try FlowTruth(contentsOf: BytePath(path)) }
            }
        }
    }

    /// The whole command on pairs of known flow, of which some is unknown, and from a list with an odd name.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: Products.folder + "/avprep-bench"), "swift build"))
    func theCommandMeasuresPairsFromFiles() throws {
        struct Row: Decodable {
            struct Pair: Decodable { let known_pixels: Int }
            let method: String
            let error: Double?
            let pairs: [Pair]
        }
        try withTemporaryFolder { folder in
            let scene = CaseScene.painted("truth", width: 256, height: 160, frames: 1, seed: 8)
            var lines = "# two pairs\n"
            for (number, kind) in [FlowCase.Kind.small, .rotation].enumerated() {
                let test = FlowCase(kind, number: number, scenes: [scene], width: 128, height: 80)
                var truth = test.truth
                for pixel in 0..<100 { truth[2 * pixel] = pixel % 2 == 0 ? .nan : 1.7e9 }
                for (name, picture) in [("a \(number).png", test.from), ("b\(number).png", test.to)] {
                    try PNGBytes.write(picture, to: "\(folder)/\(name)")
                }
                try write(Self.middlebury(128, 80, truth), "\(folder)/\(number).flo")
                lines += "a \(number).png\tb\(number).png\t\(number).flo\r\n"
            }
            try write(Array(lines.utf8), folder + "/list.txt")
            let only = ["--python", "none", "--repeats", "1", "--only", "dis medium", "--only", "opencv-dis medium"]
            let bench = Products.folder + "/avprep-bench"
            let result = try Command.run(bench, ["flow", "--json"] + only + ["--pairs", folder + "/list.txt"])
            #expect(result.status == 0, "\(result.standardError)")
            let rows = try JSONDecoder().decode([Row].self, from: Data(result.standardOutput.utf8))
            #expect(rows.map(\.method) == ["dis medium", "opencv-dis medium"])
            #expect(rows.allSatisfy { $0.pairs.map(\.known_pixels) == [128 * 80 - 100, 128 * 80 - 100] })
            #expect(rows.allSatisfy { ($0.error ?? 9) < 0.5 }, "\(rows)")
            let text = try Command.run(
                bench, ["flow"] + only + ["--pairs", folder + "/a 0.png", folder + "/b0.png", folder + "/0.flo"])
            #expect(text.status == 0 && text.standardOutput.contains("dis medium"), "\(text.standardError)")
            let sizes = try Command.run(
                bench, ["flow"] + only + ["--pairs", folder + "/list.txt", folder + "/b0.png", folder + "/0.flo"])
            #expect(sizes.status != 0 && sizes.standardError.contains("list.txt"))
            #expect(sizes.standardError.split(separator: "\n").count == 1, "\(sizes.standardError)")
        }
    }
}

/// PNG files of 8 bits.
private enum PNGBytes {
    static func encoded(width: Int, height: Int, channels: Int) throws -> [UInt8] {
        try PNGCodec().withEncoded(PixelBuffer(width: width, height: height, channels: channels)) { Array($0) }
    }

    static func write(_ picture: PixelBuffer, to path: String) throws {
        try AtomicFile.write(try PNGCodec().withEncoded(picture) { Array($0) }, to: path)
    }
}
