import Measures
import Statistics
import TimingOptimization
import TrafficModel

extension BeforeAfterReport {
  /// The page about a proposal: its own judgement, its reasons and its certificate, with pictures from fresh simulations before and after.
  ///
  /// - Parameters:
  ///   - seeds: simulated for the pictures and the wider table; at least one.
  ///   - bands: progression bands to draw instead of those the programs leave open.
  public init(
    _ proposal: TimingProposal, _ scenario: Scenario, seeds: [UInt64], corridor: Corridor? = nil, bands: [GreenBand]? = nil,
    threads: Int = 1, language: Language = .english
  ) throws(InputProblems) {
    precondition(!seeds.isEmpty, "a page needs a seed")
    let network = scenario.network
    var old: [SignalID: SignalProgram] = [:], new: [SignalID: SignalProgram] = [:]
    for signal in network.signals { if let program = signal.activeProgram { old[signal.id] = program } }
    for timing in proposal.plan.programs { new[timing.signal] = timing.program }
    old = old.filter { new[$0.key] != nil }
    let way = corridor ?? Corridor.main(of: scenario)
    let detailed = Replication.Recording.report(of: scenario, corridor: way)
    let plain = Replication.Recording(linkInterval: .minutes(5))
    let batch = [[:], new].flatMap { plan in
      seeds.enumerated().map { Replication(scenario, seed: $1, plan: plan, recording: $0 == 0 ? detailed : plain) }
    }
    let runs = try Replication.runAll(batch, threads: threads)
    let before = Array(runs[..<seeds.count]), after = Array(runs[seeds.count...])
    self.init(
      title: Message("change.title", [scenario.name]).text(language), network: network,
      rows: Self.rows(before: before, after: after, language: language), before: old, after: new, provenance: proposal.provenance)
    judge = Message("change.judgeSimulation", [String(seeds.count)]).text(language)
    runsBefore = before
    runsAfter = after
    self.corridor = way
    self.bands = bands
    findings = proposal.findings
    for explanation in proposal.explanations {
      if let signal = network.signalNames[explanation.signal] {
        reasons[signal] = explanation.reasons
      } else {
        certificate += explanation.reasons.map { explanation.signal + ": " + $0.text(language) }
      }
    }
    certificate += Self.sentences(proposal, language)
  }

  private static func sentences(_ proposal: TimingProposal, _ language: Language) -> [String] {
    var lines: [String] = []
    if !proposal.before.isEmpty, proposal.before.count == proposal.after.count {
      let paired = PairedComparison(baseline: proposal.before.map(\.delay), alternative: proposal.after.map(\.delay))
      lines.append(
        Message("timing.before", [NumberText.fixed(paired.baseline, 1), NumberText.fixed(paired.alternative, 1)]).text(language))
      lines.append(
        Message(
          "timing.difference",
          [
            NumberText.fixed(paired.difference.estimate, 2), NumberText.fixed(paired.difference.lower, 2),
            NumberText.fixed(paired.difference.upper, 2), String(proposal.before.count),
          ]
        ).text(language))
    }
    let search = proposal.search
    lines.append(
      Message(
        "timing.search",
        [search.status.rawValue, String(search.modelEvaluations), String(search.simulations), NumberText.fixed(search.seconds, 1)]
      ).text(language))
    if let bound = search.bound, let gap = search.gap {
      lines.append(Message("change.bound", [NumberText.figure(bound), NumberText.fixed(gap * 100, 2)]).text(language))
    }
    let errors = proposal.findings.count { $0.severity == .error }, warnings = proposal.findings.count { $0.severity == .warning }
    lines.append(Message("timing.checked", [String(errors), String(warnings)]).text(language))
    return lines
  }
}
