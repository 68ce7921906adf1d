import CKernels

/// How well a motion of the whole picture explains what is seen: a judge that looks at all of the picture, not only at
/// the corners by which the motion was found.
///
/// Each cell is said to move along, where the pictures agree there; to move otherwise; or to be blank, where nothing is
/// to be seen. The camera's motion shows wherever there is something to see, a thing's motion where the thing is.
struct PictureAgreement {
    /// How far, in pixels of the level compared, a cell may miss its place and still move along.
    private static let tolerance: Float = 0.4
    /// How many cells from a border count as there.
    private static let borderCells = 2
    /// Smallest share of all cells that must move along.
    private static let smallestShare = 0.12
    /// Smallest share that the cells that move along must have of those that do not move otherwise: what moves otherwise
    /// hides the background and is not held against it.
    static let smallestSupport = 0.35
    /// How widely the cells that move along must lie at least, against all cells: a motion held up by one thing says
    /// nothing about the rest of the picture. A thing that fills 40 % of the picture reaches 0.45; the ground, without
    /// the upper half of the picture, 0.5; what surrounds a thing in the middle, more than 1.
    private static let smallestReach = 0.45
    /// Both together: a thing that fills 40 % of the picture before a plain wall has 0.2, and up to 0.28 since cells that
    /// it fills in part count as a whole, and the pictures may share only a part. Or, instead of that, the support along the picture's borders: ground under an
    /// empty sky has half of them, a thing one side.
    private static let smallestSupportedReach = 0.29
    private static let smallestBorderSupport = 0.45
    /// What a convincing motion needs: the spread of what moves along, against that of all that can be seen, and the
    /// shares of what can be seen that move along, in the whole picture and along its borders. A thing has little of the
    /// borders, and fine textures may not be found again in most of the background.
    private static let wideSpread = 0.7
    private static let convincingShare = 0.25
    private static let convincingBorderShare = 0.3

    /// Cells of one kind, in the picture and along its borders.
    private struct Cells {
        private(set) var everywhere = CellSpread()
        private(set) var border = 0.0

        mutating func add(column: Int, row: Int, isBorder: Bool, weight: Double = 1) {
            everywhere.add(column: column, row: row, weight: weight)
            if isBorder { border += weight }
        }
    }

    /// Cells that both pictures show; among them those where something can be seen; among those what moves along, once
    /// each and once the more the less it misses.
    private var shared = Cells()
    private var textured = Cells()
    private var along = Cells()
    private var exact = Cells()

    /// Compares `key` with `other` where `toOther` takes it, at one level of their pyramids.
    init(_ key: TrackedPicture, _ other: TrackedPicture, toOther: Homography, level: Int32) {
        let texture = key.texture(level)
        let size = Double(1 << level)
        let rows = toOther.rows
        // The map of the level's pixels.
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

    /// Whether this may be the camera's motion: enough of the picture has to hold it up, in width or along the borders.
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

    /// Whether so much of the picture moves along that nothing else needs to be looked for. Else it may be a near object
    /// that was found, and the background not.
    var isConvincing: Bool {
        isPossible && along.everywhere.area >= Self.wideSpread * textured.everywhere.area
            && along.everywhere.count >= Self.convincingShare * textured.everywhere.count
            && along.border >= Self.convincingBorderShare * textured.border
    }

    /// What is held against rivals: how much of the picture moves along, how far that reaches, and how much of the
    /// borders it holds. The background surrounds what moves in front of it, so it reaches further even where it shows
    /// less.
    var weight: Double {
        exact.everywhere.count * exact.everywhere.area * (0.1 + exact.border / max(1, shared.border))
    }
}
