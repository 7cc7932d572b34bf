import TrafficModel

/// A street of signals found in a network: which signals, which of their links the street's traffic uses, how far and how fast from
/// one to the next, and how much traffic goes.
public struct ArterialStreet: Sendable {
  /// The street's traffic in one direction from one signal to the next.
  public struct Stretch: Sendable, Hashable {
    /// Links driven, from the one that leaves the first signal to the one that meets the second.
    public var links: [LinkID]
    /// Stop line to stop line [m].
    public var length: Double
    /// At the speed limits [m/s].
    public var speed: Double
    /// [veh/h]
    public var flow: Double
    /// What the approach could discharge all the time [veh/h].
    public var saturationFlow: Double
  }

  /// Positions of the signals in the timing problem's models, in outbound order.
  public private(set) var signals: [Int]
  /// The link index of the street's through traffic at each signal.
  public private(set) var outboundRows: [Int]
  public private(set) var inboundRows: [Int]
  /// One fewer than signals; nil where no route of the demand and no direct way leads back.
  public private(set) var outbound: [Stretch]
  public private(set) var inbound: [Stretch?]

  /// The street along named signals, in order.
  ///
  /// - Throws: ``InputProblems`` naming signals that are not in the network or between which nobody drives.
  public init(along names: [String], in problem: TimingProblem, file: String) throws(InputProblems) {
    var problems: [InputProblem] = []
    var chosen: [Int] = []
    for name in names {
      if let position = problem.models.firstIndex(where: { $0.name == name }) {
        chosen.append(position)
      } else {
        problems.append(
          InputProblem(
            file: file, element: "signal \(name)", expected: "a signal of the network that can be timed", found: "none of that name",
            advice: "signals are: " + problem.models.map(\.name).joined(separator: ", ")))
      }
    }
    if chosen.count == names.count, Set(chosen).count < 2 || Set(chosen).count != chosen.count {
      problems.append(InputProblem(file: file, element: "arterial", expected: "at least two different signals", found: "\(names)"))
    }
    guard problems.isEmpty else { throw InputProblems(problems) }
    let traffic = SignalTraffic(problem)
    for (a, b) in zip(chosen, chosen.dropFirst()) where traffic.pair(a, b) == nil {
      // The street may be named against its only traffic.
      problems.append(
        InputProblem(
          file: file, element: "arterial", expected: "traffic from signal \(problem.models[a].name) to \(problem.models[b].name)",
          found: "no route of the demand", advice: "name neighbouring signals in the direction of travel"))
    }
    guard problems.isEmpty, let street = Self(chosen, traffic) else { throw InputProblems(problems) }
    self = street
  }

  /// The heaviest corridor: from the pair of neighbouring signals with the most traffic between them, on at either end to the signal to
  /// which most of that traffic goes, as long as at least `leastThrough` of it does.
  ///
  /// - Throws: ``InputProblems`` where no traffic passes two signals.
  public init(heaviestIn problem: TimingProblem, file: String, leastThrough: Double = 1 / 3) throws(InputProblems) {
    let traffic = SignalTraffic(problem)
    guard let chosen = traffic.heaviestCorridor(leastThrough: leastThrough), let street = Self(chosen, traffic) else {
      throw InputProblems([
        InputProblem(
          file: file, element: "arterial", expected: "traffic that passes at least two signals one after the other", found: "none",
          advice: "bandwidth methods need a street; use --method network")
      ])
    }
    self = street
  }

  private init?(_ chosen: [Int], _ traffic: SignalTraffic) {
    signals = chosen
    (outboundRows, inboundRows, outbound, inbound) = ([], [], [], [])
    for (a, b) in zip(chosen, chosen.dropFirst()) {
      guard let there = traffic.pair(a, b) else { return nil }
      outbound.append(there.stretch)
      inbound.append(traffic.pair(b, a)?.stretch)
    }
    for k in chosen.indices {
      let (before, after) = (k > 0 ? chosen[k - 1] : nil, k + 1 < chosen.count ? chosen[k + 1] : nil)
      outboundRows.append(traffic.row(at: chosen[k], from: before, to: after) ?? 0)
      inboundRows.append(traffic.row(at: chosen[k], from: after, to: before) ?? -1)
    }
  }

  /// Whether traffic goes both ways on every stretch.
  public var isTwoWay: Bool { inbound.allSatisfy { $0 != nil } }

  /// Outbound traffic per inbound traffic, both in vehicle kilometres: k of the bandwidth programs.
  public var inboundShare: Double {
    let out = outbound.reduce(0) { $0 + $1.flow * $1.length }
    let back = inbound.reduce(0) { $0 + ($1.map { $0.flow * $0.length } ?? 0) }
    return out > 0 ? back / out : 1
  }
}
