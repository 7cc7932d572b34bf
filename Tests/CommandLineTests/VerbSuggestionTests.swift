import Testing

@testable import greenwave_cli

/// A mistyped verb is answered with the one that was probably meant.
struct VerbSuggestionTests {
  @Test(arguments: [("simulat", "simulate"), ("smiulate", "simulate"), ("optimise", "optimize"), ("inspct", "inspect")])
  func theNearestVerbIsNamed(typed: String, meant: String) throws {
    let problem = try #require(VerbSuggestion.problem(with: typed))
    #expect(problem.contains("'\(meant)'"))
  }

  @Test func verbsAndOptionsPass() {
    #expect(VerbSuggestion.problem(with: "simulate") == nil)
    #expect(VerbSuggestion.problem(with: "help") == nil)
    #expect(VerbSuggestion.problem(with: "--help") == nil)
    #expect(VerbSuggestion.problem(with: "city.sumocfg")?.contains("Did you mean") == false)
  }

  @Test func distanceCountsLetters() {
    #expect(VerbSuggestion.distance("", "abc") == 3)
    #expect(VerbSuggestion.distance("abc", "acb") == 1)
    #expect(VerbSuggestion.distance("kitten", "sitting") == 3)
  }
}
