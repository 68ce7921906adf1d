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
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies)
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
        // Of libavfilter only the headers: it is loaded where it is needed. Its flags would link it.
        system(
            "CFFmpeg", pkgConfig: "libavformat libavcodec libswscale libswresample libavutil",
            apt: [
                "libavfilter-dev", "libavformat-dev", "libavcodec-dev", "libswscale-dev", "libswresample-dev",
                "libavutil-dev",
            ]),
        system("CFFTW", pkgConfig: "fftw3f", apt: ["libfftw3-dev"]),
        system("COpenBLAS", pkgConfig: "openblas", apt: ["libopenblas-dev"]),
        system("CXGBoost", pkgConfig: "xgboost", apt: ["libxgboost-dev"]),
        // Debian ships no pkg-config file: its header is where the compiler looks.
        .systemLibrary(name: "CLiblinear", path: "Sources/CLiblinear", providers: [.apt(["liblinear-dev"])]),
        system("CHDF5", pkgConfig: "hdf5-serial", apt: ["libhdf5-dev"]),
        system("CArchive", pkgConfig: "libarchive", apt: ["libarchive-dev"]),
        system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: ["libturbojpeg0-dev"]),
        system("CCurl", pkgConfig: "libcurl", apt: ["libcurl4-openssl-dev"]),
        system("CPNG", pkgConfig: "libpng", apt: ["libpng-dev"]),
        // Debian ships OpenCV's pkg-config file only with every OpenCV module; four of them are enough here.
        .target(
            name: "COpenCV",
            cxxSettings: [.unsafeFlags(["-isystem", "/usr/include/opencv4"])],
            linkerSettings: ["core", "imgproc", "video", "calib3d"].map { .linkedLibrary("opencv_\($0)") }),
        // Headers alone: Debian's libboost-dev.
        .target(name: "CBoostMath"),
        // Hot loops: optimised in every build, since the tests run them on whole pictures too.
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
        // Limits, descriptors passed between processes and the system call filter of decoder processes.
        .target(name: "CSandbox", linkerSettings: [.linkedLibrary("seccomp", .when(platforms: [.linux]))]),
        // The handler of SIGBUS, for files that are cut while they are mapped.
        .target(name: "CMapping"),
        // For cases alone: what a confined process must not do, and FFTW's bare transform.
        .target(name: "CCases", dependencies: ["CFFTW"]),
        // The engine's C header. engine.cpp beside it is built by `make engine`, against libtorch.
        .target(name: "CEngine", exclude: ["engine.cpp", "group.cpp", "memory.cpp", "shared.hpp"]),
        // What joins the processes of a training. collective.cpp beside it is built by `make engine`, against MPI.
        .target(name: "CCollective", exclude: ["collective.cpp"]),

        module("AVPrepCore", ["CCrypto"]),
        module("AVPrepModel", ["AVPrepCore"]),
        module("AVPrepMedia", ["AVPrepCore", "AVPrepModel", "CFFmpeg", "CKernels"]),
        module("AVPrepDecoder", ["AVPrepCore", "AVPrepModel", "AVPrepMedia", "CSandbox"]),
        module("AVPrepDrawing", ["AVPrepModel"]),
        module("AVPrepVision", ["AVPrepCore", "AVPrepModel", "CKernels", "COpenCV"]),
        module("AVPrepAlgebra", ["COpenBLAS"]),
        module("AVPrepAudio", ["AVPrepCore", "AVPrepModel", "AVPrepAlgebra", "CFFTW", "CKernels"]),
        module("AVPrepStore", ["AVPrepCore", "AVPrepModel", "CHDF5", "CMapping", "CPNG", "CTurboJPEG"]),
        module("AVPrepCatalog", ["AVPrepCore", "AVPrepModel", .product(name: "GRDB", package: "GRDB.swift")]),
        module("AVPrepDownload", ["AVPrepCore", "AVPrepModel", "CCurl"]),
        module("AVPrepDuplicates", ["AVPrepCore", "AVPrepModel"]),
        module("AVPrepPairs", ["AVPrepCore", "AVPrepModel"]),
        module("AVPrepClips", ["AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepPairs"]),
        module("AVPrepTorch", ["AVPrepCore", "CCollective", "CEngine"]),
        module(
            "AVPrepTraining",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepDrawing", "AVPrepAlgebra", "AVPrepAudio", "AVPrepStore",
                "AVPrepClips",
                "AVPrepTorch",
                "CKernels",
            ]),
        module("AVPrepSynth", ["AVPrepCore", "AVPrepModel", "AVPrepMedia"]),
        module(
            "AVPrepCases",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepVision", "AVPrepStore",
                "AVPrepSynth",
                "CCases",
            ]),
        module(
            "AVPrepSettings",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepVision", "AVPrepAudio", "AVPrepStore",
                "AVPrepDownload", "AVPrepDuplicates", "AVPrepPairs", "AVPrepTorch", "AVPrepTraining", "AVPrepSynth",
                "Yams",
            ]),
        module("AVPrepWorkspace", ["AVPrepCore", "AVPrepSettings"]),
        module("AVPrepParts", ["AVPrepCore"]),
        module(
            "AVPrepCorpus",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepVision", "AVPrepCatalog", "AVPrepDownload", "AVPrepDuplicates",
                "AVPrepPairs", "AVPrepSettings", "AVPrepWorkspace",
            ]),
        module(
            "AVPrepPolicy",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepAudio", "AVPrepStore", "AVPrepCatalog", "AVPrepSettings",
                "AVPrepWorkspace",
            ]),
        module(
            "AVPrepIngest",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepVision", "AVPrepAudio",
                "AVPrepStore", "AVPrepCatalog", "AVPrepSettings", "AVPrepWorkspace", "AVPrepParts", "AVPrepCorpus",
                "AVPrepPolicy",
            ]),
        module(
            "AVPrepShard",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepCatalog", "AVPrepPairs", "AVPrepClips",
                "AVPrepSettings", "AVPrepWorkspace", "AVPrepCorpus", "AVPrepPolicy",
            ]),
        module(
            "AVPrepVerify",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepCatalog", "AVPrepPairs", "AVPrepClips",
                "AVPrepSettings", "AVPrepWorkspace", "AVPrepCorpus", "AVPrepPolicy", "AVPrepShard",
            ]),
        module(
            "AVPrepForget",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepCatalog", "AVPrepPairs", "AVPrepClips",
                "AVPrepSettings", "AVPrepWorkspace", "AVPrepParts", "AVPrepCorpus", "AVPrepPolicy", "AVPrepShard",
            ]),
        module(
            "AVPrepInspect",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepDrawing", "AVPrepVision",
                "AVPrepAudio", "AVPrepStore", "AVPrepCatalog", "AVPrepClips", "AVPrepSettings", "AVPrepWorkspace",
                "AVPrepCorpus", "AVPrepPolicy", "AVPrepIngest",
            ]),
        module(
            "AVPrepLocalise",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDrawing", "AVPrepStore", "AVPrepClips",
                "AVPrepTraining", "AVPrepSettings", "AVPrepWorkspace", "AVPrepCorpus", "AVPrepIngest", "AVPrepFilm",
            ]),
        module(
            "AVPrepExport",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepCatalog", "AVPrepClips", "AVPrepSettings",
                "AVPrepWorkspace", "AVPrepPolicy", "AVPrepShard", "CArchive",
            ]),
        module(
            "AVPrepAudit",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepClips", "AVPrepAlgebra", "AVPrepWorkspace",
                "CBoostMath",
                "CXGBoost",
            ]),
        module(
            "AVPrepPipeline",
            [
                "AVPrepCore", "AVPrepDrawing", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepVision",
                "AVPrepAudio",
                "AVPrepStore", "AVPrepCatalog", "AVPrepPairs", "AVPrepClips", "AVPrepTorch", "AVPrepTraining",
                "AVPrepSynth",
                "AVPrepSettings",
                "AVPrepWorkspace", "AVPrepParts", "AVPrepCorpus", "AVPrepPolicy", "AVPrepIngest", "AVPrepShard",
            ]),
        module(
            "AVPrepFilm",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepClips", "AVPrepSettings", "AVPrepWorkspace",
                "AVPrepCorpus", "AVPrepIngest",
            ]),
        module(
            "AVPrepEmbed",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepAudio", "AVPrepStore", "AVPrepCatalog",
                "AVPrepPairs",
                "AVPrepClips", "AVPrepTorch", "AVPrepTraining", "AVPrepSettings", "AVPrepWorkspace", "AVPrepCorpus",
                "AVPrepIngest", "AVPrepFilm",
            ]),
        module(
            "AVPrepSeparation",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepAudio", "AVPrepTraining",
                "AVPrepSettings", "AVPrepWorkspace", "AVPrepIngest",
            ]),
        module(
            "AVPrepClassify",
            [
                "AVPrepCore", "AVPrepAlgebra", "AVPrepDrawing", "AVPrepStore", "AVPrepTraining", "AVPrepSettings",
                "AVPrepWorkspace", "AVPrepCorpus", "AVPrepAudit", "AVPrepEmbed", "CLiblinear",
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
                "AVPrepCore", "AVPrepModel", "AVPrepSettings", "AVPrepWorkspace", "AVPrepParts", "AVPrepCorpus",
                "AVPrepIngest", "AVPrepShard", "AVPrepVerify", "AVPrepForget", "AVPrepInspect", "AVPrepExport",
                "AVPrepLocalise", "AVPrepAudit", "AVPrepSeparation", "AVPrepEmbed", "AVPrepClassify",
                "AVPrepPipeline",
                "AVPrepCommands", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // The process that decodes: it can touch nothing but the descriptors it is handed.
        .executableTarget(name: "avprep-decode", dependencies: ["AVPrepDecoder"]),
        .executableTarget(
            name: "avprep-bench",
            dependencies: [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepDecoder", "AVPrepVision", "AVPrepAudio",
                "AVPrepStore", "AVPrepCatalog", "AVPrepDuplicates", "AVPrepPairs", "AVPrepClips", "AVPrepTorch",
                "AVPrepTraining", "AVPrepSynth", "AVPrepCases", "AVPrepSettings", "AVPrepWorkspace", "AVPrepIngest",
                "AVPrepShard",
                "AVPrepAudit", "AVPrepPolicy", "AVPrepPipeline",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // `avprep-decode` in which things go wrong as a test plans it.
        .executableTarget(
            name: "avprep-decode-faulty", dependencies: ["AVPrepDecoder", "AVPrepCases"],
            path: "Tests/avprep-decode-faulty"),
        .target(name: "TestSupport", dependencies: ["AVPrepCore"], path: "Tests/TestSupport"),
        // Small shards whose content tells where it comes from.
        .target(
            name: "ShardFixtures", dependencies: ["AVPrepCore", "AVPrepModel", "AVPrepStore"],
            path: "Tests/ShardFixtures"),
        // Counts allocations in the test program.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        tests("AVPrepCore", []),
        tests("AVPrepModel", ["AVPrepCore"]),
        tests("AVPrepMedia", ["AVPrepCore", "AVPrepModel", "CFFmpeg"]),
        tests(
            "AVPrepDecoder",
            ["AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepCases", "avprep-decode", "avprep-decode-faulty"]),
        tests("AVPrepDrawing", ["AVPrepModel"]),
        tests("AVPrepVision", ["AVPrepCore", "AVPrepModel", "CAllocationCount", "CKernels", "COpenCV"]),
        tests("AVPrepAlgebra", ["AVPrepCore"]),
        tests("AVPrepAudio", ["AVPrepCore", "AVPrepModel", "CAllocationCount", "CKernels", "COpenBLAS"]),
        tests("AVPrepStore", ["AVPrepCore", "AVPrepModel", "AVPrepClips"]),
        tests("AVPrepCatalog", ["AVPrepCore", "AVPrepModel"]),
        tests("AVPrepDownload", ["AVPrepCore", "AVPrepModel"]),
        tests("AVPrepParts", ["AVPrepCore"]),
        tests("AVPrepDuplicates", ["AVPrepCore", "AVPrepModel", "AVPrepPairs"]),
        tests("AVPrepPairs", ["AVPrepCore", "AVPrepModel"]),
        tests("AVPrepClips", ["AVPrepCore", "AVPrepModel", "AVPrepAudio", "AVPrepStore", "ShardFixtures"]),
        tests(
            "AVPrepTraining",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepClips", "AVPrepTorch", "CEngine", "CKernels",
                "ShardFixtures",
            ]),
        tests("AVPrepEmbed", ["AVPrepCore", "AVPrepModel", "AVPrepAudio", "AVPrepSettings"]),
        tests("AVPrepSeparation", ["AVPrepCore", "AVPrepModel", "AVPrepMedia"]),
        tests("AVPrepClassify", ["AVPrepCore", "AVPrepStore", "AVPrepCorpus", "AVPrepWorkspace"]),
        tests("AVPrepSynth", ["AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepCases"]),
        tests("AVPrepLocalise", ["AVPrepCore", "AVPrepModel", "AVPrepDrawing", "AVPrepTraining"]),
        tests("AVPrepExport", ["AVPrepCore", "AVPrepModel", "AVPrepStore"]),
        tests("AVPrepAudit", ["AVPrepCore", "AVPrepModel", "AVPrepStore", "AVPrepPairs", "AVPrepClips"]),
        tests(
            "AVPrepPipeline",
            [
                "AVPrepCore", "AVPrepModel", "AVPrepMedia", "AVPrepVision", "AVPrepAudio", "AVPrepStore",
                "AVPrepCatalog", "AVPrepDownload", "AVPrepDuplicates", "AVPrepPairs", "AVPrepClips", "AVPrepTorch",
                "AVPrepTraining", "AVPrepSynth", "AVPrepCases", "AVPrepSettings", "AVPrepWorkspace", "AVPrepParts",
                "AVPrepCorpus", "AVPrepPolicy",
                "AVPrepIngest", "AVPrepShard", "AVPrepVerify", "AVPrepForget", "AVPrepInspect", "AVPrepExport",
                "AVPrepAudit", "AVPrepSeparation",
                "ShardFixtures",
            ]),
        // Package.swift, the table of modules in Sources/README.md and every import line, against each other.
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"]),
        .testTarget(
            name: "avprepTests",
            dependencies: [
                "avprep", "avprep-work", "avprep-decode", "avprep-decode-faulty", "AVPrepCore", "AVPrepTorch",
                "ShardFixtures", "TestSupport",
            ]),
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
