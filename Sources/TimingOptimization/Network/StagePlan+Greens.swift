import TrafficModel

extension StagePlan {
  /// Greens of the signal's rows round the cycle, for the platoon model.
  package func greens(_ model: SignalTimingModel) -> [PlatoonEngine.GreenInterval] {
    var intervals: [PlatoonEngine.GreenInterval] = []
    let k = stages.count
    var clock = Float(offset)
    for a in 0..<k {
      let here = model.candidates[stages[a].candidate]
      let next = model.candidates[stages[(a + 1) % k].candidate]
      let before = model.candidates[stages[(a + k - 1) % k].candidate]
      let end = clock + Float(stages[a].seconds)
      let change = Float(model.transitionLength(from: stages[a].candidate, to: stages[(a + 1) % k].candidate))
      for i in here.greens {
        let goesOn = next.members.contains(i)
        intervals.append(
          .init(
            row: i, from: clock, to: goesOn ? end + change : end, isProtected: here.state[i] == .green,
            startsGreen: !before.members.contains(i), endsGreen: !goesOn))
      }
      clock = end + change
    }
    return intervals
  }
}
