import IntegerPrograms

/// A timing of the street for progression: what a bandwidth program answers, with its certificate.
public struct ArterialTiming: Equatable, Sendable {
  /// The band of one direction on one link.
  public struct Band: Equatable, Sendable, Codable {
    /// Share of the cycle before and after the progression line that stays green at both ends [cycles].
    public var before: Double
    public var after: Double
    /// [cycles]
    public var width: Double { before + after }

    public init(before: Double, after: Double) {
      self.before = before
      self.after = after
    }
  }

  /// The common cycle [s].
  public var cycle: Double
  /// When each signal's own zero falls, from the first signal's, in 0 ..< cycle [s].
  public var offsets: [Double]
  /// Which of each signal's phase orders is used.
  public var orders: [Int]
  /// Travel times of the progression on each link [s].
  public var outboundTravel: [Double]
  public var inboundTravel: [Double]
  /// When the progression line leaves each signal's stop line, unwrapped along the street [s]: outbound grows with the signals,
  /// inbound with their reverse.
  public var outboundLine: [Double]
  public var inboundLine: [Double]
  /// The band on each link.
  public var outboundBands: [Band]
  public var inboundBands: [Band]

  /// The narrowest outbound band: what a platoon crosses the whole street in [cycles].
  public var outboundBandwidth: Double { outboundBands.map(\.width).min() ?? 0 }
  /// The narrowest inbound band [cycles].
  public var inboundBandwidth: Double { inboundBands.map(\.width).min() ?? 0 }
  /// (b + b̄)/2: the bandwidth efficiency of the street.
  public var efficiency: Double { 0.5 * (outboundBandwidth + inboundBandwidth) }

  /// The progression speeds [m/s].
  public func speeds(_ problem: ArterialProblem, _ direction: ArterialDirection) -> [Double] {
    switch direction {
    case .outbound: zip(problem.links, outboundTravel).map { $0.outbound.length / $1 }
    case .inbound: zip(problem.links, inboundTravel).map { $0.inbound.length / $1 }
    }
  }
}

/// How the search for a timing ended.
public struct ArterialSolution: Equatable, Sendable {
  /// Nil where no timing lets a band of any width through, or none was found in time.
  public var timing: ArterialTiming?
  /// What the solver did: status, objective, proven bound, gap, nodes, seconds.
  public var certificate: MixedIntegerSolution
  /// Where there is no timing at all: constraints that cannot be met together, by name, as few as can be told.
  public var conflict: [String]

  public init(timing: ArterialTiming?, certificate: MixedIntegerSolution, conflict: [String] = []) {
    self.timing = timing
    self.certificate = certificate
    self.conflict = conflict
  }
}

extension ProgressionModel {
  /// The timing that a point of the program describes; `bands` gives each link's halves in cycles.
  func timing(
    _ point: MixedIntegerSolution, outboundBands: [ArterialTiming.Band], inboundBands: [ArterialTiming.Band]
  ) -> ArterialTiming {
    let cycle = 1 / point[z]
    let orders = choices.map { $0.chosen(point) }
    let (out, back) = (t.map { point[$0] }, tBack.map { point[$0] })
    var (offsets, line, lineBack): ([Double], [Double], [Double]) = ([], [], [])
    for (i, signal) in problem.signals.enumerated() {
      let order = signal.orders[orders[i]]
      if i == 0 {
        offsets.append(0)
        line.append(order.outbound.start + point[w[0]])
      } else {
        line.append(line[i - 1] + out[i - 1] - signal.outboundQueueClearance / cycle)
        offsets.append(line[i] - order.outbound.start - point[w[i]])
      }
      lineBack.append(offsets[i] + order.inbound.start + order.inbound.length - point[wBack[i]])
    }
    // The loops only fix the inbound line to whole cycles: unwrap it from the far end.
    for i in (0..<max(0, lineBack.count - 1)).reversed() {
      let arrival = lineBack[i + 1] + back[i] - problem.signals[i].inboundQueueClearance / cycle
      lineBack[i] += (arrival - lineBack[i]).rounded()
    }
    func wrapped(_ x: Double) -> Double {
      let share = x - x.rounded(.down)
      return share >= 1 - 1e-12 ? 0 : share
    }
    return ArterialTiming(
      cycle: cycle, offsets: offsets.map { wrapped($0) * cycle }, orders: orders, outboundTravel: out.map { $0 * cycle },
      inboundTravel: back.map { $0 * cycle }, outboundLine: line.map { $0 * cycle }, inboundLine: lineBack.map { $0 * cycle },
      outboundBands: outboundBands, inboundBands: inboundBands)
  }

  /// Solves the program and reads the answer.
  func solve(
    _ settings: MixedIntegerSettings, bands: (MixedIntegerSolution) -> (out: [ArterialTiming.Band], back: [ArterialTiming.Band])
  ) -> ArterialSolution {
    // Measured on streets of 20 signals: without cutting planes MULTIBAND is proven four times sooner, MAXBAND twice.
    var settings = settings
    settings.usesCuts = false
    let found = program.solve(settings)
    guard found.hasPoint else {
      let conflict = found.status == .infeasible ? program.conflict(MixedIntegerSettings(timeLimit: 2)) : nil
      return ArterialSolution(timing: nil, certificate: found, conflict: conflict ?? [])
    }
    let (out, back) = bands(found)
    return ArterialSolution(timing: timing(found, outboundBands: out, inboundBands: back), certificate: found)
  }
}
