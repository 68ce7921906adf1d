// swift-tools-version: 6.2
import PackageDescription

// One system library a C dependency. Each is imported by exactly one Swift module, so no other module sees its types.
func system(_ name: String, pkgConfig: String, apt: [String]) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt(apt)])
}

/// One module of avprep and the modules below it. Arrows point down: see Sources/README.md.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies)
}

/// The tests of one module, with what all tests share.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name), "AVPrepCore", "TestSupport"] + dependencies)
}

let package = Package(
    name: "avprep",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "avprep", targets: ["avprep"]),
        .executable(name: "avprep-work", targets: ["avprep-work"]),
        .executable(name: "avprep-decode", targets: ["avprep-decode"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        system("CCrypto", pkgConfig: "libcrypto", apt: ["libssl-dev"]),
        system(
            "CFFmpeg", pkgConfig: "libavformat libavcodec libswscale libswresample libavutil",
            apt: [
                "libavformat-dev", "libavcodec-dev", "libswscale-dev", "libswresample-dev", "libavutil-dev",
            ]),
        system("CFFTW", pkgConfig: "fftw3f", apt: ["libfftw3-dev"]),
        system("COpenBLAS", pkgConfig: "openblas", apt: ["libopenblas-dev"]),
        system("CHDF5", pkgConfig: "hdf5-serial", apt: ["libhdf5-dev"]),
        system("CArchive", pkgConfig: "libarchive", apt: ["libarchive-dev"]),
        system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: ["libturbojpeg0-dev"]),
        system("CPNG", pkgConfig: "libpng", apt: ["libpng-dev"]),
        // Debian ships OpenCV's pkg-config file only with every OpenCV module; four of them are enough here.
        .target(
            name: "COpenCV",
            cxxSettings: [.unsafeFlags(["-isystem", "/usr/include/opencv4"])],
            linkerSettings: ["core", "imgproc", "video", "calib3d"].map { .linkedLibrary("opencv_\($0)") }),
        // Hot loops: optimised in every build, since the tests run them on whole pictures too.
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
        // Limits, descriptors passed between processes and the system call filter of decoder processes.
        .target(name: "CSandbox", linkerSettings: [.linkedLibrary("seccomp", .when(platforms: [.linux]))]),
        // The engine's C header. engine.cpp beside it is built by `make engine`, against libtorch.
        .target(name: "CEngine", exclude: ["engine.cpp"]),

        module("AVPrepCore", ["CCrypto"]),
        module("AVPrepMedia", ["AVPrepCore", "CFFmpeg"]),
        module("AVPrepDecoder", ["AVPrepCore", "AVPrepMedia", "CSandbox"]),
        module("AVPrepDrawing", ["AVPrepCore"]),
        module("AVPrepVision", ["AVPrepCore", "COpenCV", "CKernels"]),
        module("AVPrepAudio", ["AVPrepCore", "CFFTW", "CKernels"]),
        module("AVPrepStore", ["AVPrepCore", "CHDF5", "CTurboJPEG", "CPNG"]),
        module("AVPrepAudit", ["AVPrepCore", "AVPrepStore", "COpenBLAS"]),
        module("AVPrepExport", ["AVPrepCore", "AVPrepStore", "CArchive"]),
        module("AVPrepCatalog", ["AVPrepCore", .product(name: "GRDB", package: "GRDB.swift")]),
        module("AVPrepPairs", ["AVPrepCore"]),
        module("AVPrepSynth", ["AVPrepCore", "AVPrepMedia"]),
        module("AVPrepTraining", ["AVPrepCore", "AVPrepStore", "AVPrepPairs", "CEngine"]),
        module(
            "AVPrepPipeline",
            [
                "AVPrepCore", "AVPrepMedia", "AVPrepDecoder", "AVPrepVision", "AVPrepAudio", "AVPrepStore",
                "AVPrepCatalog", "AVPrepPairs", "AVPrepTraining", "AVPrepSynth", "AVPrepDrawing",
                "AVPrepExport", "AVPrepAudit",
                "Yams",
            ]),
        // The command line's declarations, without the work: the front program loads nothing else.
        .target(
            name: "AVPrepCommands",
            dependencies: ["AVPrepCore", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .executableTarget(
            name: "avprep",
            dependencies: ["AVPrepCommands", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
        .executableTarget(
            name: "avprep-work",
            dependencies: [
                "AVPrepCore", "AVPrepCommands", "AVPrepPipeline", "AVPrepExport", "AVPrepAudit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // The process that decodes: it can touch nothing but the descriptors it is handed.
        .executableTarget(name: "avprep-decode", dependencies: ["AVPrepCore", "AVPrepMedia", "AVPrepDecoder"]),
        .executableTarget(
            name: "avprep-bench",
            dependencies: [
                "AVPrepCore", "AVPrepMedia", "AVPrepVision", "AVPrepAudio", "AVPrepStore", "AVPrepSynth",
                "AVPrepDecoder", "AVPrepPipeline", "AVPrepCatalog", "AVPrepPairs", "AVPrepAudit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .target(name: "TestSupport", dependencies: ["AVPrepCore"], path: "Tests/TestSupport"),
        // Counts allocations in the test program.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .testTarget(name: "AVPrepCoreTests", dependencies: ["AVPrepCore", "TestSupport"]),
        tests("AVPrepMedia", ["AVPrepSynth"]),
        tests("AVPrepDecoder", ["AVPrepMedia", "AVPrepSynth", "avprep-decode"]),
        tests("AVPrepDrawing", []),
        tests("AVPrepVision", ["CKernels", "AVPrepMedia", "CAllocationCount"]),
        tests("AVPrepAudio", ["COpenBLAS", "CKernels", "CAllocationCount"]),
        tests("AVPrepStore", []),
        tests("AVPrepExport", ["AVPrepStore"]),
        tests("AVPrepAudit", ["AVPrepStore", "AVPrepPairs"]),
        tests("AVPrepCatalog", []),
        tests("AVPrepPairs", []),
        tests("AVPrepSynth", ["AVPrepMedia"]),
        tests("AVPrepTraining", ["AVPrepStore"]),
        tests(
            "AVPrepPipeline",
            [
                "AVPrepAudio", "AVPrepCatalog", "AVPrepMedia", "AVPrepPairs", "AVPrepStore", "AVPrepSynth",
                "AVPrepTraining", "AVPrepVision", "AVPrepDecoder", "AVPrepDrawing",
                "AVPrepExport", "AVPrepAudit",
            ]),
        .testTarget(
            name: "avprepTests", dependencies: ["avprep", "avprep-work", "avprep-decode", "AVPrepCore", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The same in every Swift target: imports are internal and explicit, existentials are visible, warnings are errors.
for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
