import Foundation
import TestSupport
import Testing

/// `avprep embed` and `avprep classify` from recordings to files that others open.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds the engine"))
struct EmbedTests {
    /// A corpus with a small trained run.
    private func trained(_ folder: String) throws -> CommandCorpus {
        let corpus = try CommandCorpus(folder, videos: 12)
        for command in ["ingest", "shard", "train"] {
            let result = try corpus.run([command, "-q"])
            #expect(result.status == 0, "\(command): \(result.standardError)")
        }
        return corpus
    }

    /// ESC-10 as it was first published, with what a user's folder may have besides; every class has a tone of its own.
    @discardableResult
    private func writeSounds(_ folder: String, classes: Int = 3, seconds: Double = 1.2) throws -> Int {
        let script = """
            import os, struct, sys, math
            root, classes, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
            names = ["Dog bark", "Sea waves", 'Baby "cry", 1']
            def wave(path, samples, rate, bits, channels=1):
                if bits == 8: data = bytes(int(128 + 100 * s) for s in samples)
                elif bits == 16: data = b"".join(struct.pack("<h", int(2e4 * s)) for s in samples)
                else: data = b"".join(struct.pack("<f", s) for s in samples)
                head = struct.pack("<HHIIHH", 3 if bits == 32 else 1, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
                open(path, "wb").write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + head
                                       + b"data" + struct.pack("<I", len(data)) + data)
            def tone(pitch, rate, seconds):
                return [0.5 * math.sin(6.2832 * pitch * n / rate) * (0.5 + 0.5 * math.sin(n / rate * 9)) for n in range(int(rate * seconds))]
            for c in range(classes):
                place = os.path.join(root, "%03d - %s" % (c + 1, names[c]))
                os.makedirs(place, exist_ok=True)
                for fold in (1, 2, 3):
                    for take in range(2):
                        rate, bits = [(16000, 16), (96000, 8), (22050, 32)][take if fold < 3 else 2]
                        wave(os.path.join(place, "%d-%d-%s.wav" % (fold, 1000 * fold + 10 * c + take, "AB"[take])),
                             tone(300 * (c + 1) + 17 * fold + 5 * take, rate, seconds), rate, bits)
            place = os.path.join(root, "001 - Dog bark")
            wave(os.path.join(place, "3-9000-A.wav"), [], 16000, 16)
            wave(os.path.join(place, "3-9001-A.wav"), [float("nan")] * 4000 + tone(400, 16000, seconds) + [float("inf")] * 10, 16000, 32)
            wave(os.path.join(place, "3-9002-A.wav"), tone(400, 16000, 0.1), 16000, 16)
            open(os.path.join(place, "3-9003-A.ogg"), "wb").write(b"no sound at all")
            open(os.path.join(root, "README.txt"), "w").write("x")
            print(6 * classes + 4)
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder + ".py"))
        let made = try Command.run("/usr/bin/python3", [folder + ".py", folder, "\(classes)", "\(seconds)"])
        #expect(made.status == 0, "\(made.standardError)")
        return Int(made.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    private func bytes(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func aDataSetsFolderGivesLabelsFoldsIdsAndTheSameForNumPy() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            let count = try writeSounds(corpus.folder + "/sounds")
            let arguments = ["embed", "sounds", "--name", "small", "--out", "s.h5", "--npz", "s.npz", "--clips", "3"]
            let result = try corpus.run(arguments + ["--json"])
            #expect(result.status == 2, "\(result.standardError)")
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8)) as? [String: Any])
            #expect(report["dataset"] as? String == "ESC-10" && report["files"] as? Int == count - 2)
            #expect(report["classes"] as? Int == 3 && report["folds"] as? Int == 3 && report["padded"] as? Int == 1)
            let failed = try #require(report["failed"] as? [[String: String]])
            #expect(failed.compactMap { $0["path"] } == ["001 - Dog bark/3-9000-A.wav", "001 - Dog bark/3-9003-A.ogg"])
            let seen = try Oracle.run(
                """
                import h5py, numpy, sys, hashlib
                f, z = h5py.File(sys.argv[1] + "/s.h5"), numpy.load(sys.argv[1] + "/s.npz", allow_pickle=False)
                assert numpy.array_equal(f["features"][:], z["features"]) and numpy.isfinite(z["features"]).all()
                for name in ("item", "start", "end"): assert numpy.array_equal(f["clips/" + name][:], z[name])
                for name in ("path", "label", "fold", "recording", "id"):
                    assert list(f["items/" + name].asstr()[:]) == list(z[name]), name
                assert f.attrs["provenance_json"].decode() == z["provenance"][0]
                assert z["features"].dtype == "<f4" and z["item"].max() + 1 == len(z["path"])
                for path, id in zip(z["path"], z["id"]):
                    assert hashlib.sha256(open(sys.argv[1] + "/sounds/" + path, "rb").read()).hexdigest().startswith(id)
                print(len(z["path"]), sorted(set(z["label"].tolist())), sorted(set(z["fold"].tolist())), z["recording"][0], len(f["failed/reason"]))
                """, [corpus.folder])
            #expect(
                seen == "\(count - 2) ['Baby \"cry\", 1', 'Dog bark', 'Sea waves'] ['1', '2', '3'] 1000 2\n", "\(seen)")
            // The same again is there already, also where numpy's file is not.
            let (first, npz) = (bytes(corpus.folder + "/s.h5"), bytes(corpus.folder + "/s.npz"))
            try FileManager.default.removeItem(atPath: corpus.folder + "/s.npz")
            let again = try corpus.run(arguments)
            #expect(again.status == 2 && again.standardOutput.contains("an earlier call had written"))
            #expect(bytes(corpus.folder + "/s.h5") == first && bytes(corpus.folder + "/s.npz") == npz)
            // Made of something else, it is refused in one line.
            for (change, reason) in [
                (["--layer", "conv4"], "with other weights or settings"), (["--random"], "with other weights"),
                (["--clips", "2"], "other weights or settings"),
            ] {
                let other = try corpus.run(arguments + change)
                #expect(other.status == 65 && other.standardError.contains(reason), "\(other.standardError)")
                #expect(other.standardError.split(separator: "\n").count == 1)
            }
            try writeSounds(corpus.folder + "/sounds", seconds: 1.3)
            let changed = try corpus.run(arguments)
            #expect(changed.status == 65 && changed.standardError.contains("changed since"), "\(changed.standardError)")
            #expect(try corpus.run(arguments + ["--overwrite"]).status == 2)
            #expect(bytes(corpus.folder + "/s.h5") != first)
            #expect(try corpus.litter() == "")
        }
    }

    /// A table: missing files, odd names, a file named twice, a leak.
    @Test func aTableNamesItsFilesAndWhatItLacksFails() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            try writeSounds(corpus.folder + "/sounds", classes: 1)
            let source = corpus.folder + "/sounds/001 - Dog bark/1-1000-A.wav"
            try FileManager.default.createDirectory(atPath: corpus.folder + "/odd", withIntermediateDirectories: true)
            for name in ["new\nline.wav", "twin.wav", "a,\"b\".wav"] {
                try FileManager.default.copyItem(atPath: source, toPath: "\(corpus.folder)/odd/\(name)")
            }
            let script = "cp \"$0\" \"$(printf 'odd/b\\377d.wav')\""
            #expect(try Command.run("/bin/bash", ["-c", script, source], in: corpus.folder).status == 0)
            let table =
                "path,label,fold\n\"new\nline.wav\",x,1\nb\\xffd.wav,x,2\n\"a,\"\"b\"\".wav\",y,1\nnone.wav,y,2\ntwin.wav,y,3\n"
            try Data(table.utf8).write(to: URL(fileURLWithPath: corpus.folder + "/odd/t.csv"))
            let result = try corpus.run(["embed", "--manifest", "odd/t.csv", "--name", "small", "--clips", "1", "-q"])
            #expect(result.status == 2, "\(result.standardError)")
            #expect(result.standardOutput.contains("failed: none.wav"), "\(result.standardOutput)")
            #expect(result.standardOutput.contains("5 files = 4 embedded"), "\(result.standardOutput)")
            #expect(result.standardOutput.contains("3 files have the very bytes of another one"))
            try Data("path,label,fold\nodd/twin.wav,x,1\nodd/twin.wav,x,2\n".utf8)
                .write(to: URL(fileURLWithPath: corpus.folder + "/leak.csv"))
            let leak = try corpus.run(["embed", "--manifest", "leak.csv", "--name", "small", "--out", "l.h5", "-q"])
            #expect(leak.status == 65 && leak.standardError.contains("in two folds"), "\(leak.standardError)")
            #expect(leak.standardError.split(separator: "\n").count == 1)
        }
    }

    /// What sees: films that are prepared on the way, and the same as the shards hold them.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func filmsHaveTheFeaturesOfTheSameVideosInShards() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: corpus.folder + "/videos/text.mp4"))
            func embed(_ arguments: [String], _ name: String) throws -> Command.Result {
                let picture = ["--of", "picture", "--layer", "layer3", "--grid", "2x2", "--clips", "4"]
                return try corpus.run(["embed", "-q", "--name", "small", "--out", name] + picture + arguments)
            }
            let films = try embed(["videos"], "films.h5")
            #expect(films.status == 2 && films.standardOutput.contains("text.mp4"), "\(films.standardError)")
            let shards = try embed(["--shards"], "shards.h5")
            #expect(shards.status == 0, "\(shards.standardError)")
            let seen = try Oracle.run(
                """
                import h5py, numpy, sys
                a, b = (h5py.File(sys.argv[1] + "/" + n) for n in ("films.h5", "shards.h5"))
                ids = [list(f["items/id"].asstr()[:]) for f in (a, b)]
                rows = [{i: f["features"][:][f["clips/item"][:] == n] for n, i in enumerate(own)} for f, own in zip((a, b), ids)]
                assert set(ids[1]) <= set(ids[0]) and len(ids[1]) > 8
                assert all(numpy.array_equal(rows[0][i], rows[1][i]) for i in ids[1])
                assert all(abs(rows[1][i]).max() > 0 for i in ids[1])
                print(rows[1][ids[1][0]].shape, sorted(set(b["items/fold"].asstr()[:])))
                """, [corpus.folder])
            #expect(seen == "(4, 32) ['test', 'train', 'val']\n", "\(seen)")
            for (arguments, reason) in [
                (["--of", "fused", "videos"], "has no layers of fused; it has those of picture, sound"),
                (["--of", "sound", "--layer", "layer3", "videos"], "there is no layer layer3"),
            ] {
                let refused = try corpus.run(["embed", "-q", "--name", "small", "--out", "x.h5"] + arguments)
                #expect(refused.status != 0 && refused.standardError.contains(reason), "\(refused.standardError)")
                #expect(refused.standardError.split(separator: "\n").count == 1)
            }
            #expect(try corpus.litter() == "")
        }
    }

    /// From recordings to a table with its control in one command; killed, it goes on.
    @Test func classifyHearsARunAndTheSameUntrainedByItself() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            try writeSounds(corpus.folder + "/sounds")
            func classify(_ name: String) -> [String] {
                ["classify", "-q", "--run", "small", "--manifest", "sounds", "--clips", "2", "--out", name]
            }
            let start = ContinuousClock.now
            let result = try corpus.run(classify("whole"))
            #expect(result.status == 0, "\(result.standardError)")
            #expect(
                result.standardOutput.contains("random network")
                    && result.standardOutput.contains("2 files gave no features"))
            #expect(!result.standardOutput.contains("control is missing"), "\(result.standardOutput)")
            let whole = Int((ContinuousClock.now - start) / .milliseconds(1))
            var kills = 0
            for share in [40, 60, 75, 85, 92]
            where try corpus.kill(classify("killed"), afterMilliseconds: whole * share / 100) { kills += 1 }
            #expect(try corpus.run(classify("killed")).status == 0 && kills >= 1)
            for name in ["features.h5", "random.h5", "predictions.csv", "confusion.png", "confusion-control.png"] {
                #expect(bytes("\(corpus.folder)/whole/\(name)") == bytes("\(corpus.folder)/killed/\(name)"), "\(name)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: corpus.folder + "/killed").sorted()
            #expect(
                names == [
                    "confusion-control.png", "confusion.png", "features.h5", "predictions.csv", "random.h5",
                    "result.json",
                ])
            // The labels and folds that the features file states give the same.
            let stated = try corpus.run([
                "classify", "-q", "--features", "whole/features.h5", "--control", "whole/random.h5", "--out", "stated",
            ])
            #expect(stated.status == 0, "\(stated.standardError)")
            #expect(
                bytes(corpus.folder + "/stated/predictions.csv") == bytes(corpus.folder + "/whole/predictions.csv"))
        }
    }

    @Test func killedAnywhereTheSameCommandGoesOnToTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            try writeSounds(corpus.folder + "/sounds", classes: 2)
            func arguments(_ name: String) -> [String] {
                [
                    "embed", "sounds", "-q", "--name", "small", "--clips", "2", "--out", name + ".h5", "--npz",
                    name + ".npz",
                ]
            }
            let start = ContinuousClock.now
            #expect(try corpus.run(arguments("whole")).status == 2)
            let whole = Int((ContinuousClock.now - start) / .milliseconds(1))
            var kills = 0
            for share in [30, 50, 65, 75, 85, 90, 95]
            where try corpus.kill(arguments("killed"), afterMilliseconds: whole * share / 100) { kills += 1 }
            let rest = try corpus.run(arguments("killed"))
            #expect(rest.status == 2, "\(rest.standardError)")
            #expect(kills >= 2)
            for ending in [".h5", ".npz"] {
                let expected = bytes(corpus.folder + "/whole" + ending)
                #expect(!expected.isEmpty && bytes(corpus.folder + "/killed" + ending) == expected, "\(ending)")
            }
            #expect(try corpus.litter() == "")
            let names = try FileManager.default.contentsOfDirectory(atPath: corpus.folder)
            #expect(!names.contains { $0.hasSuffix(".parts") })
        }
    }

    @Test(.enabled(if: Namespace.canMount, "needs unshare(1) with user namespaces"))
    func aFullDiskIsToldAndTheSameCommandGoesOnWhenThereIsRoom() throws {
        try withTemporaryFolder { folder in
            let corpus = try trained(folder)
            try writeSounds(corpus.folder + "/sounds", classes: 1)
            let result = try Command.run(
                "/usr/bin/unshare",
                [
                    "-rm", "/bin/bash", "-c",
                    """
                    mkdir out; mount -t tmpfs -o size=60k tmpfs out
                    embed() { '\(Products.avprep)' embed sounds -q --name small --out $1.h5 --npz $1.npz > /dev/null; echo "status $?"; }
                    embed out/f
                    ls out/*.h5 out/*.npz 2>/dev/null
                    mount -o remount,size=50m out
                    embed out/f
                    embed g
                    cmp out/f.h5 g.h5 && cmp out/f.npz g.npz && echo same
                    """,
                ], in: corpus.folder)
            #expect(
                result.standardOutput == "status 1\nstatus 2\nstatus 2\nsame\n",
                "\(result.standardOutput)\(result.standardError)")
            #expect(result.standardError.contains("No space left on device"), "\(result.standardError)")
        }
    }
}
