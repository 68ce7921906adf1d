/// A small stroke font, readable from a height of 10 pixels, at any size.
///
/// A glyph is defined on a grid of half pixels at scale 1: x from 0 to 8, capitals from y = 0 to the baseline at 18,
/// small letters from 6, descenders to 24. Two characters per point (base 36: x, y), a space between strokes; a stroke
/// that starts with `~` is smooth. Vertical and horizontal strokes have even coordinates, so that they fill whole
/// pixels at scale 1.
enum StrokeFont {
    typealias Point = SIMD2<Double>

    /// Distance between letters, in pixels at scale 1.
    static let advance = 7.0
    /// The width of a letter, at scale 1.
    static let letterWidth = 5.0
    /// The row of the baseline below the top of capitals, at scale 1.
    static let baseline = 9.0

    /// The strokes of a character, in pixels at scale 1 from the top left corner; a box for a missing character.
    static func strokes(of character: Character) -> [[Point]] { glyphs[character] ?? missing }

    private static let missing = parse("00808i0i00")
    private static let glyphs = table.mapValues(parse)

    private static func parse(_ text: String) -> [[Point]] {
        text.split(separator: " ").map { stroke -> [Point] in
            let digits = stroke.utf8.filter { $0 != 126 }.map(halfPixels)
            var points = stride(from: 0, to: digits.count - 1, by: 2).map { Point(digits[$0], digits[$0 + 1]) / 2 }
            guard stroke.hasPrefix("~") else { return points }
            for _ in 0..<3 { points = smoothed(points) }
            return points
        }
    }

    /// The value of a digit of base 36.
    private static func halfPixels(_ digit: UInt8) -> Double { Double(digit < 58 ? digit - 48 : digit - 87) }

    /// Cuts the corners once (Chaikin, "An algorithm for high-speed curve generation", 1974): repeated, a quadratic
    /// spline. An open line keeps its ends; a closed one is cut there too.
    private static func smoothed(_ points: [Point]) -> [Point] {
        guard let first = points.first, let last = points.last, points.count > 2 else { return points }
        var result: [Point] = []
        for (start, end) in zip(points, points.dropFirst()) {
            let quarter = (end - start) / 4
            result.append(start + quarter)
            result.append(end - quarter)
        }
        if first == last {
            result.append(result[0])
        } else {
            result[0] = first
            result[result.count - 1] = last
        }
        return result
    }

    private static let table: [Character: String] = [
        " ": "", "!": "404c 4g4i", "\"": "2024 6064", "#": "2i40 5i70 0686 0c8c", "$": "~83700009898i1i0f 404i",
        "%": "800i ~0030350500 ~5d8d8i5i5d", "&": "~8i152050650a0i5i8b", "'": "4044", "(": "~60252f6k",
        ")": "~20656f2k", "*": "434d 058b 850b", "+": "454f 0a8a", ",": "4h3l", "-": "1a7a", ".": "4g4i",
        "/": "800k", ":": "4749 4g4i", ";": "4749 4h3l", "<": "741a7g", "=": "0888 0c8c", ">": "147a1g",
        "?": "~03108086494c 4g4i", "@": "~7i0i00808c5c55 ~55252c5c55", "[": "60202k6k", "\\": "008k", "]": "20606k2k",
        "^": "164076", "_": "0k8k", "`": "3054", "{": "~70404a1a ~1a4a4k7k", "|": "404k", "}": "~10404a7a ~7a4a4k1k",
        "~": "~0c276d88", "°": "~2060662620", "×": "167e 761e", "·": "494b", "…": "0g0i 4g4i 8g8i", "–": "0a8a",
        "±": "444c 0888 0g8g", "→": "0a8a 568a5e",
        "0": "~00808i0i00 2d65", "1": "14404i 1i7i", "2": "~041080874c 4c0i8i", "3": "~0210707838 ~38888i1i0f",
        "4": "6i600c8c", "5": "800008 ~0826868i1i0f", "6": "~8270000c ~07878i0i07", "7": "00802i",
        "8": "~1070781810 ~08888i0i08", "9": "~0g1i8i86 ~00808b0b00",
        "A": "0i408i 1c7c", "B": "000i ~00707808 ~08888i0i", "C": "~8370000i7i8f", "D": "000i ~0050848e5i0i",
        "E": "80000i8i 0868", "F": "80000i 0868", "G": "~8370000i8i8a 4a8a", "H": "000i 808i 0888",
        "I": "404i 1070 1i7i", "J": "~606i0i0e", "K": "000i 800b 378i", "L": "000i8i", "M": "0i004a808i",
        "N": "0i008i80", "O": "~00808i0i00", "P": "0i00 ~00808a0a", "Q": "~00808i0i00 5e8k", "R": "0i00 ~00808a0a 4a8i",
        "S": "~83700009898i1i0f", "T": "0080 404i", "U": "~000i8i80", "V": "004i80", "W": "002i456i80",
        "X": "008i 800i", "Y": "004880 484i", "Z": "00800i8i",
        "a": "~1826868c 8c8i ~8a0a0i6i8e", "b": "000i ~0926868i2i0f", "c": "~8876060i7i8g", "d": "808i ~8966060i6i8f",
        "e": "0c8c ~8c86060i7i8g", "f": "~80404a 4a4i 1676", "g": "868i ~8966060i6i8f ~8i8o1o",
        "h": "000i ~0a26868c 8c8i", "i": "16464i 1i7i 4142", "j": "2666 ~666o0o 6162", "k": "000i 760d 3a8i",
        "l": "10404i 1i7i", "m": "060i ~0816464b 4b4i ~4856868b 8b8i", "n": "060i ~0a26868c 8c8i",
        "o": "~06868i0i06", "p": "060o ~0926868i2i0f", "q": "868o ~8966060i6i8f", "r": "060i ~0a267688",
        "s": "~8876060c8c8i1i0g", "t": "~212i7i8g 0676", "u": "~060i6i8e 868i", "v": "064i86", "w": "062i4a6i86",
        "x": "068i 860i", "y": "064i 862o", "z": "06860i8i",
    ]
}
