import Foundation
import TestSupport
import Testing

/// The checks of ``Architecture`` on small packages that break one rule each.
@Suite struct ArchitectureRulesTests {
    @Test func aPackageThatKeepsTheRulesHasNoFaults() throws {
        #expect(try faults(SmallPackage()) == [])
    }

    @Test func anImportThatTheTableForbidsIsAFault() throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepLow/Low.swift"] = "import AVPrepTop\n"
        package.manifest = package.manifest.replacing(
            "module(\"AVPrepLow\", [])", with: "module(\"AVPrepLow\", [\"AVPrepTop\"])")
        #expect(
            try faults(package) == ["AVPrepLow reaches AVPrepTop, which its row in Sources/README.md does not allow"])
    }

    @Test func anImportOfAnUndeclaredModuleIsAFaultOfItsFile() throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepTop/More.swift"] = "package import struct Yams.Node\n"
        #expect(
            try faults(package)
                == ["Sources/AVPrepTop/More.swift imports Yams, which AVPrepTop does not declare in Package.swift"])
    }

    @Test func aDependencyThatNoFileImportsIsAFault() throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepTop/Top.swift"] =
            "// import AVPrepLow\nimport CLibrary\nlet text = \"\"\"\n  import AVPrepLow\n  \"\"\"\n"
        #expect(try faults(package) == ["AVPrepTop declares AVPrepLow in Package.swift and imports it nowhere"])
    }

    @Test func aDependencyOfTestsThatNoTestImportsIsAFault() throws {
        var package = SmallPackage()
        package.files["Tests/AVPrepLowTests/LowTests.swift"] = "import Foundation\n"
        #expect(try faults(package) == ["AVPrepLowTests declares AVPrepLow in Package.swift and imports it nowhere"])
    }

    @Test(arguments: [(300, 0), (301, 1)])
    func aFileOfMoreThan300LinesIsAFault(_ lines: Int, _ count: Int) throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepTop/Long.swift"] = String(repeating: "\n", count: lines)
        let faults = try faults(package)
        #expect(faults.count == count)
        #expect(faults.allSatisfy { $0.hasPrefix("Sources/AVPrepTop/Long.swift has 301 lines") })
    }

    @Test(arguments: [(19, 0), (20, 1)])
    func aFolderOfMoreThan20FilesIsAFault(_ added: Int, _ count: Int) throws {
        var package = SmallPackage()
        for number in 0..<added { package.files["Sources/AVPrepTop/More\(number).swift"] = "" }
        // Not of the same folder.
        package.files["Sources/AVPrepTop/Below/One.swift"] = ""
        let faults = try faults(package)
        #expect(faults.count == count)
        #expect(faults.allSatisfy { $0.hasPrefix("Sources/AVPrepTop holds 21 files") })
    }

    @Test func aLibraryOfTwoModulesIsAFault() throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepLow/Low.swift"] = "import CLibrary\n"
        package.manifest = package.manifest.replacing(
            "module(\"AVPrepLow\", [])", with: "module(\"AVPrepLow\", [\"CLibrary\"])")
        package.page = package.page.replacing("| at the bottom | – |", with: "| at the bottom | CLibrary |")
        #expect(
            try faults(package) == ["CLibrary is imported by AVPrepLow, AVPrepTop, not by one module alone"])
    }

    @Test func aFolderThatIsNoTargetsIsAFault() throws {
        var package = SmallPackage()
        package.files["Sources/AVPrepStray/Stray.swift"] = ""
        #expect(try faults(package) == ["Sources/AVPrepStray is no target's in Package.swift"])
    }

    @Test func aModuleWithoutARowIsAFaultAndSoIsARowWithoutAModule() throws {
        var package = SmallPackage()
        package.page = package.page.replacing("| `tool` |", with: "| `other` |")
        #expect(
            try faults(package) == [
                "Sources/README.md has a row for other, which Package.swift does not have",
                "Sources/README.md has no row for tool",
            ])
    }

    @Test func aRowThatPointsUpIsAFault() throws {
        var package = SmallPackage()
        package.page = package.page.replacing("| at the bottom | – |", with: "| at the bottom | Top |")
        #expect(
            try faults(package)
                == ["Sources/README.md lets AVPrepLow import AVPrepTop, which does not stand above it"])
    }

    private func faults(_ package: SmallPackage) throws -> [String] {
        try withTemporaryFolder { folder in
            try package.write(to: folder)
            return try Architecture(repository: folder).faults()
        }
    }
}

/// Two modules, a program and a C library, with a manifest and a table that agree.
private struct SmallPackage {
    var manifest = """
        import PackageDescription

        func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
            .target(name: name, dependencies: dependencies)
        }
        func tests(_ name: String) -> Target {
            .testTarget(name: "\\(name)Tests", dependencies: [.byName(name: name)])
        }
        let package = Package(
            name: "small",
            products: [.executable(name: "tool", targets: ["tool"])],
            targets: [
                .systemLibrary(name: "CLibrary", path: "Sources/CLibrary", providers: [.apt(["a-package"])]),
                module("AVPrepLow", []),  // , ["AVPrepNone"]
                module("AVPrepTop", ["AVPrepLow", "CLibrary"]),
                .executableTarget(
                    name: "tool",
                    dependencies: [
                        "AVPrepTop", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                    ]),
                tests("AVPrepLow"),
                .testTarget(name: "toolTests", dependencies: ["tool"]),
            ])
        """
    var page = """
        # Modules

        | module | what lives there | may import |
        |---|---|---|
        | `CLibrary` | C | – |
        | `AVPrepLow` | at the bottom | – |
        | `AVPrepTop` | at the top | Low, `CLibrary` |
        | `tool` | the program | Top, ArgumentParser |

        More text.
        """
    var files = [
        "Sources/CLibrary/module.modulemap": "module CLibrary {}\n",
        "Sources/AVPrepLow/Low.swift": "import Foundation\n",
        "Sources/AVPrepTop/Top.swift": "package import AVPrepLow\nimport CLibrary\n",
        "Sources/tool/main.swift": "import ArgumentParser\nimport AVPrepTop\n",
        "Tests/AVPrepLowTests/LowTests.swift": "@testable import AVPrepLow\nimport Testing\n",
        "Tests/toolTests/ToolTests.swift": "import Testing\n",
    ]

    func write(to folder: String) throws {
        let contents = files.merging(["Package.swift": manifest, "Sources/README.md": page]) { first, _ in first }
        for (path, text) in contents {
            let file = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: false, encoding: .utf8)
        }
    }
}
