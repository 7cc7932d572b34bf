import Foundation
import Statistics
import TimingOptimization
import TrafficModel

/// A proposal as text for the terminal.
public enum ProposalText {
  public static func report(_ p: TimingProposal, _ language: Language = .english) -> String {
    func number(_ x: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", x) }
    var lines: [String] = []
    let (before, after) = (p.before.map(\.delay), p.after.map(\.delay))
    if !before.isEmpty {
      let c = PairedComparison(baseline: before, alternative: after)
      lines.append(Message("timing.before", [number(c.baseline), number(c.alternative)]).text(language))
      lines.append(
        Message(
          "timing.difference",
          [number(c.difference.estimate, 2), number(c.difference.lower, 2), number(c.difference.upper, 2), "\(before.count)"]
        ).text(language))
    }
    lines.append(
      Message(
        "timing.search",
        [p.search.status.rawValue, "\(p.search.modelEvaluations)", "\(p.search.simulations)", number(p.search.seconds)]
      ).text(language))
    let errors = p.findings.filter { $0.severity == .error }
    lines.append(
      Message("timing.checked", ["\(errors.count)", "\(p.findings.filter { $0.severity == .warning }.count)"]).text(language))
    for f in errors { lines.append("  \(f.signal) \(f.stage.map { "\($0) " } ?? "")\(f.rule.rawValue): \(f.message.text(language))") }
    for e in p.explanations {
      lines.append(Message("timing.signal", [e.signal, e.reasons.map { $0.text(language) }.joined(separator: "; ")]).text(language))
    }
    return lines.joined(separator: "\n")
  }
}
