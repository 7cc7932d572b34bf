import ArgumentParser
import Foundation
import TrafficModel

/// The program: says what was probably meant where a verb is not known, and hands over to the commands.
@main
enum GreenwaveProgram {
  static func main() async {
    if let word = CommandLine.arguments.dropFirst().first, let problem = VerbSuggestion.problem(with: word) {
      CommandSupport.writeError(problem)
      exit(ExitStatus.usage.rawValue)
    }
    await GreenwaveCommand.main()
  }
}

/// What to say about a verb nobody knows.
enum VerbSuggestion {
  /// Nil where `word` is a verb, or no verb at all.
  static func problem(with word: String) -> String? {
    let verbs = GreenwaveCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard !word.hasPrefix("-"), !verbs.contains(word) else { return nil }
    let nearest = verbs.map { ($0, distance(word.lowercased(), $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
    let first = "Error: greenwave has no command '\(word)'."
    guard let nearest, nearest.1 <= max(2, word.count / 3) else { return first + " 'greenwave --help' lists them." }
    return first + " Did you mean '\(nearest.0)'?"
  }

  /// Letters to insert, remove, replace or swap with their neighbour to get from one word to the other.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a), b = Array(b)
    var table = (0...a.count).map { i in (0...b.count).map { j in i == 0 ? j : j == 0 ? i : 0 } }
    for i in a.indices {
      for j in b.indices {
        var best = min(table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, table[i - 1][j - 1] + 1) }
        table[i + 1][j + 1] = best
      }
    }
    return table[a.count][b.count]
  }
}
