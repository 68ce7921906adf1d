/// A library that the program uses, and its version as found at run time.
package struct LibraryVersion: Sendable, Equatable, Codable {
    package let name: String
    package let version: String

    package init(_ name: String, _ version: String) {
        self.name = name
        self.version = version
    }
}
