import Foundation
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite struct EngineLibraryTests {
    @Test func theVariableNamesTheOnlyPlaceLookedAt() {
        let paths = EngineLibrary.file.candidates(
            environment: ["AVPREP_ENGINE": "/opt/e.so"], workingFolder: "/w", executable: "/usr/bin/avprep")
        #expect(paths == ["/opt/e.so"])
    }

    @Test func anInstalledEngineIsFoundBeforeOneInTheWorkingFolder() {
        let paths = EngineLibrary.file.candidates(
            environment: [:], workingFolder: "/work", executable: "/usr/local/bin/avprep")
        #expect(paths.first == "/usr/local/lib/avprep/libavprep_engine.so")
        #expect(paths.contains("/work/.engine/libavprep_engine.so"))
    }

    @Test func aBuildInACheckoutFindsTheCheckoutsEngine() {
        let paths = EngineLibrary.file.candidates(
            environment: [:], workingFolder: "/elsewhere",
            executable: "/home/me/avprep/.build/x86_64-unknown-linux-gnu/debug/avprep")
        #expect(paths.contains("/home/me/avprep/.engine/libavprep_engine.so"))
    }

    @Test func aMissingEngineSaysWhatToRunAndWhereItWasSought() {
        let error = #expect(throws: TorchError.self) {
            try EngineLibrary.open(candidates: ["/nowhere/libavprep_engine.so"])
        }
        #expect(error?.code == .engine)
        #expect(error?.description.contains("make engine") == true)
        #expect(error?.description.contains("/nowhere/libavprep_engine.so") == true)
    }

    @Test func aFileThatIsNoLibraryIsNamed() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/libavprep_engine.so"
            try Data("not a library".utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: TorchError.self) { try EngineLibrary.open(candidates: [path]) }
            #expect(error?.description.contains(path) == true)
            #expect(error?.description.contains("make engine") == true)
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/lib/x86_64-linux-gnu/libz.so.1")))
    func anotherLibraryIsNoEngine() {
        let error = #expect(throws: TorchError.self) {
            try EngineLibrary.open(candidates: ["/lib/x86_64-linux-gnu/libz.so.1"])
        }
        #expect(error?.description.contains("is not a training engine") == true)
    }
}
