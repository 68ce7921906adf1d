import AVPrepCore
package import Foundation

/// Reads weights that torch has saved (`.pth`, `.pt`), in the format of torch 1.6 and later (a ZIP archive) and in the one
/// before, in which torchvision's networks of 2019 lie. Nothing in the file is run: see ``PickleReader``.
package enum TorchFile {
    /// A value, what it consists of, and where its numbers are.
    private typealias Content = (value: PickleValue, arena: PickleArena, storages: (PickledStorage) -> Data?)

    /// Keys under which training scripts keep the weights beside other things.
    private static let weightKeys = ["state_dict", "model_state_dict", "model", "model_state", "net"]

    /// The magic number that the old format begins with, 0x1950a86a20f9469cfc6c, as far as 64 bits hold it.
    private static let oldMagic = Int(bitPattern: 0xA86A_20F9_469C_FC6C)

    /// The tensors by name; numbers of other precision become `float32` or `int64`. Names lose the `module.` that
    /// data-parallel training puts before them.
    ///
    /// - Throws: `TorchError(.weights)` naming the file and what is wrong with it.
    package static func read(_ path: String) throws -> [String: HostTensor] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw TorchError(.weights, "\(path): it cannot be read; give a file that is there")
        }
        return try read(bytes, path)
    }

    /// The same of bytes; `path` is for messages.
    package static func read(_ bytes: Data, _ path: String) throws -> [String: HostTensor] {
        do {
            let content = ZipArchive.isOne(bytes) ? try archive(bytes) : try old(bytes)
            guard let tensors = withExtendedLifetime(content.arena, { weights(in: content.value) }) else {
                throw PickleReader.Fault(reason: "it holds no table of tensors")
            }
            var result: [String: HostTensor] = [:]
            for (name, tensor) in tensors {
                guard let storage = content.storages(tensor.storage) else {
                    throw PickleReader.Fault(reason: "the numbers of \(name) are not in it")
                }
                let name = name.hasPrefix("module.") ? String(name.dropFirst("module.".count)) : name
                result[name] = try tensor.host(name, storage)
            }
            return result
        } catch let fault as PickleReader.Fault {
            throw TorchError(
                .weights,
                "\(path): \(fault.reason); give a file of weights (.safetensors, or .pth as torch.save writes it)")
        }
    }

    private static func archive(_ bytes: Data) throws(PickleReader.Fault) -> Content {
        guard let archive = ZipArchive(bytes),
            let pickle = archive.members.first(where: { $0.key.hasSuffix("/data.pkl") })
        else { throw PickleReader.Fault(reason: "its archive is damaged, or none that torch has written") }
        let folder = pickle.key.dropLast("data.pkl".count)
        if let order = archive.members[folder + "byteorder"], String(decoding: order, as: UTF8.self) != "little" {
            throw PickleReader.Fault(reason: "it was written on a big-endian machine")
        }
        var reader = PickleReader(pickle.value)
        let members = archive.members
        return (try reader.read(), reader.arena, { members[folder + "data/" + $0.key] })
    }

    /// Five pickles (magic number, version, machine, the value, the keys of the storages), then for each key the number of
    /// its elements and these.
    private static func old(_ bytes: Data) throws(PickleReader.Fault) -> Content {
        let foreign = PickleReader.Fault(reason: "it is no file that torch has saved")
        guard bytes.first == 0x80 else { throw foreign }
        var reader = PickleReader(bytes)
        guard case .integer(oldMagic) = try reader.read() else { throw foreign }
        _ = (try reader.read(), try reader.read())
        let value = try reader.read()
        guard case .list(let keys) = try reader.read() else { throw foreign }
        var counts: [String: Data] = [:]
        var place = reader.position
        let sizes = storageSizes(in: value)
        for key in keys.items {
            guard case .text(let key) = key, place + 8 <= bytes.count else { throw foreign }
            let start = bytes.startIndex + place
            let count = bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            // Storages of what is no tensor of the table have an unknown type, so what follows them is lost.
            guard let size = sizes[key], let length = Int(exactly: count)?.multipliedReportingOverflow(by: size),
                !length.overflow, length.partialValue <= bytes.count - place - 8
            else { throw PickleReader.Fault(reason: "the numbers end too early") }
            counts[key] = bytes[start + 8..<start + 8 + length.partialValue]
            place += 8 + length.partialValue
        }
        return (value, reader.arena, { counts[$0.key] })
    }

    /// Bytes of an element of each storage that a value mentions.
    private static func storageSizes(in value: PickleValue) -> [String: Int] {
        var sizes: [String: Int] = [:]
        var open = [value]
        // A table that holds itself is looked at once.
        var seen: Set<ObjectIdentifier> = []
        while let value = open.popLast() {
            switch value {
            case .tensor(let tensor): sizes[tensor.storage.key] = tensor.storage.element?.byteCount
            case .storage(let storage): sizes[storage.key] = storage.element?.byteCount
            case .tuple(let list) where seen.insert(ObjectIdentifier(list)).inserted: open += list.items
            case .list(let list) where seen.insert(ObjectIdentifier(list)).inserted: open += list.items
            case .table(let table) where seen.insert(ObjectIdentifier(table)).inserted:
                open += table.entries.map(\.value)
            default: break
            }
        }
        return sizes
    }

    /// The table of tensors: the value itself, or what lies under one of the usual keys.
    private static func weights(in value: PickleValue) -> [(String, PickledTensor)]? {
        guard case .table(let table) = value else { return nil }
        let own = tensors(of: table)
        if !own.isEmpty { return own }
        for name in weightKeys {
            for case (.text(name), .table(let inner)) in table.entries {
                let found = tensors(of: inner)
                if !found.isEmpty { return found }
            }
        }
        return nil
    }

    private static func tensors(of table: PickleTable) -> [(String, PickledTensor)] {
        table.entries.compactMap { key, value in
            guard case .text(let name) = key, case .tensor(let tensor) = value else { return nil }
            return (name, tensor)
        }
    }
}
