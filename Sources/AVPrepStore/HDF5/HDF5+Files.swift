import AVPrepCore
import CHDF5
import Foundation

extension HDF5 {
    /// Alignment of large datasets in a shard, in bytes: a memory page, so that numbers in a mapped file are aligned
    /// and datasets do not share pages.
    static let pageBytes = 4096

    /// The version of HDF5's file format that avprep writes, that of 1.10: object headers, indices and the superblock
    /// have checksums, so a flipped bit in them is detected when the file is opened.
    private static let version = H5F_LIBVER_V110

    /// Creates a new file.
    ///
    /// - Parameter isAligned: whether large datasets are aligned to memory pages.
    static func createFile(_ path: String, isAligned: Bool) throws -> Handle {
        let access = try makeAccess(path)
        if isAligned {
            try check(H5Pset_alignment(access.id, hsize_t(pageBytes), hsize_t(pageBytes)), "set up", path)
        }
        let creation = try Handle(H5Pcreate(avprep_h5p_file_create()), "set up", path)
        try check(H5Pset_obj_track_times(creation.id, false), "set up", path)
        return try Handle(
            H5Fcreate(path, avprep_h5f_truncate(), creation.id, access.id), "create", path, code: .unwritable)
    }

    /// Opens a file for reading. The file's start is examined first, so that common mistakes get a clear message.
    static func openFile(_ path: String) throws -> Handle {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw StoreError(.unreadable, "cannot open \(path): \(systemError()); \(HDF5.remedy(.unreadable))")
        }
        var start = [UInt8](repeating: 0, count: 9)
        let count = pread(file, &start, 9, 0)
        let reason = systemError()
        close(file)
        guard count >= 0 else {
            throw StoreError(.unreadable, "cannot read \(path): \(reason); \(HDF5.remedy(.unreadable))")
        }
        guard count == 9, start.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) else {
            throw StoreError(.foreign, "\(path) is not an HDF5 file; give a file made by avprep")
        }
        // Superblocks before version 2 have no checksums, and the library trusts what it reads there.
        guard start[8] >= 2 else {
            throw StoreError(
                .foreign, "\(path) is in an old HDF5 format, which avprep does not write; give a file made by avprep"
            )
        }
        let access = try makeAccess(path)
        return try Handle(H5Fopen(path, avprep_h5f_read_only(), access.id), "open", path)
    }

    private static func makeAccess(_ path: String) throws -> Handle {
        dispatchPrecondition(condition: .onQueue(queue))
        let access = try Handle(H5Pcreate(avprep_h5p_file_access()), "set up", path)
        try check(H5Pset_libver_bounds(access.id, version, version), "set up", path)
        // HDF5's advisory locks fail on network file systems, and files here appear atomically by a rename.
        try check(H5Pset_file_locking(access.id, false, true), "set up", path)
        // Closing a file also closes all open objects in it, so a failed write cannot leave it open.
        try check(H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG), "set up", path)
        // Room for the chunk being filled or read, and the next one, of each dataset.
        try check(H5Pset_cache(access.id, 0, 61, 2 * StoreFormat.byteChunk, 1), "set up", path)
        return access
    }

    /// Creates a group without time stamps.
    static func createGroup(_ name: String, in parent: Handle, _ path: String) throws -> Handle {
        let creation = try Handle(H5Pcreate(avprep_h5p_group_create()), "set up", path)
        try check(H5Pset_obj_track_times(creation.id, false), "set up", path)
        return try Handle(
            H5Gcreate2(parent.id, name, avprep_h5p_default(), creation.id, avprep_h5p_default()),
            "make group \(name) in", path, code: .unwritable)
    }

    /// Copies the object `name` of one group, with all its content, into another group under the same name.
    static func copy(_ name: String, of group: Handle, to other: Handle, _ path: String) throws {
        dispatchPrecondition(condition: .onQueue(queue))
        try check(
            H5Ocopy(group.id, name, other.id, name, avprep_h5p_default(), avprep_h5p_default()), "copy \(name) of",
            path)
    }

    /// Opens the group or dataset at `name`, a path below `parent`, following only hard links: an external or soft link
    /// in an untrusted file could lead to any file of this machine.
    static func openObject(_ name: String, in parent: Handle, _ path: String) throws -> Handle {
        dispatchPrecondition(condition: .onQueue(queue))
        var object = parent
        for part in name.split(separator: "/").map(String.init) {
            var link = H5L_info_t()
            try check(H5Lget_info(object.id, part, &link, avprep_h5p_default()), "find \(name) in", path)
            guard link.type == H5L_TYPE_HARD else {
                throw StoreError(.foreign, "\(path): \(name) is a soft or external link, which avprep does not follow")
            }
            object = try Handle(H5Oopen(object.id, part, avprep_h5p_default()), "open \(name) in", path)
        }
        return object
    }

    /// The names of the links in a group, sorted.
    static func names(in group: Handle, _ path: String) throws -> [String] {
        dispatchPrecondition(condition: .onQueue(queue))
        final class Names { var all: [String] = [] }
        let names = Names()
        // In the file's own order: for a sorted one libhdf5 1.10 makes a table first, and where a damaged link keeps it from
        // filling that, it frees what it did not allocate.
        try check(
            H5Literate(
                group.id, H5_INDEX_NAME, H5_ITER_NATIVE, nil,
                { _, name, _, context in
                    guard let name, let context else { return -1 }
                    let names = Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
                    names.all.append(String(cString: name))
                    return names.all.count < 10_000 ? 0 : -1
                }, Unmanaged.passUnretained(names).toOpaque()), "list the groups of", path)
        return names.all.sorted()
    }

    /// Creates an external link `name` to `object` in another file, which need not exist.
    static func linkExternally(_ name: String, in group: Handle, to object: String, of file: String, _ path: String)
        throws
    {
        dispatchPrecondition(condition: .onQueue(queue))
        try check(
            H5Lcreate_external(file, object, group.id, name, avprep_h5p_default(), avprep_h5p_default()),
            "link \(name) in", path, code: .unwritable)
    }

    /// The target of an external link; nil if there is no link of this name, or one of another kind.
    static func externalLink(_ name: String, in group: Handle, _ path: String) throws -> (file: String, object: String)?
    {
        dispatchPrecondition(condition: .onQueue(queue))
        guard H5Lexists(group.id, name, avprep_h5p_default()) > 0 else { return nil }
        var link = H5L_info_t()
        try check(H5Lget_info(group.id, name, &link, avprep_h5p_default()), "find \(name) in", path)
        guard link.type == H5L_TYPE_EXTERNAL, link.u.val_size > 0, link.u.val_size <= 1 << 16 else { return nil }
        var value = [UInt8](repeating: 0, count: link.u.val_size)
        try check(H5Lget_val(group.id, name, &value, value.count, avprep_h5p_default()), "read link \(name) of", path)
        // A byte with version and flags, then two zero-terminated strings.
        let texts = value.dropFirst().split(separator: 0, omittingEmptySubsequences: false).prefix(2)
        guard texts.count == 2, let file = texts.first, let object = texts.last else { return nil }
        return (String(decoding: file, as: UTF8.self), String(decoding: object, as: UTF8.self))
    }
}
