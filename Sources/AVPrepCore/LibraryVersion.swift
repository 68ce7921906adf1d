/// A library that the program uses, as found on this machine at run time.
package struct LibraryVersion: Sendable, Equatable, Codable {
    package let name: String
    package let version: String

    package init(_ name: String, _ version: String) {
        self.name = name
        self.version = version
    }
}
