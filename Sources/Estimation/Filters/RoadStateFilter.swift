import Statistics
import TrafficFlow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Vehicles in every cell of one road from a few noisy counts: an ensemble Kalman filter whose model is the cell transmission model.
///
/// Every member is a road of its own, with its own inflow; a measurement moves each by what the ensemble says of how the cells hang
/// together, the less the farther away a cell lies. Counts stay within what a cell holds.
/// Source: G. Evensen, Journal of Geophysical Research 99, 1994; the model: C. F. Daganzo, Transportation Research B 28, 1994.
///
/// ```swift
/// var filter = RoadStateFilter(road, spread: 2, members: 60, seed: 1)
/// filter.step(inflow: 1.2, inflowDeviation: 0.4)
/// filter.take(cell: 3, vehicles: 7, variance: 1)
/// let queue = filter.occupancy[9...].reduce(0, +)
/// ```
public struct RoadStateFilter: Sendable {
  private var filter: EnsembleKalmanFilter
  private var road: CellTransmission
  /// Cells after which a measurement's influence has fallen to 1/e.
  public let reach: Double
  /// Standard deviation of what the model gets wrong in a step, as a share of a cell's vehicles.
  public let modelDeviation: Double

  /// - Parameters:
  ///   - road: its occupancy is the first guess, of standard deviation `spread` [veh] in each cell.
  ///   - members: cost and memory grow with their number, errors of the variances fall with its square root.
  public init(_ road: CellTransmission, spread: Double, members: Int = 60, reach: Double = 6, modelDeviation: Double = 0.03, seed: UInt64) {
    precondition(spread >= 0 && reach > 0 && modelDeviation >= 0, "a spread of \(spread), a reach of \(reach)")
    self.road = road
    self.reach = reach
    self.modelDeviation = modelDeviation
    filter = EnsembleKalmanFilter(
      mean: road.occupancy, standardDeviation: [Double](repeating: spread, count: road.occupancy.count), count: members, floor: 0,
      seed: seed)
  }

  /// Most vehicles that may cross each border in a step, the last leaving the road: a signal at its end sets it to zero under red.
  public var capacity: [Double] {
    get { road.capacity }
    set { road.capacity = newValue }
  }

  /// One step of the model with an inflow known to a standard deviation [veh a step].
  public mutating func step(inflow: Double, inflowDeviation: Double, exitSupply: Double = .infinity) {
    let road = road, modelDeviation = modelDeviation
    filter.predict { state, random in
      var own = CellTransmission(
        occupancy: zip(state, road.storage).map { min(max($0, 0), $1) }, storage: road.storage, capacity: road.capacity,
        waveRatio: road.waveRatio)
      own.step(inflow: max(0, random.normal(mean: inflow, standardDeviation: inflowDeviation)), exitSupply: exitSupply)
      for i in state.indices {
        let n = own.occupancy[i]
        state[i] = min(max(n + random.normal(standardDeviation: modelDeviation * n), 0), road.storage[i])
      }
    }
  }

  /// Takes a count of the vehicles in one cell.
  public mutating func take(cell: Int, vehicles: Double, variance: Double) {
    precondition(road.storage.indices.contains(cell) && variance > 0, "cell \(cell), variance \(variance)")
    let reach = reach
    filter.update(
      index: cell, measurement: vehicles, variance: variance, weight: { exp(-abs(Double($0 - cell)) / reach) }, floor: 0)
  }

  /// Mean and variance of the vehicles in each cell.
  public var occupancy: [Double] { zip(filter.mean, road.storage).map { min($0, $1) } }
  public var variance: [Double] { filter.variance }
}
