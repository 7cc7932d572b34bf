/// Daganzo's cell transmission model of one road: what leaves a cell is the least of what it holds, what the border carries and
/// what the next cell takes in.
///
/// y_i = min(n_(i-1), Q_i, (w/v)(N_i - n_i)); n_i grows by y_i - y_(i+1). Counts in vehicles, flows in vehicles a step; the step is the
/// time to cross a cell at free speed, so nothing skips a cell (Courant-Friedrichs-Lewy).
/// Source: C. F. Daganzo, Transportation Research B 28, 1994.
public struct CellTransmission: Sendable, Hashable {
  /// Vehicles in each cell n.
  public private(set) var occupancy: [Double]
  /// Most vehicles a cell holds N.
  public let storage: [Double]
  /// Most vehicles that may enter each cell in a step Q; the last entry is what may leave the road. `occupancy.count + 1` values.
  public var capacity: [Double]
  /// w/v, backward over forward wave speed.
  public let waveRatio: Double
  /// Vehicles that stayed in their cell in the last step: each is delayed by a step.
  public private(set) var held = 0.0

  public init(occupancy: [Double], storage: [Double], capacity: [Double], waveRatio: Double = 1) {
    precondition(occupancy.count == storage.count && capacity.count == storage.count + 1, "cell counts differ")
    precondition(waveRatio > 0 && waveRatio <= 1, "w/v \(waveRatio)")
    self.occupancy = occupancy
    self.storage = storage
    self.capacity = capacity
    self.waveRatio = waveRatio
  }

  /// Room the first cell offers in this step.
  public var entranceSupply: Double { min(capacity[0], waveRatio * (storage[0] - occupancy[0])) }

  /// Moves one step on.
  /// - Parameters:
  ///   - inflow: vehicles that want to enter.
  ///   - exitSupply: room beyond the last cell.
  /// - Returns: vehicles that entered and left.
  @discardableResult
  public mutating func step(inflow: Double, exitSupply: Double = .infinity) -> (entered: Double, left: Double) {
    let cells = occupancy.count
    let entered = min(inflow, max(0, entranceSupply))
    var into = entered
    var left = 0.0
    held = 0
    // All flows come from the old state, so a cell's outflow is taken before its own count changes.
    for i in 0..<cells {
      let out =
        i + 1 < cells
        ? max(0, min(occupancy[i], capacity[i + 1], waveRatio * (storage[i + 1] - occupancy[i + 1])))
        : max(0, min(occupancy[i], capacity[cells], exitSupply))
      held += occupancy[i] - out
      occupancy[i] += into - out
      into = out
      left = out
    }
    return (entered, left)
  }

  /// Supply-limited flows where two streams join: each gets what it sends if there is room, otherwise the middle of
  /// {S1, R - S2, p R} for the first and likewise for the second (Daganzo 1995).
  public static func merge(_ first: Double, _ second: Double, supply R: Double, priority p: Double) -> (Double, Double) {
    guard first + second > R else { return (first, second) }
    func middle(_ a: Double, _ b: Double, _ c: Double) -> Double { max(min(a, b), min(max(a, b), c)) }
    return (middle(first, R - second, p * R), middle(second, R - first, (1 - p) * R))
  }

  /// Flow where one stream splits first-in first-out: min(S, R_j/β_j) over the branches.
  public static func diverge(_ sending: Double, supplies: [Double], shares: [Double]) -> Double {
    zip(supplies, shares).reduce(sending) { $1.1 > 0 ? min($0, $1.0 / $1.1) : $0 }
  }
}
