/// A colour: red, green and blue, 0...255.
package struct Colour: Sendable, Hashable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// - Parameter rgb: `0xRRGGBB`.
    package init(_ rgb: UInt32) {
        self.init(
            red: UInt8(truncatingIfNeeded: rgb >> 16), green: UInt8(truncatingIfNeeded: rgb >> 8),
            blue: UInt8(truncatingIfNeeded: rgb))
    }

    /// This colour for `share` 0, `other` for 1, rounded to the nearest level.
    package func mixed(with other: Colour, _ share: Double) -> Colour {
        func mix(_ first: UInt8, _ second: UInt8) -> UInt8 {
            UInt8((Double(first) + (Double(second) - Double(first)) * min(1, max(0, share))).rounded())
        }
        return Colour(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }
}

/// The colours of avprep's drawings, on a dark neutral background that does not compete with pictures and colour maps.
package enum Palette {
    package static let ground = Colour(0x16181B)
    /// Behind a panel's content.
    package static let panel = Colour(0x1E2125)
    package static let outline = Colour(0x3A3F46)
    package static let text = Colour(0xE8EAED)
    package static let faintText = Colour(0x9AA1AA)
    /// Five colours to distinguish items.
    package static let blue = Colour(0x6FA8DC)
    package static let green = Colour(0x7FC97F)
    package static let yellow = Colour(0xF2C14E)
    package static let red = Colour(0xF0665A)
    package static let violet = Colour(0xB79CED)
}
