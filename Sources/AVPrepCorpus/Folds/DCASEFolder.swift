import AVPrepCore
import Foundation

/// The scenes of the 2013/14 DCASE challenge: `scenes_stereo/bus01.wav`, whose letters are the class.
enum DCASEFolder {
    private static let sounds = "scenes_stereo"
    private static let drawnFolds = 5
    private static let scenes: Set<String> = [
        "bus", "busystreet", "office", "openairmarket", "park", "quietstreet", "restaurant", "supermarket", "tube",
        "tubestation",
    ]

    /// Whether a folder is one of these, by its `scenes_stereo` or by the names of all its sounds.
    static func isRecognised(_ folder: BytePath) throws -> Bool {
        if try FolderNames.sorted(folder.appending(sounds.utf8)) != nil { return true }
        let files = try (FolderNames.sorted(folder) ?? []).filter { extensionOf($0) == "wav" }
        return !files.isEmpty
            && files.allSatisfy { name in
                let (letters, digits) = split(name)
                return !digits.isEmpty && digits.allSatisfy(\.isDigit)
                    && scenes.contains(String(decoding: letters, as: UTF8.self))
            }
    }

    private static func split(_ name: BytePath) -> (letters: ArraySlice<UInt8>, digits: ArraySlice<UInt8>) {
        let letters = name.bytes.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F }
        return (letters, name.bytes.dropFirst(letters.count).dropLast(4))
    }

    /// - Parameters:
    ///   - folder: that holds `scenes_stereo`, or is it.
    ///   - seed: of the folds, where no official ones are there.
    static func manifest(of folder: BytePath, seed: UInt64) throws -> FoldManifest {
        let title = "the folder \(folder)"
        let inner = try FolderNames.sorted(folder.appending(sounds.utf8))
        let names = try inner ?? FolderNames.sorted(folder) ?? []
        let files = names.filter { extensionOf($0) == "wav" }
        guard !files.isEmpty else {
            throw Failure(
                "\(title) has neither meta/esc50.csv nor \(sounds)/*.wav; give a table with the columns path, label, fold",
                exitStatus: .badInput)
        }
        func path(_ name: BytePath) -> String { (inner == nil ? "" : "\(sounds)/") + name.escaped }
        func row(_ file: (name: BytePath, label: String), fold: String) -> FoldManifest.Row {
            let place = inner == nil ? folder : folder.appending(sounds.utf8)
            return FoldManifest.Row(
                path: path(file.name), label: file.label, fold: fold, recording: path(file.name),
                file: place.appending(file.name.bytes))
        }
        var labels: [(name: BytePath, label: String)] = []
        for name in files {
            let (letters, digits) = split(name)
            guard !letters.isEmpty, !digits.isEmpty, digits.allSatisfy(\.isDigit) else {
                throw Failure(
                    "\(title): \(name) is not named by its class and a number, as bus01.wav; give a table with the "
                        + "columns path, label, fold", exitStatus: .badInput)
            }
            var label = String(decoding: letters, as: UTF8.self)
            while label.last == "_" { label.removeLast() }
            labels.append((name, label))
        }
        if let official = try officialFolds(of: folder) {
            let missing = labels.filter { official[$0.name.bytes] == nil }
            guard missing.isEmpty else {
                throw Failure(
                    "\(title): its fold files test \(official.count) files, and not \(missing[0].name); "
                        + "every file must be tested once", exitStatus: .badInput)
            }
            return try FoldManifest(
                name: title, layout: .dcase,
                rows: labels.map { row($0, fold: official[$0.name.bytes] ?? "") })
        }
        var folds: [BytePath: Int] = [:]
        for (label, members) in Dictionary(grouping: labels, by: \.label) {
            var random = SeededRandom(seed: seed, for: "folds/\(label)")
            for (place, member) in random.shuffled(members.map(\.name).sorted()).enumerated() {
                folds[member] = place % drawnFolds + 1
            }
        }
        return try FoldManifest(
            name: title, layout: .dcase,
            rows: labels.map { row($0, fold: String(folds[$0.name] ?? 1)) },
            foldNote: "no official fold files in \(folder): \(drawnFolds) folds, each with a share of every "
                + "class, were drawn by seed \(seed)")
    }

    /// The fold in which each file is tested, by the lists `fold1_evaluate.txt` or `fold1_test.txt`: a file a line, perhaps with
    /// its class behind a tab.
    private static func officialFolds(of folder: BytePath) throws -> [[UInt8]: String]? {
        var found: [[UInt8]: String] = [:]
        for place in ["evaluation_setup", "."] {
            for name in try FolderNames.sorted(folder.appending(place.utf8)) ?? [] {
                guard let fold = number(of: name) else { continue }
                let path = folder.appending(place.utf8).appending(name.bytes)
                guard let data = CorpusScan.content(path) else {
                    throw Failure("cannot read the fold file \(path)", exitStatus: .badInput)
                }
                for line in data.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
                    let file = line.split(separator: 0x09).first.map(Array.init) ?? []
                    guard let base = file.split(separator: 0x2F).last.map(Array.init) else { continue }
                    if let other = found.updateValue(fold, forKey: base), other != fold {
                        throw Failure(
                            "\(path): \(BytePath(base)) is in two folds, \(other) and \(fold); every file must be "
                                + "tested once", exitStatus: .badInput)
                    }
                }
            }
            if !found.isEmpty { return found }
        }
        return nil
    }

    /// 3 of `fold3_evaluate.txt`.
    private static func number(of name: BytePath) -> String? {
        guard let text = name.text, text.hasPrefix("fold") else { return nil }
        let digits = text.dropFirst(4).prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(4 + digits.count)
        return !digits.isEmpty && ["_evaluate.txt", "_test.txt"].contains(String(rest)) ? String(digits) : nil
    }

    private static func extensionOf(_ name: BytePath) -> String {
        let text = name.bytes.suffix(4)
        return text.first == 0x2E ? String(decoding: text.dropFirst(), as: UTF8.self).lowercased() : ""
    }
}
