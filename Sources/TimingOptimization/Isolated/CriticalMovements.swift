import TrafficModel

/// Which streams decide how long each stage must be: critical-movement analysis.
public struct CriticalMovements: Sendable, Hashable {
  /// Share of the cycle each stage needs.
  public var stageRatios: [Double]
  /// Their sum; 1 or more means no cycle serves the demand.
  public var total: Double { stageRatios.reduce(0, +) }
  /// Stream that decides each stage, -1 where none does.
  public var critical: [Int]

  /// - Parameters:
  ///   - plan: its stages; durations do not matter.
  ///   - streams: streams of the signal with rows counted from the signal's first link.
  ///
  /// A stream served in several stages needs their sum. Those with least choice are served first; what is missing then goes to the
  /// stage that already holds most of the stream's green.
  public init(_ plan: StagePlan, _ model: SignalTimingModel, streams: [PlatoonNetwork.Stream], rowStart: Int) {
    let k = plan.stages.count
    stageRatios = [Double](repeating: 0, count: k)
    critical = [Int](repeating: -1, count: k)
    var needs: [(stream: Int, stages: [Int], ratio: Double)] = []
    for (j, s) in streams.enumerated() where s.demand > 0 {
      let links = s.parts.map { $0.row - rowStart }
      let serving = (0..<k).filter { stage in
        links.allSatisfy { model.candidates[plan.stages[stage].candidate].members.contains($0) }
      }
      let some =
        serving.isEmpty
        ? (0..<k).filter { stage in links.contains { model.candidates[plan.stages[stage].candidate].members.contains($0) } } : serving
      needs.append((j, some, s.demand / s.saturationFlow))
    }
    needs.sort { ($0.stages.count, -$0.ratio, $0.stream) < ($1.stages.count, -$1.ratio, $1.stream) }
    for need in needs where !need.stages.isEmpty {
      let given = need.stages.reduce(0) { $0 + stageRatios[$1] }
      guard need.ratio > given, let most = need.stages.max(by: { stageRatios[$0] < stageRatios[$1] }) else { continue }
      stageRatios[most] += need.ratio - given
      critical[most] = need.stream
    }
  }
}
