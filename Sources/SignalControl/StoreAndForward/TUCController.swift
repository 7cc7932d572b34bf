import LinearAlgebra
import TrafficModel

/// Traffic-responsive urban control: green times of a whole region from the vehicles on every approach, by a feedback gain.
///
/// Diakaki, C., Papageorgiou, M. and Aboudolas, K. (2002), A multivariable regulator approach to traffic-responsive network-wide signal
/// control, Control Engineering Practice 10, 183–195. The store-and-forward model x ← x + B·g with cost Σ x²/room + r·Σ g² gives the gain
/// by the discrete Riccati equation; what it asks for beside the nominal greens, those that serve the flows lately seen, is projected
/// onto the cycle with its shortest greens. The cycle is Webster's for those flows: without offsets a common one gains nothing.
public final class TUCController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Weight of green times against vehicles, per second².
    public var effort = 1e-3
    /// Discount of the future a cycle: the model has modes that no green can reach.
    public var discount = 0.95
    /// Shortest and longest cycle [s].
    public var cycles = 40.0...110.0
    /// Time between two gains, as turning shares are learnt [s].
    public var refresh = 300.0
    public init() {}
  }

  private let streets: StageChoice
  private let settings: Settings
  private var model: StoreAndForwardModel
  private var players: [CyclePlayer]
  private let regionOf: [Int]
  private var gains: [Matrix?]
  private var computed: Instant?

  public init(network: RoadNetwork, intervals: RollingHorizonSettings = .init(), settings: Settings = .init()) {
    streets = StageChoice(network: network, settings: intervals)
    self.settings = settings
    model = StoreAndForwardModel(streets)
    players = streets.members.map { CyclePlayer(stages: $0.sequencer.stages.count) }
    var regionOf = [Int](repeating: 0, count: streets.members.count)
    for (r, members) in model.regions.enumerated() { for m in members { regionOf[m] = r } }
    self.regionOf = regionOf
    gains = [Matrix?](repeating: nil, count: model.regions.count)
  }

  public var signals: [SignalID] { streets.signals }

  public func resume(_ shown: [SignalCommand], at now: Instant) { streets.resume(shown, at: now) }

  public func tick(now: Instant, inputs: ControlInputs) -> [SignalCommand] {
    streets.observe(now, inputs)
    model.observe(now, streets.learning.seen)
    if computed.map({ now - $0 >= .seconds(settings.refresh) }) ?? true {
      computeGains()
      computed = now
    }
    for m in players.indices {
      // The decision reads the members too: they are free while it is asked for.
      var sequencer = streets.members[m].sequencer
      players[m].play(&sequencer, at: now) { greens(m) }
      streets.members[m].sequencer = sequencer
    }
    return streets.commands(now)
  }

  private func computeGains() {
    let stages = streets.members.map(\.sequencer.stages.count)
    for (r, region) in model.regions.enumerated() {
      let (effect, _, rows) = model.effect(region, stages: stages)
      guard !rows.isEmpty else { continue }
      let weight = Matrix.diagonal(rows.map { 1 / model.approaches[$0].room })
      // A region for which the equation has no solution keeps even splits.
      gains[r] = try? RiccatiSolution(
        a: .identity(rows.count), b: effect, q: weight, r: settings.effort * Matrix.identity(effect.columns), discount: settings.discount
      ).gain
    }
  }

  /// Greens of the member's next cycle: the nominal ones less gain times vehicles, made to fit.
  private func greens(_ m: Int) -> [Int] {
    let stages = streets.members[m].sequencer.stages.count, minimum = streets.settings.minimumGreen
    let lost = Double(stages * streets.settings.yellow), least = Double(stages * minimum)
    let ratio = model.nominal(m, total: settings.cycles.lowerBound, lost: lost, minimum: 0).ratio
    let total = max(StoreAndForwardModel.cycle(ratio: ratio, lost: lost, within: settings.cycles) - lost, least)
    var wanted = model.nominal(m, total: total, lost: lost, minimum: Double(minimum)).greens
    if wanted.isEmpty { wanted = [Double](repeating: total / Double(stages), count: stages) }
    let region = model.regions[regionOf[m]]
    if let gain = gains[regionOf[m]] {
      let first = region.prefix { $0 != m }.reduce(0) { $0 + streets.members[$1].sequencer.stages.count }
      for (k, a) in model.approaches(of: region).enumerated() {
        for stage in 0..<stages { wanted[stage] -= gain[first + stage, k] * model.stored[a] }
      }
    }
    return CyclePlayer.fit(wanted, total: Int(total.rounded()), minimum: minimum)
  }
}
