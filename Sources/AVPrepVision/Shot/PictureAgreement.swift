import CKernels

/// How well a motion of the whole picture explains the pictures: it is evaluated over the whole picture, not only at
/// the corners that the motion was estimated from.
///
/// Each cell is classified as consistent, where the pictures agree under the motion; as inconsistent; or as blank,
/// where it has no texture. The camera's motion is consistent wherever there is texture, an object's motion only where
/// the object is.
struct PictureAgreement {
    /// Maximum displacement, in pixels of the compared level, of a consistent cell.
    private static let tolerance: Float = 0.4
    /// Number of cells from a border that belong to it.
    private static let borderCells = 2
    /// Minimum fraction of consistent cells among all cells.
    private static let smallestShare = 0.12
    /// Minimum ratio of consistent cells to those that are not inconsistent: objects that move otherwise hide the
    /// background and do not count against it.
    static let smallestSupport = 0.35
    /// Minimum spread of the consistent cells, relative to that of all cells: a motion supported by one object says
    /// nothing about the rest of the picture. An object that fills 40 % of the picture reaches 0.45; the ground,
    /// without the upper half of the picture, 0.5; the surroundings of an object in the middle, more than 1.
    private static let smallestReach = 0.45
    /// Both together: an object that fills 40 % of the picture in front of a plain wall has 0.2, and up to 0.28 since
    /// partly filled cells count as a whole, and the pictures may overlap only in part. Alternatively, the support
    /// along the picture's borders: ground under an empty sky has half of them, an object one side.
    private static let smallestSupportedReach = 0.29
    private static let smallestBorderSupport = 0.45
    /// Requirements of a convincing motion: the spread of consistent cells, relative to that of all textured cells, and
    /// the fractions of textured cells that are consistent, in the whole picture and along its borders. An object
    /// covers little of the borders, and fine textures may not be matched in most of the background.
    private static let wideSpread = 0.7
    private static let convincingShare = 0.25
    private static let convincingBorderShare = 0.3

    /// Cells of one class, in the picture and along its borders.
    private struct Cells {
        private(set) var everywhere = CellSpread()
        private(set) var border = 0.0

        mutating func add(column: Int, row: Int, isBorder: Bool, weight: Double = 1) {
            everywhere.add(column: column, row: row, weight: weight)
            if isBorder { border += weight }
        }
    }

    /// Cells visible in both pictures; among them the textured ones; among those the consistent ones, once unweighted
    /// and once weighted by how exactly they agree.
    private var shared = Cells()
    private var textured = Cells()
    private var along = Cells()
    private var exact = Cells()

    /// Compares `key` with `other` under the map `toOther`, at one level of their pyramids.
    init(_ key: TrackedPicture, _ other: TrackedPicture, toOther: Homography, level: Int32) {
        let texture = key.texture(level)
        let size = Double(1 << level)
        let rows = toOther.rows
        // The map in pixels of the level.
        let map = [
            rows.0.x, rows.0.y, rows.0.z / size, rows.1.x, rows.1.y, rows.1.z / size, rows.2.x * size,
            rows.2.y * size, rows.2.z,
        ]
        var pixels = Array(repeating: Int32(0), count: texture.strength.count)
        var residuals = Array(repeating: Float(0), count: texture.strength.count)
        ckernels_motion_compare(key.level(level), other.level(level), map, &pixels, &residuals)
        for cell in pixels.indices where 2 * pixels[cell] >= CKERNELS_CELL * CKERNELS_CELL {
            let (column, row) = (cell % texture.columns, cell / texture.columns)
            let isBorder =
                min(column, texture.columns - 1 - column) < Self.borderCells
                || min(row, texture.rows - 1 - row) < Self.borderCells
            shared.add(column: column, row: row, isBorder: isBorder)
            let strength = texture.strength[cell]
            guard strength > 0 else { continue }
            textured.add(column: column, row: row, isBorder: isBorder)
            let miss = (residuals[cell] - texture.noise) / (Self.tolerance * Self.tolerance * strength)
            guard miss <= 1 else { continue }
            along.add(column: column, row: row, isBorder: isBorder)
            exact.add(column: column, row: row, isBorder: isBorder, weight: Double(1 - max(0, miss)))
        }
    }

    /// Whether this may be the camera's motion: enough of the picture must support it, in spread or along the borders.
    var isPossible: Bool {
        let count = along.everywhere.count
        let blank = shared.everywhere.count - textured.everywhere.count
        let support = count / max(1, count + blank)
        let borderSupport = along.border / max(1, along.border + shared.border - textured.border)
        let reach = along.everywhere.area / max(1, shared.everywhere.area)
        return support >= Self.smallestSupport && reach >= Self.smallestReach
            && count >= Self.smallestShare * shared.everywhere.count
            && (support * min(1, reach) >= Self.smallestSupportedReach || borderSupport >= Self.smallestBorderSupport)
    }

    /// Whether so much of the picture is consistent that no further search is needed. Otherwise the motion may be that
    /// of a near object instead of the background.
    var isConvincing: Bool {
        isPossible && along.everywhere.area >= Self.wideSpread * textured.everywhere.area
            && along.everywhere.count >= Self.convincingShare * textured.everywhere.count
            && along.border >= Self.convincingBorderShare * textured.border
    }

    /// The score compared with rival motions: how much of the picture is consistent, its spread, and how much of the
    /// borders it covers. The background surrounds what moves in front of it, so its spread is larger even where it
    /// shows less.
    var weight: Double {
        exact.everywhere.count * exact.everywhere.area * (0.1 + exact.border / max(1, shared.border))
    }
}
