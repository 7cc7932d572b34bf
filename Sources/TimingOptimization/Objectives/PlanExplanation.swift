import TrafficModel

/// Says in words what became of each signal.
public enum PlanExplanation {
  public static func explain(
    _ models: [SignalTimingModel], from before: [StagePlan], to after: [StagePlan], problem: TimingProblem
  ) -> [TimingProposal.Explanation] {
    models.indices.map { s in
      let model = models[s]
      let (old, new) = (before[s], after[s])
      guard old != new else {
        return .init(signal: model.name, changed: false, reasons: [Message("timing.unchanged", [])])
      }
      var reasons: [Message] = []
      let (c0, c1) = (old.cycle(model), new.cycle(model))
      if c0 != c1 { reasons.append(Message(c1 < c0 ? "timing.cycleShorter" : "timing.cycleLonger", ["\(c0)", "\(c1)"])) }
      let (l0, l1) = (old.lostSeconds(model), new.lostSeconds(model))
      let (lost0, lost1) = (percent(l0, c0), percent(l1, c1))
      if lost0 != lost1 { reasons.append(Message("timing.lostTime", ["\(lost0)", "\(lost1)"])) }
      let shown = Set(old.stages.map(\.candidate))
      let kept = Set(new.stages.map(\.candidate))
      let dropped = shown.subtracting(kept).count
      let added = kept.subtracting(shown).count
      if dropped > 0 { reasons.append(Message("timing.stagesDropped", ["\(dropped)"])) }
      if added > 0 { reasons.append(Message("timing.stagesAdded", ["\(added)"])) }
      let repeated = new.stages.count - kept.count
      if repeated > 0 { reasons.append(Message("timing.stagesRepeated", ["\(repeated)"])) }
      if let most = greatestGain(model, old, new) { reasons.append(most) }
      let (o0, o1) = (mod(old.offset, c0), mod(new.offset, c1))
      if o0 != o1 && models.count > 1 { reasons.append(Message("timing.offset", ["\(o0)", "\(o1)"])) }
      return .init(signal: model.name, changed: true, reasons: reasons)
    }
  }

  /// The link whose share of green grew most.
  private static func greatestGain(_ model: SignalTimingModel, _ old: StagePlan, _ new: StagePlan) -> Message? {
    func shares(_ p: StagePlan) -> [Double] {
      let t = SignalTimeline(p.program(model, id: ""), links: model.linkCount)
      return (0..<model.linkCount).map { t.green(of: $0).seconds / t.cycle.seconds }
    }
    let (a, b) = (shares(old), shares(new))
    guard let most = model.usedLinks.indices.filter({ model.usedLinks[$0] }).max(by: { b[$0] - a[$0] < b[$1] - a[$1] }),
      b[most] - a[most] > 0.02
    else { return nil }
    return Message("timing.moreGreen", ["\(most)", "\(Int((a[most] * 100).rounded()))", "\(Int((b[most] * 100).rounded()))"])
  }

  private static func percent(_ part: Int, _ whole: Int) -> Int { whole > 0 ? Int((Double(part) / Double(whole) * 100).rounded()) : 0 }
  private static func mod(_ a: Int, _ m: Int) -> Int { m > 0 ? ((a % m) + m) % m : a }
}
