import LinearAlgebra
import Solvers
import TrafficModel

/// Model-predictive control of a store-and-forward network: green times of the coming cycles by a quadratic programme with queue limits.
///
/// Aboudolas, K., Papageorgiou, M., Kouvelas, A. and Kosmatopoulos, E. (2010), A rolling-horizon quadratic-programming approach to the signal
/// control problem in large-scale congested urban road networks, Transportation Research C 18, 680–694. Over `steps` cycles:
/// minimise Σ x²/room + penalty·Σ overflow, subject to x ← x + arrivals − u + Σ shares·u, u ≤ saturation·green, u ≤ what is
/// there, greens that fill the cycle, x ≤ room + overflow.
public final class StoreAndForwardMPC: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Cycles looked ahead.
    public var steps = 3
    /// Cycle [s].
    public var cycle = 70
    /// Cost of a vehicle that finds no room, against Σ x²/room.
    public var overflow = 10.0
    public init() {}
  }

  private let streets: StageChoice
  private let settings: Settings
  private var model: StoreAndForwardModel
  private var players: [CyclePlayer]
  /// Greens of each member as last computed [s].
  private var plan: [[Double]]
  private var solved: Instant?
  /// How the last programmes ended, one a region.
  public private(set) var statuses: [SolverStatus] = []

  public init(network: RoadNetwork, intervals: RollingHorizonSettings = .init(), settings: Settings = .init()) {
    streets = StageChoice(network: network, settings: intervals)
    self.settings = settings
    model = StoreAndForwardModel(streets)
    players = streets.members.map { CyclePlayer(stages: $0.sequencer.stages.count) }
    plan = streets.members.map { [Double](repeating: 1, count: $0.sequencer.stages.count) }
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    model.observe(now, streets.learning.seen)
    if solved.map({ now - $0 >= .seconds(Double(settings.cycle) / 2) }) ?? true {
      solve()
      solved = now
    }
    for m in players.indices {
      // The decision reads the members too: they are free while it is asked for.
      var sequencer = streets.members[m].sequencer
      players[m].play(&sequencer, at: now) {
        CyclePlayer.fit(plan[m], total: green(m), minimum: streets.settings.minimumGreen)
      }
      streets.members[m].sequencer = sequencer
    }
    return streets.commands(now)
  }

  /// Green time of a cycle, all stages of a member together [s].
  private func green(_ m: Int) -> Int {
    let stages = streets.members[m].sequencer.stages.count
    return max(settings.cycle - stages * streets.settings.yellow, stages * streets.settings.minimumGreen)
  }

  private func solve() {
    statuses = []
    for region in model.regions {
      let rows = model.approaches(of: region)
      guard !rows.isEmpty else { continue }
      let solution = program(region, rows).solve(Self.solverSettings)
      statuses.append(solution.report.status)
      guard solution.report.status == .optimal else { continue }
      var at = 0
      for m in region {
        let stages = streets.members[m].sequencer.stages.count
        plan[m] = Array(solution.solution[at..<at + stages])
        at += stages
      }
    }
  }

  private static let solverSettings: QuadraticSettings = {
    var settings = QuadraticSettings()
    settings.absoluteTolerance = 1e-5
    settings.relativeTolerance = 1e-5
    return settings
  }()

  /// Unknowns, step by step: greens of every stage, outflows u, stored vehicles x, overflows.
  func program(_ region: [Int], _ rows: [Int]) -> QuadraticProgram {
    let n = rows.count
    let stages = region.map { streets.members[$0].sequencer.stages.count }
    let first = stages.indices.map { stages[..<$0].reduce(0, +) }
    let greens = stages.reduce(0, +)
    let width = greens + 3 * n
    let duration = Double(settings.cycle)
    var quadratic: [SparseMatrix.Triplet] = []
    var linear = [Double](repeating: 0, count: width * settings.steps)
    var low = [Double](repeating: 0, count: width * settings.steps)
    var high = [Double](repeating: .infinity, count: width * settings.steps)
    var entries: [SparseMatrix.Triplet] = []
    var lower: [Double] = [], upper: [Double] = []
    func row(_ cells: [(Int, Double)], _ from: Double, _ to: Double) {
      for (column, value) in cells { entries.append(.init(lower.count, column, value)) }
      lower.append(from)
      upper.append(to)
    }
    let place = Dictionary(region.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    for k in 0..<settings.steps {
      let g = k * width, u = g + greens, x = u + n, o = x + n
      for (j, m) in region.enumerated() {
        let total = Double(green(m))
        for i in 0..<stages[j] {
          low[g + first[j] + i] = Double(streets.settings.minimumGreen)
          // Of equally good greens the even ones.
          quadratic.append(.init(g + first[j] + i, g + first[j] + i, 1e-3))
        }
        row((0..<stages[j]).map { (g + first[j] + $0, 1) }, total, total)
      }
      for (i, a) in rows.enumerated() {
        let approach = model.approaches[a], base = g + first[place[approach.member]!]
        quadratic.append(.init(x + i, x + i, 2 / approach.room))
        linear[o + i] = settings.overflow
        row([(u + i, 1)] + approach.saturation.enumerated().map { (base + $0, -$1) }, -.infinity, 0)
        let arriving = model.inflow[a] * duration
        var balance: [(Int, Double)] = [(x + i, 1), (u + i, 1)]
        for (q, b) in rows.enumerated() where b != a {
          let share = model.share(b, a)
          if share > 0 { balance.append((u + q, -share)) }
        }
        let present = k == 0 ? model.stored[a] : 0
        if k > 0 { balance.append((x - width + i, -1)) }
        row(balance, present + arriving, present + arriving)
        row([(u + i, 1)] + (k > 0 ? [(x - width + i, -1)] : []), -.infinity, present + arriving)
        row([(x + i, 1), (o + i, -1)], -.infinity, approach.room)
      }
    }
    let size = width * settings.steps
    return QuadraticProgram(
      quadratic: SparseMatrix(rows: size, columns: size, triplets: quadratic), linear: linear,
      constraints: SparseMatrix(rows: lower.count, columns: size, triplets: entries), lower: lower, upper: upper, variableLower: low,
      variableUpper: high)
  }
}
