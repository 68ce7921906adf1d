import AVPrepCore
import Testing

/// Where the file of an address lies follows from the address alone.
struct WebAddressTests {
    private func address(_ text: String) throws -> WebAddress { try #require(WebAddress(BytePath(text))) }

    @Test(arguments: ["videos/a.mp4", "http:/a.mp4", "https", "ftp://host/a.mp4", "./http://host/a.mp4", ""])
    func aPathIsNone(_ text: String) { #expect(WebAddress(BytePath(text)) == nil) }

    @Test func aFragmentDoesNotChangeTheFile() throws {
        let plain = try address("https://host/a/b.MP4?x=1")
        #expect(plain.cachedName == (try address("https://host/a/b.MP4?x=1#t=1,2")).cachedName)
        #expect(plain.cachedName != (try address("https://host/a/b.MP4?x=2")).cachedName)
        #expect(plain.cachedName.hasSuffix(".mp4") && plain.fault == nil && plain.isSecure)
    }

    @Test(arguments: [
        "https://host", "https://host/", "https://host/a.b/c", "https://host/a.tar%2e", "https://host.mp4",
        "https://host/a.mp4/../../../etc", "https://host/x.verylongending", "http://host/.../",
    ])
    func aCachedNameNeverLeavesItsFolder(_ text: String) throws {
        let parts = try address(text).cachedName.split(separator: "/", omittingEmptySubsequences: false)
        #expect(parts.count == 2 && parts[0].count == 2)
        #expect(parts[1].allSatisfy { $0.isLetter || $0.isNumber || $0 == "." } && !parts[1].hasSuffix("."))
    }

    @Test func whatAnAddressMayNotHaveIsEncoded() throws {
        #expect(try address("http://host/a b\u{e9}.mp4").text == "http://host/a%20b%C3%A9.mp4")
        #expect(try address("HTTP://Host:80/a%20b.mp4").text == "HTTP://Host:80/a%20b.mp4")
    }

    @Test(arguments: [
        ("https://me:secret@host/a.mp4", "netrc"), ("https://me@host/a.mp4", "netrc"), ("https:///a.mp4", "server"),
        ("https://host/a.mp4#sha256=12", "64"),
    ])
    func whatCannotBeFetchedAsItIsWrittenSaysWhy(_ text: String, _ word: String) throws {
        #expect(try address(text).fault?.contains(word) == true)
    }

    @Test(arguments: [
        ("https://Host.Org/a", "host.org"), ("http://host:8080/a", "host"), ("http://[::1]:80/a", "[::1]"),
        ("http://host?x", "host"),
    ])
    func theHostIsThatOfTheServer(_ text: String, _ host: String) throws { #expect(try address(text).host == host) }
}
