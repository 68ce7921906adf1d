import AVPrepCore
import Testing

@Suite struct JSONValueTests {
    @Test func whateverWasStoredIsPassedOnAsItWas() throws {
        let text = #"{"a":[1,2.5,-3e-07,true,null,"x/y"],"b":{"c":{},"d":[]},"level":0.15000000596046448}"#
        let value = try #require(JSONValue(text: text))
        #expect(try CanonicalJSON.encode(value) == text)
        #expect(JSONValue(text: "{") == nil)
    }

    @Test func leavesAreNamedByTheirPathAndListsAreValues() throws {
        let value = try #require(JSONValue(text: #"{"a":{"b":1,"c":[1,2]},"d":"e"}"#))
        #expect(
            value.leaves(under: "x") == [
                "x.a.b": .integer(1), "x.a.c": .array([.integer(1), .integer(2)]), "x.d": .string("e"),
            ])
        #expect(value["d"] == .string("e") && value["z"] == nil)
    }

    @Test func numbersAreEqualByTheirValue() {
        #expect(JSONValue.integer(1) == .number(1) && JSONValue.integer(1) != .number(1.5))
        #expect(JSONValue.bool(true) != .integer(1) && JSONValue.null != .integer(0))
    }
}
