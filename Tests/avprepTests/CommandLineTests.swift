import Foundation
import TestSupport
import Testing

@Suite struct CommandLineTests {
    @Test func helpNamesEveryCommandAndTheExitCodes() throws {
        let help = try Command.run(Products.avprep, ["--help"])
        #expect(help.status == 0)
        let commands = [
            "init", "ingest", "shard", "train", "evaluate", "run", "status", "inspect", "audit", "synth", "wisdom",
            "doctor",
        ]
        for command in commands {
            #expect(help.standardOutput.contains("  \(command)"))
            let own = try Command.run(Products.avprep, ["help", command])
            #expect(own.status == 0 && own.standardOutput.contains("USAGE: avprep \(command)"))
        }
        #expect(help.standardOutput.contains("75 busy"))
    }

    /// Loading these takes longer than `--help` may, 50 ms: the front program must not be linked with any.
    @Test func theFrontProgramLoadsNoMediaLibrary() throws {
        let libraries = try Command.run("/usr/bin/ldd", [Products.avprep]).standardOutput
        #expect(libraries.contains("libswiftCore"))
        for name in ["avcodec", "avformat", "opencv", "hdf5", "fftw", "torch", "sqlite"] {
            #expect(!libraries.contains(name), "\(name)")
        }
    }

    @Test func aWrongCommandLineEndsWith64() throws {
        #expect(try Command.run(Products.avprep, ["ingets"]).status == 64)
        #expect(try Command.run(Products.avprep, ["shard", "--hard-ratio", "much"]).status == 64)
    }

    @Test func initWritesAFileThatIngestReadsAndOverwritesNone() throws {
        try withTemporaryFolder { folder in
            #expect(try Command.run(Products.avprep, ["init"], in: folder).status == 0)
            let again = try Command.run(Products.avprep, ["init"], in: folder)
            #expect(again.status == 64)
            #expect(again.standardError.contains("--force"))
            let text = try String(contentsOfFile: folder + "/avprep.yaml", encoding: .utf8)
            #expect(text.contains("hard_ratio: 0.25") && text.contains("# seed of everything random"))
        }
    }

    @Test func badSettingsEndWith65AndOneLineWithFileAndLine() throws {
        try withTemporaryFolder { folder in
            try Data("ingest:\n  video:\n    fsp: 25\n".utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
            let result = try Command.run(Products.avprep, ["ingest"], in: folder)
            #expect(result.status == 65)
            #expect(result.standardError.hasPrefix("avprep: avprep.yaml:3:5: ingest.video: unknown key \"fsp\""))
            #expect(result.standardError.split(separator: "\n").count == 1)
            #expect(result.standardOutput.isEmpty)
        }
    }

    @Test func whatWisdomPrintsIsTakenByTheKeyAndOtherWisdomRefused() throws {
        try withTemporaryFolder { folder in
            _ = try Command.run(Products.avprep, ["init", "--set", "corpus.paths=[a.mp4]"], in: folder)
            try Data("no film".utf8).write(to: URL(fileURLWithPath: folder + "/a.mp4"))
            let printed = try Command.run(Products.avprep, ["wisdom"], in: folder)
            #expect(printed.status == 0)
            let value = printed.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
            let taken = try Command.run(
                Products.avprep, ["ingest", "--set", "ingest.fftw_wisdom=\(value)"], in: folder)
            #expect(taken.status == 2 && taken.standardOutput.contains("1 failed"))
            let refused = try Command.run(
                Products.avprep, ["ingest", "--set", "ingest.fftw_wisdom=nonsense"], in: folder)
            #expect(
                refused.status == 65
                    && refused.standardError.hasPrefix("avprep: fftw_wisdom was not measured with this"))
            #expect(refused.standardError.split(separator: "\n").count == 1)
        }
    }

    @Test func statusListsWhatFailedAndWhatIsStillToDo() throws {
        try withTemporaryFolder { folder in
            _ = try Command.run(Products.avprep, ["init", "--set", "corpus.paths=[a.mp4, b.mp4]"], in: folder)
            for name in ["a", "b"] {
                try Data("no film \(name)".utf8).write(to: URL(fileURLWithPath: folder + "/\(name).mp4"))
            }
            _ = try Command.run(Products.avprep, ["ingest"], in: folder)
            let failed = try Command.run(Products.avprep, ["status", "--list", "failed"], in: folder)
            let lines = failed.standardOutput.split(separator: "\n").map { $0.split(separator: "\t") }
            #expect(failed.status == 0 && lines.map { $0.first } == ["a.mp4", "b.mp4"])
            #expect(lines.allSatisfy { $0.count == 3 })
            #expect(try Command.run(Products.avprep, ["status", "--list", "done"], in: folder).standardOutput.isEmpty)
            let pending = try Command.run(
                Products.avprep, ["status", "--list", "pending", "--set", "ingest.video.fps=5"], in: folder)
            #expect(pending.standardOutput == "a.mp4\nb.mp4\n")
        }
    }

    @Test func aMissingPipelineFileSaysHowToMakeOne() throws {
        try withTemporaryFolder { folder in
            let result = try Command.run(Products.avprep, ["ingest"], in: folder)
            #expect(result.status == 65)
            #expect(result.standardError.contains("avprep init"))
        }
    }

    @Test func anEmptyFolderAndAnUnpreparedCorpusEndWith65() throws {
        try withTemporaryFolder { folder in
            _ = try Command.run(Products.avprep, ["init"], in: folder)
            try FileManager.default.createDirectory(atPath: folder + "/videos", withIntermediateDirectories: true)
            let ingest = try Command.run(Products.avprep, ["ingest"], in: folder)
            #expect(ingest.status == 65)
            #expect(ingest.standardError.contains("no videos in videos"))
            let shard = try Command.run(Products.avprep, ["shard"], in: folder)
            #expect(shard.status == 65)
            #expect(shard.standardError.contains("avprep ingest"))
            let train = try Command.run(Products.avprep, ["train"], in: folder)
            #expect(train.status == 65)
            #expect(train.standardError.contains("avprep shard"))
        }
    }

    @Test func aMissingEngineIsOneLineThatSaysWhatToRun() throws {
        try withTemporaryFolder { folder in
            let doctor = try Command.run(
                Products.avprep, ["doctor"], in: folder, environment: ["AVPREP_ENGINE": folder + "/none.so"])
            #expect(doctor.status == 1)
            #expect(doctor.standardOutput.contains("make engine"))
            #expect(doctor.standardOutput.contains("libavcodec"))
        }
    }

    @Test func synthMakesTheSameCorpusForTheSameSeed() throws {
        try withTemporaryFolder { folder in
            let arguments = ["--videos", "2", "--seconds", "2", "--seed", "3", "-q"]
            for name in ["a", "b"] {
                #expect(try Command.run(Products.avprep, ["synth", name] + arguments, in: folder).status == 0)
            }
            let compare = try Command.run("/usr/bin/diff", ["-r", folder + "/a", folder + "/b"])
            #expect(compare.status == 0, "\(compare.standardOutput)")
        }
    }

    @Test func synthMakesNoFolderNamedLikeAListOrAnAddress() throws {
        try withTemporaryFolder { folder in
            for entry in ["kinds.csv", "more.txt", "https://example.org/a.mp4"] {
                let synth = try Command.run(Products.avprep, ["synth", "--set", "corpus.paths=[\(entry)]"], in: folder)
                #expect(synth.status == 65)
                #expect(synth.standardError.contains("avprep synth FOLDER") && synth.standardError.contains(entry))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0 != entry })
            }
        }
    }

    /// A full disk is another matter: see `DiskTests`.
    @Test func filesThatTheFileSystemFindsTooLargeCostTheirVideosAndNothingIsHalfThere() throws {
        try withTemporaryFolder { folder in
            let corpus = try CommandCorpus(folder, videos: 2)
            // In KiB: the catalog stays below it, prepared files do not.
            let result = try Command.run(
                "/bin/bash",
                [
                    "-c",
                    "trap '' XFSZ; ulimit -f 1000; exec '\(Products.avprep)' ingest -q --set ingest.isolation=none --set ingest.pcm.sr=48000",
                ],
                in: corpus.folder)
            #expect(result.status == 2, "\(result.standardError)")
            #expect(result.standardOutput.contains("2 failed"), "\(result.standardOutput)")
            #expect(result.standardOutput.contains("use another one"), "\(result.standardOutput)")
            let left = FileManager.default.enumerator(atPath: corpus.folder + "/prepared")?.allObjects ?? []
            #expect(!left.contains { ($0 as? String)?.contains(".h5") == true }, "\(left)")
        }
    }
}
