import TrafficModel

/// Why no plan can keep a signal's rules: the fewest rules that contradict each other.
public struct RuleFeasibility: Sendable, Hashable {
  public enum Conflict: Sendable, Hashable {
    /// A link's shortest green exceeds its longest.
    case green(link: Int, least: Int, most: Int)
    /// Links that exclude each other need more than the longest cycle.
    case cycle(links: [Int], needs: Int, most: Int)
    /// A link waits longer than allowed while others that exclude it and each other are served.
    case red(link: Int, links: [Int], needs: Int, most: Int)
  }

  /// The smallest conflict found, nil where none is.
  public let conflict: Conflict?

  /// Links that exclude each other cannot overlap, so their shortest greens and clearances add up: a set of them that exceeds the
  /// cycle, or a red, proves that no plan exists. Times in whole seconds.
  public init(_ constraints: TimingConstraints, usedLinks: [Bool]) {
    let links = constraints.links
    func least(_ i: Int) -> Int {
      var t = links[i].minimumGreen
      if let p = links[i].pedestrian { t = max(t, p.walk + p.clearance) }
      return SignalTimingModel.wholeSeconds(t)
    }
    let members = links.indices.filter { usedLinks[$0] }
    for i in members {
      if let most = links[i].maximumGreen, SignalTimingModel.wholeSeconds(most) < least(i) {
        conflict = .green(link: i, least: least(i), most: SignalTimingModel.wholeSeconds(most))
        return
      }
    }
    let need = links.indices.map { least($0) + SignalTimingModel.wholeSeconds(links[$0].yellow + links[$0].redClearance) }
    let cliques = CompatibleStages.maximalSets(count: links.count, members: members) { constraints.conflicts[$0, $1] == .conflict }
    /// The fewest of a set that exceed a limit, longest first.
    func fewest(_ set: [Int], over limit: Int) -> ([Int], Int)? {
      var sum = 0
      var chosen: [Int] = []
      for i in set.sorted(by: { (need[$0], $1) > (need[$1], $0) }) {
        sum += need[i]
        chosen.append(i)
        if sum > limit { return (chosen.sorted(), sum) }
      }
      return nil
    }
    var best: Conflict?
    var size = Int.max
    let cycle = SignalTimingModel.wholeSeconds(constraints.maximumCycle)
    for clique in cliques {
      if let (set, sum) = fewest(clique, over: cycle), set.count < size {
        size = set.count
        best = .cycle(links: set, needs: sum, most: cycle)
      }
      for i in clique {
        let most = SignalTimingModel.wholeSeconds(links[i].maximumRed)
        if let (set, sum) = fewest(clique.filter { $0 != i }, over: most), set.count + 1 < size {
          size = set.count + 1
          best = .red(link: i, links: set, needs: sum, most: most)
        }
      }
    }
    conflict = best
  }

  /// As a problem of the input.
  public func problem(file: String, signal: String) -> InputProblem? {
    func list(_ links: [Int]) -> String { links.map(String.init).joined(separator: ", ") }
    switch conflict {
    case nil: return nil
    case .green(let link, let least, let most):
      return InputProblem(
        file: file, element: "signal \(signal), link \(link)", expected: "a maximum green of at least the minimum, \(least) s",
        found: "\(most) s")
    case .cycle(let links, let needs, let most):
      return InputProblem(
        file: file, element: "signal \(signal), links \(list(links))",
        expected: "minimum greens and clearances that fit the maximum cycle of \(most) s",
        found: "\(needs) s: these links exclude each other", advice: "lengthen the cycle or shorten one of these greens")
    case .red(let link, let links, let needs, let most):
      return InputProblem(
        file: file, element: "signal \(signal), link \(link)", expected: "a red of at most \(most) s",
        found: "at least \(needs) s while links \(list(links)) are served", advice: "allow a longer red or shorten one of these greens")
    }
  }
}
