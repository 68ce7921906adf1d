import TestSupport
import Testing

@Suite struct ArchitectureTests {
    let architecture: Architecture

    init() throws { architecture = try Architecture(repository: Oracle.repository) }

    @Test func everyModuleKeepsToItsRowInTheTableOfModules() {
        let faults = architecture.faults()
        #expect(faults.isEmpty, "\(faults.joined(separator: "\n"))")
    }

    /// The rule above holds of something: the readers find what is known to be there.
    @Test func theManifestTheTableAndTheImportsAreReadWhole() throws {
        let audio = try #require(architecture.targets.first { $0.name == "AVPrepAudio" })
        #expect(Set(audio.dependencies).isSuperset(of: ["AVPrepCore", "CFFTW"]))
        let catalog = try #require(architecture.targets.first { $0.name == "AVPrepCatalog" })
        #expect(catalog.dependencies.contains("GRDB"))
        #expect(architecture.targets.contains { $0.name == "avprep-work" && $0.kind == .program })
        #expect(architecture.targets.contains { $0.name == "AVPrepAudioTests" && $0.kind == .tests })
        #expect(architecture.targets.contains { $0.name == "CFFTW" && $0.kind == .systemLibrary })
        #expect(architecture.rows.contains { $0.module == "CHDF5" && $0.mayImport.isEmpty })
        #expect(architecture.rows.contains { $0.module == "AVPrepCatalog" && $0.mayImport.contains("GRDB") })
        #expect(architecture.swiftFiles.count { $0.path.hasPrefix("Sources/") && !$0.imports.isEmpty } > 200)
        #expect(architecture.swiftFiles.contains { $0.path.hasSuffix("AVPrepAudio/Spectrogram/FourierPlan.swift") })
    }

    /// Fault injection and generated cases are for tests and benchmarks.
    @Test(arguments: ["avprep", "avprep-work", "avprep-decode"])
    func noShippedProgramReachesGeneratedCases(_ program: String) {
        var reached: Set<String> = []
        var next = [program]
        while let name = next.popLast() {
            guard reached.insert(name).inserted else { continue }
            next += architecture.targets.first { $0.name == name }?.dependencies ?? []
        }
        #expect(reached.count > 2)
        #expect(!reached.contains("AVPrepCases"))
    }
}
