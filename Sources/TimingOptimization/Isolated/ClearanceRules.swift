import TrafficFlow
import TrafficModel

/// Clearances by calculation instead of by what the shipped programs show: the ITE equation for vehicles, walk and clearance for
/// people on foot.
///
/// ```swift
/// network.signals[k].constraints = ClearanceRules().applied(to: rules, of: network.signals[k], in: network)
/// ```
///
/// Speeds are the lanes' limits, grades the links', widths the ways through the junction. Intervals are rounded up to tenths of a second.
public struct ClearanceRules: Sendable, Hashable {
  /// Whether yellow and red clearance follow the ITE equation; otherwise they stay.
  public var clearsVehicles = true
  /// Walk interval of signalled crossings [s]; nil leaves them without.
  public var walk: Double?
  /// Walking speed that pedestrian clearance counts on [m/s].
  public var walkingSpeed = 3.5 * 0.3048
  /// Reaction time [s] and deceleration [m/s²] of the ITE equation.
  public var reactionTime = 1.0
  public var deceleration = 3.048
  public init() {}

  /// The rules of a signal with these clearances in place of theirs.
  public func applied(to rules: TimingConstraints, of signal: Signal, in network: RoadNetwork) -> TimingConstraints {
    var result = rules
    for (index, connections) in signal.links.enumerated() where index < result.links.count {
      var yellow = 0.0, red = 0.0, crossing = 0.0
      var isForVehicles = false
      for connection in connections.map({ network[$0] }) {
        let lanes = [connection.fromLane, connection.toLane].map { network[$0] }
        if let foot = lanes.first(where: { network[$0.link].function == .crossing }) {
          crossing = max(crossing, foot.length)
          continue
        }
        guard network[lanes[0].link].function == .normal, lanes[0].speedLimit > 0 else { continue }
        isForVehicles = true
        let approach = lanes[0].speedLimit
        let grade = network[lanes[0].link].grade
        let way = pathInside(connection, network)
        let entering = min(approach, way.speed ?? approach)
        yellow = max(
          yellow,
          entering < approach
            ? ITEClearance.turningYellow(
              speed: approach, turningSpeed: entering, grade: grade, reactionTime: reactionTime, deceleration: deceleration)
            : ITEClearance.yellow(speed: approach, grade: grade, reactionTime: reactionTime, deceleration: deceleration))
        red = max(red, ITEClearance.redClearance(width: way.length, speed: entering))
      }
      if clearsVehicles, isForVehicles {
        result.links[index].yellow = tenths(yellow)
        result.links[index].redClearance = tenths(red)
      }
      if let walk, crossing > 0 {
        result.links[index].pedestrian = PedestrianTiming(
          walk: tenths(walk), clearance: tenths(ITEClearance.pedestrianClearance(length: crossing, speed: walkingSpeed)))
      }
    }
    return result
  }

  /// Length of the way through the junction [m] and the least speed allowed on it [m/s], internal waiting places passed.
  private func pathInside(_ connection: LaneConnection, _ network: RoadNetwork) -> (length: Double, speed: Double?) {
    var length = 0.0
    var speed: Double?
    var next = connection.via
    var steps = 0
    while let lane = next.map({ network[$0] }), steps < 8 {
      length += lane.length
      speed = min(speed ?? lane.speedLimit, lane.speedLimit)
      next = network.connectionsFrom[lane.id.index].first.flatMap { network[$0].via }
      steps += 1
    }
    return (length, speed.flatMap { $0 > 0 ? $0 : nil })
  }

  private func tenths(_ seconds: Double) -> TimeAmount { .seconds((seconds * 10 - 1e-9).rounded(.up) / 10) }
}

extension RoadNetwork {
  /// Puts the clearances in force at every signal that has links.
  public mutating func setClearances(_ rules: ClearanceRules, _ derivation: TimingConstraints.Derivation = .init()) {
    let known = self
    for k in signals.indices where !signals[k].links.isEmpty {
      let present = signals[k].constraints ?? TimingConstraints.derived(for: known.signals[k], in: known, derivation)
      signals[k].constraints = rules.applied(to: present, of: known.signals[k], in: known)
    }
  }
}
