import Testing

@testable import TrafficModel

@Suite struct MessageTableTests {
  /// A sentence whose languages take different arguments would hide something from one of its readers.
  @Test func languagesTakeTheSameArguments() {
    func placeholders(_ sentence: String) -> Set<String> { Set(sentence.matches(of: /\{\d+\}/).map { String($0.output) }) }
    for entry in MessageTable.subjects.joined() {
      #expect(placeholders(entry.english) == placeholders(entry.chinese), "\(entry.key)")
      #expect(!entry.english.isEmpty && !entry.chinese.isEmpty, "\(entry.key)")
    }
  }

  @Test func argumentsAreFilledIn() {
    let message = Message("plan.shortYellow", ["4", "2", "3"])
    #expect(message.text() == "link 4 shows yellow for 2 s, at least 3 s required")
    #expect(message.text(.chinese).contains("2 秒"))
  }

  @Test func anUnknownKeyShowsItsArguments() {
    #expect(Message("no.such.sentence", ["a", "b"]).text() == "no.such.sentence(a, b)")
    #expect(Message("plan.shortYellow", ["4"]).text().contains("{1}"))
  }
}
