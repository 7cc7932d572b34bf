/// One signalled approach as a fluid: even arrivals, even departures (D/D/1), undersaturated.
///
/// Flows in veh/s, times in s. Everything follows from the triangle between cumulative arrivals and departures.
public struct DeterministicQueue: Sendable, Hashable {
  /// Arrival rate λ [veh/s].
  public let arrivalRate: Double
  /// Departure rate µ during green [veh/s].
  public let departureRate: Double
  /// Effective red r [s].
  public let red: Double
  /// Cycle C [s].
  public let cycle: Double

  public init(arrivalRate: Double, departureRate: Double, red: Double, cycle: Double) {
    precondition(
      arrivalRate >= 0 && departureRate > 0 && red >= 0 && cycle >= red, "λ \(arrivalRate), µ \(departureRate), r \(red), C \(cycle)")
    self.arrivalRate = arrivalRate
    self.departureRate = departureRate
    self.red = red
    self.cycle = cycle
  }

  /// Utilisation ρ = λ/µ.
  public var utilization: Double { arrivalRate / departureRate }
  /// Whether the queue clears within the green: λC <= µ(C - r).
  public var clears: Bool { arrivalRate * cycle <= departureRate * (cycle - red) * (1 + 1e-12) }
  /// Time from start of green until the queue is gone [s]; infinite where ρ >= 1.
  public var clearanceTime: Double { utilization < 1 ? utilization * red / (1 - utilization) : .infinity }
  /// Share of the cycle with a queue.
  public var proportionQueued: Double { min(1, (red + clearanceTime) / cycle) }
  /// Share of vehicles that have to stop; the same number as `proportionQueued` since arrivals are even.
  public var proportionStopped: Double { proportionQueued }
  /// Longest queue [veh].
  public var maximumQueue: Double { arrivalRate * red }
  /// Delay of all vehicles of one cycle [veh s].
  public var totalDelay: Double { utilization < 1 ? arrivalRate * red * red / (2 * (1 - utilization)) : .infinity }
  /// Average delay [s/veh].
  public var averageDelay: Double { arrivalRate > 0 ? totalDelay / (arrivalRate * cycle) : red * red / (2 * cycle) }
  /// Delay of the vehicle that arrives as red begins [s].
  public var maximumDelay: Double { red }

  /// The approach that, with arrivals equal to its capacity per cycle, has this red, departure rate and total delay a cycle.
  ///
  /// Solves D = λr²/[2(1 - ρ)] for λ and λC = µ(C - r) for C. Returns nil where no positive rate does.
  public static func atCapacity(red: Double, departureRate µ: Double, totalDelay D: Double) -> DeterministicQueue? {
    guard red > 0, µ > 0, D > 0 else { return nil }
    let λ = D / (red * red / 2 + D / µ)
    guard λ > 0, λ < µ else { return nil }
    return DeterministicQueue(arrivalRate: λ, departureRate: µ, red: red, cycle: µ * red / (µ - λ))
  }
}
