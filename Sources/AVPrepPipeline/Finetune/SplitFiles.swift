import AVPrepCore
import AVPrepTraining
import Foundation

/// One of a data set's official divisions, as its list files have it.
struct OfficialSplit: Sendable, Equatable {
    /// A video by the end of its path, `Archery/v_Archery_g01_c01.avi`, and its class.
    struct Entry: Sendable, Equatable {
        let path: String
        let label: Int
    }

    let number: Int
    /// The names of the classes, in the order of their numbers.
    let classes: [String]
    let training: [Entry]
    let test: [Entry]
}

/// The list files of UCF101 and HMDB51, read as they are published.
enum SplitFiles {
    /// - Parameters:
    ///   - folder: where the lists are, or a folder in it that is called as the published archive calls it.
    ///   - number: of the division, from 1.
    /// - Throws: ``Failure`` (65) naming the file, and the line, that is missing or no list.
    static func read(_ source: FinetuneSettings.Source, in folder: String, split number: Int) throws -> OfficialSplit {
        switch source {
        case .ucf101: try ucf101(found(in: folder, beside: "ucfTrainTestlist", "classInd.txt"), number)
        case .hmdb51:
            try hmdb51(
                found(in: folder, beside: "testTrainMulti_7030_splits", endingIn: "_test_split\(number).txt"), number)
        case .labels: preconditionFailure("the shards' labels have no list files")
        }
    }

    // MARK: - UCF101

    /// `classInd.txt`: number and name. `trainlist01.txt`: path and number. `testlist01.txt`: path, whose folder is the class.
    private static func ucf101(_ folder: String, _ number: Int) throws -> OfficialSplit {
        let index = "\(folder)/classInd.txt"
        var names: [Int: String] = [:]
        for (line, words) in try lines(index) {
            guard words.count == 2, let number = Int(words[0]), number >= 1,
                names.updateValue(words[1], forKey: number) == nil
            else { throw fault(index, line, "it is not a class's number, of which each comes once, and its name") }
        }
        let classes = names.keys.sorted().compactMap { names[$0] }
        guard let last = names.keys.max(), last == classes.count else {
            throw fault(index, nil, "its classes are not numbered from 1")
        }
        let byName = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        func entries(_ name: String, isNumbered: Bool) throws -> [OfficialSplit.Entry] {
            let file = "\(folder)/\(name)list\(number < 10 ? "0" : "")\(number).txt"
            return try lines(file).map { line, words in
                let path = words[0]
                guard let label = byName[(path as NSString).deletingLastPathComponent] else {
                    throw fault(file, line, "\(path) lies in no folder that classInd.txt names")
                }
                let isRight = isNumbered ? words.count == 2 && Int(words[1]) == label + 1 : words.count == 1
                guard isRight else {
                    throw fault(file, line, isNumbered ? "its number is not that of its class" : "it is not one path")
                }
                return OfficialSplit.Entry(path: path, label: label)
            }
        }
        return OfficialSplit(
            number: number, classes: classes, training: try entries("train", isNumbered: true),
            test: try entries("test", isNumbered: false))
    }

    // MARK: - HMDB51

    /// One file a class; each line a video and 1 (training), 2 (test) or 0 (neither).
    private static func hmdb51(_ folder: String, _ number: Int) throws -> OfficialSplit {
        let ending = "_test_split\(number).txt"
        let classes = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }
            .map { String($0.dropLast(ending.count)) }.sorted()
        var (training, test): ([OfficialSplit.Entry], [OfficialSplit.Entry]) = ([], [])
        for (label, name) in classes.enumerated() {
            let file = "\(folder)/\(name)\(ending)"
            for (line, words) in try lines(file) {
                let entry = OfficialSplit.Entry(path: "\(name)/\(words[0])", label: label)
                switch words.count == 2 ? words[1] : "" {
                case "1": training.append(entry)
                case "2": test.append(entry)
                case "0": break
                default: throw fault(file, line, "it is not a file's name and 0, 1 or 2")
                }
            }
        }
        return OfficialSplit(number: number, classes: classes, training: training, test: test)
    }

    // MARK: - Files

    /// The words of each line that has any, with the line's number.
    private static func lines(_ file: String) throws -> [(line: Int, words: [String])] {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw fault(file, nil, "it cannot be read: \(systemError())")
        }
        guard let text = String(data: data, encoding: .utf8) else { throw fault(file, nil, "it is no text in UTF-8") }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
            number, line in
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            return words.isEmpty ? nil : (number + 1, words)
        }
    }

    private static func found(in folder: String, beside inner: String, _ name: String) throws -> String {
        let candidates = [folder, "\(folder)/\(inner)"]
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: "\($0)/\(name)") }) else {
            throw fault(
                "\(folder)/\(name)", nil, "there is no such file; finetune.lists names the folder of the official lists"
            )
        }
        return found
    }

    private static func found(in folder: String, beside inner: String, endingIn ending: String) throws -> String {
        let candidates = [folder, "\(folder)/\(inner)"]
        let found = candidates.first { candidate in
            let names = try? FileManager.default.contentsOfDirectory(atPath: candidate)
            return names?.contains { $0.hasSuffix(ending) } == true
        }
        guard let found else {
            throw fault(
                "\(folder)/CLASS\(ending)", nil,
                "there is no such file; finetune.lists names the folder of the official lists")
        }
        return found
    }

    private static func fault(_ file: String, _ line: Int?, _ what: String) -> Failure {
        Failure("\(file)\(line.map { ", line \($0)" } ?? ""): \(what)", exitStatus: .badInput)
    }
}
