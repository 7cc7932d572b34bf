import ArgumentParser
import Foundation
import Greenwave

/// `greenwave explain LOG SIGNAL@SECONDS`.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell the options and reasons of a decision from a log that greenwave control --log wrote.",
    discussion: "Tells the last decision at or before the time. Example: greenwave explain decisions.jsonl A@300")
  @Argument(help: "The log.") var log: String
  @Argument(help: "Which decision, as SIGNAL@SECONDS.") var decision: String
  @Option(help: "Language of the sentences.") var language: Language = .english

  func validate() throws {
    guard DecisionWish(decision) != nil else { throw ValidationError("name the decision as SIGNAL@SECONDS, not '\(decision)'") }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      guard let data = FileManager.default.contents(atPath: log) else {
        throw InputProblem(file: log, expected: "a log of decisions", found: "no such file", isMissingInput: true)
      }
      let wish = DecisionWish(decision)!
      guard let (entry, stages) = try DecisionLog.find(wish.signal, at: wish.time, in: String(decoding: data, as: UTF8.self), file: log)
      else {
        throw InputProblem(file: log, element: "signal \(wish.signal)", expected: "something at or before \(wish.time) s", found: "nothing")
      }
      for violation in entry.violations ?? [] {
        print("\(entry.time): " + violation.message(signalName: entry.signal).text(language))
      }
      guard let explanation = entry.explanation else {
        print(Message("explain.nothing", [entry.signal, NumberText.short(entry.time), "\(entry.shown)"]).text(language))
        return
      }
      print(explanation.text(signal: entry.signal, stages: stages, shown: (entry.shown, Instant(seconds: entry.time)), language))
    }
  }
}
