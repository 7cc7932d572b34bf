import TrafficModel

/// Says in words what became of each signal.
public enum PlanExplanation {
  public static func explain(
    _ models: [SignalTimingModel], from before: [StagePlan], to after: [StagePlan], problem: TimingProblem, judged: Int
  ) -> [TimingProposal.Explanation] {
    models.indices.map { s in
      let model = models[s]
      let (old, new) = (before[s], after[s])
      guard old != new else {
        return .init(signal: model.name, changed: false, reasons: whyUnchanged(old, model, judged))
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
      if let most = greatestGain(model, old, new, problem.network) { reasons.append(most) }
      let (o0, o1) = (mod(old.offset, c0), mod(new.offset, c1))
      if o0 != o1 && models.count > 1 { reasons.append(Message("timing.offset", ["\(o0)", "\(o1)"])) }
      return .init(signal: model.name, changed: true, reasons: reasons)
    }
  }

  /// A plan may be left as it is because nothing better was found, or because its rules leave nothing to choose.
  private static func whyUnchanged(_ plan: StagePlan, _ model: SignalTimingModel, _ judged: Int) -> [Message] {
    var reasons = [Message("timing.unchanged", ["\(judged)"])]
    let margin = plan.shortestGreenMargin(model)
    if margin <= 1 { reasons.append(Message("timing.noRoom", ["\(plan.cycle(model))"])) }
    if model.candidates.count <= 2 { reasons.append(Message("timing.noChoice", ["\(model.candidates.count)"])) }
    return reasons
  }

  /// What a ring-and-barrier design looks like.
  public static func rings(_ outcome: RingBarrierDesign.Outcome) -> Message {
    let plan = outcome.plan
    let order = plan.rings.map { ring in
      plan.barriers.map { plan.sequence(ring: ring, barrier: $0).map { "\($0.number)" }.joined(separator: " ") }.joined(separator: " | ")
    }
    return Message(
      "timing.rings",
      [
        "\(plan.phases.count)", "\(plan.rings.count)", "\(plan.barriers.count)", order.joined(separator: "; "),
        plan.cycle.map { "\(Int($0.seconds))" } ?? "–",
      ])
  }

  /// What a plan's load means.
  public static func load(_ load: IsolatedTiming.Load) -> [Message] {
    let ratio = String((load.criticalFlowRatio * 100).rounded() / 100)
    let growth = String(Int((load.queueGrowth * 3600).rounded()))
    if load.criticalFlowRatio >= 1 { return [Message("timing.oversaturated", [ratio, growth])] }
    if load.queueGrowth > 1e-3 { return [Message("timing.criticalFlowRatio", [ratio]), Message("timing.overloaded", [growth])] }
    return [Message("timing.criticalFlowRatio", [ratio])]
  }

  /// The link whose share of green grew most.
  private static func greatestGain(
    _ model: SignalTimingModel, _ old: StagePlan, _ new: StagePlan, _ network: RoadNetwork
  ) -> Message? {
    func shares(_ p: StagePlan) -> [Double] {
      let t = SignalTimeline(p.program(model, id: ""), links: model.linkCount)
      return (0..<model.linkCount).map { t.green(of: $0).seconds / t.cycle.seconds }
    }
    let (a, b) = (shares(old), shares(new))
    guard let most = model.usedLinks.indices.filter({ model.usedLinks[$0] }).max(by: { b[$0] - a[$0] < b[$1] - a[$1] }),
      b[most] - a[most] > 0.02
    else { return nil }
    guard let connection = network[model.signal].links[most].first.map({ network[$0] }) else { return nil }
    func name(_ lane: LaneID) -> String {
      let link = network[network[lane].link]
      return link.streetName.flatMap { $0.isEmpty ? nil : "\($0) (\(network.name(link.id)))" } ?? network.name(link.id)
    }
    return Message(
      "timing.moreGreen",
      [
        "\(most)", "\(Int((a[most] * 100).rounded()))", "\(Int((b[most] * 100).rounded()))", name(connection.fromLane),
        name(connection.toLane),
      ])
  }

  private static func percent(_ part: Int, _ whole: Int) -> Int { whole > 0 ? Int((Double(part) / Double(whole) * 100).rounded()) : 0 }
  private static func mod(_ a: Int, _ m: Int) -> Int { m > 0 ? ((a % m) + m) % m : a }
}
