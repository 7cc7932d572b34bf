import ArgumentParser
import Greenwave

struct StrategiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "strategies", abstract: "List the control strategies.")

  @Option(help: "Language of the sentences.") var language: Language = .english

  func run() {
    let width = ControlStrategy.all.map(\.name.count).max() ?? 0
    for strategy in ControlStrategy.all {
      print(strategy.name + String(repeating: " ", count: width - strategy.name.count + 2) + strategy.summary.text(language))
    }
    let priority = ControlStrategy.named(ControlStrategy.all[0].name + ControlStrategy.prioritySuffix)!
    let name = "…" + ControlStrategy.prioritySuffix
    print(name + String(repeating: " ", count: width - name.count + 2) + priority.summary.text(language))
  }
}
