import LinearAlgebra
import TrafficModel

/// Traffic-responsive urban control: green times of a whole region from the vehicles on every approach, by a feedback gain.
///
/// Diakaki, C., Papageorgiou, M. and Aboudolas, K. (2002), A multivariable regulator approach to traffic-responsive network-wide signal
/// control, Control Engineering Practice 10, 183–195. The store-and-forward model x ← x + B·g with cost Σ x²/room + r·Σ g² gives the gain
/// by the discrete Riccati equation; what it asks for is projected onto the cycle with its shortest greens; the cycle grows with the
/// load of the fullest approaches.
public final class TUCController: SignalController {
  public struct Settings: Sendable, Hashable {
    /// Weight of green times against vehicles, per second².
    public var effort = 1e-3
    /// Discount of the future a cycle: the model has modes that no green can reach.
    public var discount = 0.95
    /// Shortest and longest cycle [s], and the load of the fullest approaches at which the longest is used.
    public var cycles = 40...110
    public var fullLoad = 0.5
    /// Cycle that each stage needs at least [s]: below it too much of the cycle goes to changes.
    public var cyclePerStage = 18
    /// Time between two gains, as turning shares are learnt [s].
    public var refresh = 900.0
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

  /// Greens of the member's next cycle: even ones less gain times vehicles, made to fit.
  private func greens(_ m: Int) -> [Int] {
    let stages = streets.members[m].sequencer.stages.count
    let region = model.regions[regionOf[m]]
    let total = max(cycle(region) - stages * streets.settings.yellow, stages * streets.settings.minimumGreen)
    var wanted = [Double](repeating: Double(total) / Double(stages), count: stages)
    if let gain = gains[regionOf[m]] {
      let first = region.prefix { $0 != m }.reduce(0) { $0 + streets.members[$1].sequencer.stages.count }
      for (k, a) in model.approaches(of: region).enumerated() {
        for stage in 0..<stages { wanted[stage] -= gain[first + stage, k] * model.stored[a] }
      }
    }
    return CyclePlayer.fit(wanted, total: total, minimum: streets.settings.minimumGreen)
  }

  private func cycle(_ region: [Int]) -> Int {
    let share = min(model.load(region) / settings.fullLoad, 1)
    let stages = region.map { streets.members[$0].sequencer.stages.count }.max() ?? 2
    let most = settings.cycles.upperBound, least = min(max(settings.cycles.lowerBound, settings.cyclePerStage * stages), most)
    return least + Int((Double(most - least) * share).rounded())
  }
}
