import AVPrepModel
import CHDF5
import Foundation

extension HDF5 {
    /// The storage of a dataset in its file.
    enum Storage: Equatable {
        /// Contiguous, with a fixed size: can be mapped into memory.
        case contiguous
        /// Grows row by row, in chunks of about this many bytes.
        case chunked(bytes: Int)
    }

    /// A dataset whose first axis is the rows: `[rows, rowShape…]` of one type.
    ///
    /// Used only on the queue; its constants may be read on any thread.
    final class Dataset: @unchecked Sendable {
        // Sendable: everything except `rows` is constant, and `rows` changes only on the queue, by one writer.
        let name: String
        let path: String
        let type: ElementType
        /// Shape of one row; empty for a single number.
        let rowShape: [Int]
        private(set) var rows: Int
        /// Whether the rows are stored contiguously.
        let isContiguous: Bool
        private let handle: Handle
        private let typeHandle: Handle

        /// Bytes of one row.
        var rowBytes: Int { rowShape.reduce(type.size, *) }

        /// Creates a dataset in a file.
        ///
        /// - Parameters:
        ///   - name: name in `parent`, without a slash.
        ///   - rows: number of rows; for chunked storage the initial number.
        ///   - labels: names of the axes, rows first.
        init(
            create name: String, in parent: Handle, type: ElementType, rows: Int = 0, rowShape: [Int] = [],
            labels: [String], attributes: [String: AttributeValue] = [:], storage: Storage, _ path: String
        ) throws {
            precondition(labels.count == rowShape.count + 1, "\(name): one label per axis is needed")
            self.name = name
            self.path = path
            self.type = type
            self.rowShape = rowShape
            self.rows = rows
            isContiguous = storage == .contiguous
            typeHandle = try type.makeHandle(path)
            let creation = try Handle(H5Pcreate(avprep_h5p_dataset_create()), "set up", path)
            try HDF5.check(H5Pset_obj_track_times(creation.id, false), "set up", path)
            let space: Handle
            switch storage {
            case .contiguous:
                // Space is allocated at once, at a position that depends only on sizes; every row is written, so no
                // fill is needed.
                try HDF5.check(H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY), "set up", path)
                try HDF5.check(H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER), "set up", path)
                space = try HDF5.makeSpace([rows] + rowShape, path)
            case .chunked(let bytes):
                let chunk = [max(1, bytes / rowShape.reduce(type.size, *))] + rowShape
                let chunkSizes = chunk.map { hsize_t($0) }
                try HDF5.check(H5Pset_chunk(creation.id, Int32(chunk.count), chunkSizes), "set up", path)
                // The unused end of a chunk must not depend on previous contents of memory.
                try HDF5.check(H5Pset_fill_time(creation.id, H5D_FILL_TIME_ALLOC), "set up", path)
                space = try HDF5.makeSpace([rows] + rowShape, maximum: [-1] + rowShape, path)
            }
            handle = try Handle(
                H5Dcreate2(
                    parent.id, name, typeHandle.id, space.id, avprep_h5p_default(), creation.id, avprep_h5p_default()),
                "make dataset \(name) in", path, code: .unwritable)
            try HDF5.label(labels, of: handle, path)
            try HDF5.write(attributes, to: handle, path)
        }

        /// Opens a dataset. It must have this type and row shape, and be stored completely in this file, unfiltered: so
        /// nothing read later can be larger than the file.
        ///
        /// - Parameter type: nil accepts strings of any fixed length.
        init(open name: String, in parent: Handle, type: ElementType?, rowShape: [Int] = [], _ path: String) throws {
            self.name = name
            self.path = path
            self.rowShape = rowShape
            let object = try HDF5.openObject(name, in: parent, path)
            guard H5Iget_type(object.id) == H5I_DATASET else {
                throw StoreError.damaged(path, "\(name) is not a dataset")
            }
            handle = object
            let stored = try Handle(H5Dget_type(handle.id), "read the type of \(name) in", path)
            let size = H5Tget_size(stored.id)
            if let type {
                self.type = type
            } else {
                guard size > 0, size <= 1 << 16 else {
                    throw StoreError.damaged(path, "\(name) has texts of \(size) bytes")
                }
                self.type = .string(size)
            }
            typeHandle = try self.type.makeHandle(path)
            guard H5Tequal(stored.id, typeHandle.id) > 0 else {
                throw StoreError.damaged(path, "\(name) is not stored as \(self.type.name)")
            }
            rows = try Self.checkedRows(handle, name, rowShape, path)
            isContiguous = try Self.checkStorage(
                handle, name, bytes: (rows, rowShape.reduce(self.type.size, *)), path)
        }

        /// Number of rows, after checking the shape of a row.
        private static func checkedRows(_ handle: Handle, _ name: String, _ rowShape: [Int], _ path: String) throws
            -> Int
        {
            let space = try Handle(H5Dget_space(handle.id), "read the shape of \(name) in", path)
            let rank = try HDF5.check(H5Sget_simple_extent_ndims(space.id), "read the shape of \(name) in", path)
            guard H5Sget_simple_extent_type(space.id) == H5S_SIMPLE, Int(rank) == rowShape.count + 1 else {
                throw StoreError.damaged(path, "\(name) has \(rank) axes, not \(rowShape.count + 1)")
            }
            var dimensions = [hsize_t](repeating: 0, count: Int(rank))
            try HDF5.check(
                H5Sget_simple_extent_dims(space.id, &dimensions, nil), "read the shape of \(name) in", path)
            guard dimensions.dropFirst().elementsEqual(rowShape.map { hsize_t($0) }),
                let rows = dimensions.first, rows <= hsize_t(Int.max)
            else { throw StoreError.damaged(path, "\(name) has the shape \(dimensions), not [rows] + \(rowShape)") }
            return Int(rows)
        }

        /// - Returns: whether the rows are stored contiguously.
        private static func checkStorage(
            _ handle: Handle, _ name: String, bytes: (rows: Int, perRow: Int), _ path: String
        ) throws -> Bool {
            let creation = try Handle(H5Dget_create_plist(handle.id), "read the layout of \(name) in", path)
            let layout = H5Pget_layout(creation.id)
            guard layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, H5Pget_external_count(creation.id) == 0,
                H5Pget_nfilters(creation.id) == 0
            else { throw StoreError.damaged(path, "\(name) is not stored unfiltered in this file") }
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw StoreError(.unreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
            let (needed, overflow) = bytes.rows.multipliedReportingOverflow(by: bytes.perRow)
            let stored = H5Dget_storage_size(handle.id)
            guard !overflow, needed <= Int(status.st_size), stored >= hsize_t(needed) else {
                throw StoreError.damaged(path, "\(name) claims more data than the file holds")
            }
            return layout == H5D_CONTIGUOUS
        }

        /// The position of the rows in the file, in bytes from its start; nil if they are not contiguous.
        func contiguousOffset() -> Int? {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            let offset = H5Dget_offset(handle.id)
            guard offset != avprep_h5_undefined_address() else { return nil }
            return Int(exactly: offset)
        }

        /// The positions of the chunks in the file; nil if the rows are contiguous, or chunks do not hold whole rows.
        func chunks() throws -> ChunkTable? {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            let creation = try Handle(H5Dget_create_plist(handle.id), "read the layout of \(name) in", path)
            var shape = [hsize_t](repeating: 0, count: rowShape.count + 1)
            guard H5Pget_layout(creation.id) == H5D_CHUNKED,
                H5Pget_chunk(creation.id, Int32(shape.count), &shape) == Int32(shape.count),
                shape.dropFirst().elementsEqual(rowShape.map { hsize_t($0) }),
                let chunkRows = Int(exactly: shape[0]), chunkRows > 0
            else { return nil }
            let (chunkBytes, overflow) = chunkRows.multipliedReportingOverflow(by: rowBytes)
            guard !overflow else { throw StoreError.damaged(path, "\(name) has chunks of \(chunkRows) rows") }
            var offsets: [Int] = []
            var place = [hsize_t](repeating: 0, count: shape.count)
            for first in stride(from: 0, to: rows, by: chunkRows) {
                place[0] = hsize_t(first)
                var (filters, address, size) = (UInt32(0), haddr_t(0), hsize_t(0))
                try HDF5.check(
                    H5Dget_chunk_info_by_coord(handle.id, &place, &filters, &address, &size),
                    "find the chunks of \(name) in", path)
                guard address != avprep_h5_undefined_address(), filters == 0, size == hsize_t(chunkBytes),
                    let offset = Int(exactly: address)
                else { throw StoreError.damaged(path, "\(name) lacks its rows from row \(first)") }
                offsets.append(offset)
            }
            return ChunkTable(rowBytes: rowBytes, chunkRows: chunkRows, offsets: offsets)
        }

        /// The attributes of this dataset.
        func attributes() throws -> [String: AttributeValue] { try HDF5.readAttributes(of: handle, path) }

        /// Appends rows to a chunked dataset.
        func append(_ bytes: UnsafeRawBufferPointer) throws {
            guard !bytes.isEmpty else { return }
            precondition(bytes.count % rowBytes == 0, "\(name): a partial row")
            let first = rows
            rows += bytes.count / rowBytes
            let extent = ([rows] + rowShape).map { hsize_t($0) }
            try HDF5.check(H5Dset_extent(handle.id, extent), "extend \(name) in", path, code: .unwritable)
            try write(bytes, at: first)
        }

        /// Writes whole rows, starting at row `first`.
        func write(_ bytes: UnsafeRawBufferPointer, at first: Int) throws {
            guard !bytes.isEmpty else { return }
            precondition(bytes.count % rowBytes == 0, "\(name): a partial row")
            let (memory, file) = try select(first..<first + bytes.count / rowBytes)
            try HDF5.check(
                H5Dwrite(handle.id, typeHandle.id, memory.id, file.id, avprep_h5p_default(), bytes.baseAddress),
                "write \(name) to", path, code: .unwritable)
        }

        /// Reads whole rows.
        func read(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws {
            precondition(bytes.count == range.count * rowBytes, "\(name): a buffer of the wrong size")
            guard !range.isEmpty else { return }
            let (memory, file) = try select(range)
            try HDF5.check(
                H5Dread(handle.id, typeHandle.id, memory.id, file.id, avprep_h5p_default(), bytes.baseAddress),
                "read \(name) of", path)
        }

        private func select(_ range: Range<Int>) throws -> (memory: Handle, file: Handle) {
            dispatchPrecondition(condition: .onQueue(HDF5.queue))
            precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(name): rows \(range) of \(rows)")
            let count = [range.count] + rowShape
            let memory = try HDF5.makeSpace(count, path)
            let file = try Handle(H5Dget_space(handle.id), "select rows of \(name) in", path)
            let start = ([range.lowerBound] + rowShape.map { _ in 0 }).map { hsize_t($0) }
            let size = count.map { hsize_t($0) }
            try HDF5.check(
                H5Sselect_hyperslab(file.id, H5S_SELECT_SET, start, nil, size, nil), "select rows of \(name) in", path)
            return (memory, file)
        }
    }
}

extension HDF5.Dataset {
    /// All rows of an integer dataset with one value per row.
    func readAll<Number: FixedWidthInteger>(as _: Number.Type) throws -> [Number] {
        precondition(MemoryLayout<Number>.size == rowBytes, "\(name): numbers of the wrong size")
        return try readAll(zero: 0)
    }

    /// All rows of a dataset of float64.
    func readAllDoubles() throws -> [Double] {
        precondition(type == .float64 && rowShape.isEmpty, "\(name): not float64")
        return try readAll(zero: 0)
    }

    /// All rows of a dataset of strings.
    func readAllTexts() throws -> [String] {
        let length = type.size
        var bytes = [UInt8](repeating: 0, count: rows * length)
        try bytes.withUnsafeMutableBytes { try read(0..<rows, into: $0) }
        return try (0..<rows).map { row in
            guard let text = String(zeroPadded: bytes[row * length..<(row + 1) * length]) else {
                throw StoreError.damaged(path, "row \(row) of \(name) is not UTF-8")
            }
            return text
        }
    }

    private func readAll<Number>(zero: Number) throws -> [Number] {
        var numbers = [Number](repeating: zero, count: rows)
        try numbers.withUnsafeMutableBytes { try read(0..<rows, into: $0) }
        return numbers
    }
}
