import TrafficModel

/// Watches the vehicles after each step for what their columns do not keep: fuel and pollutants, queues, and the way they took.
///
/// One pass over the vehicles on the road, and only where somebody asked for any of it; the step itself knows nothing of it.
final class ExperienceRecorder {
  private let arena = Arena()
  private let keepsEmissions: Bool
  private let keepsQueues: Bool
  private let window: TrajectoryWindow?
  private let followed: [Bool]
  private let types: UnsafeMutablePointer<WatchedType>
  private let vehicleCount: Int
  private let laneCount: Int

  // Columns, for a pass over all vehicles a step. By number in the fleet, and by lane since the last interval began; of no length where they are
  // not asked for.
  private let emissions: UnsafeMutableBufferPointer<Emissions>
  private let waits: UnsafeMutableBufferPointer<Int32>
  private let laneEmissions: UnsafeMutableBufferPointer<Emissions>
  private let laneStops: UnsafeMutableBufferPointer<Int32>
  private let laneQueue: UnsafeMutableBufferPointer<Int32>
  private let laneQueueLength: UnsafeMutableBufferPointer<Double>
  private let standing: UnsafeMutableBufferPointer<Int32>
  private let standingLength: UnsafeMutableBufferPointer<Double>
  private let touched = GrowingColumn<Int32>()
  private(set) var trajectories: [Trajectory] = []
  private var trajectoryOf: [Int32]

  /// What is asked of a vehicle type.
  private struct WatchedType: BitwiseCopyable {
    var space: Double
    var emissions: EmissionRates
  }

  /// Nil where `settings` asks for nothing of this.
  init?(settings: Simulation.Settings, network: RoadNetwork, demand: Demand, vehicles: Int) {
    keepsEmissions = settings.keepsEmissions
    keepsQueues = settings.linkInterval != nil
    window = settings.trajectories
    guard keepsEmissions || keepsQueues || window != nil else { return nil }
    let listed = demand.vehicleTypes.isEmpty ? [VehicleType(name: "default")] : demand.vehicleTypes
    types = arena.column(
      listed.map { WatchedType(space: $0.length + $0.minGap, emissions: EmissionRates(EmissionModel.named($0.emissionClass).model)) })
    vehicleCount = vehicles
    laneCount = keepsQueues ? network.lanes.count : 0
    emissions = arena.buffer(count: keepsEmissions ? vehicles : 0)
    waits = arena.buffer(count: keepsQueues ? vehicles : 0)
    laneEmissions = arena.buffer(count: keepsEmissions ? laneCount : 0)
    laneStops = arena.buffer(count: laneCount)
    laneQueue = arena.buffer(count: laneCount)
    laneQueueLength = arena.buffer(count: laneCount)
    standing = arena.buffer(count: laneCount)
    standingLength = arena.buffer(count: laneCount)
    trajectoryOf = Array(repeating: -1, count: window == nil ? 0 : vehicles)
    var followed = [Bool](repeating: window?.lanes == nil, count: window == nil ? 0 : network.lanes.count)
    for lane in window?.lanes ?? [] { followed[lane.index] = true }
    self.followed = followed
  }

  /// What a vehicle has burnt and given off since it entered; nil where that is not kept.
  func emissions(of number: Int) -> Emissions? { keepsEmissions ? emissions[number] : nil }

  /// Takes in the step that has just been driven; those who arrived in it are still in their slots.
  func update(_ vehicles: VehicleColumns, slots: Int, step: Double, now: Instant) {
    let follows = window.map { now >= $0.begin && now <= $0.end } ?? false
    // A vehicle lifted off the road is on no lane.
    for v in 0..<slots where vehicles.number[v] >= 0 && vehicles.lane[v] >= 0 {
      let number = Int(vehicles.number[v]), lane = Int(vehicles.lane[v])
      let type = types + Int(vehicles.type[v])
      let speed = vehicles.speed[v]
      if keepsEmissions {
        let given = type.pointee.emissions.rates(speed: speed, acceleration: vehicles.acceleration[v]).scaled(by: step)
        emissions[number] += given
        if keepsQueues { laneEmissions[lane] += given }
      }
      if keepsQueues {
        let count = vehicles.waitCount[v]
        if count != waits[number] {
          laneStops[lane] += count - waits[number]
          waits[number] = count
        }
        if speed <= Following.haltingSpeed, !vehicles.stands[v] {
          if standing[lane] == 0 { touched.append(Int32(lane)) }
          standing[lane] += 1
          standingLength[lane] += type.pointee.space
        }
      }
      if follows, followed[lane] { follow(v, number: number, lane: lane, vehicles, now) }
    }
    for k in 0..<touched.count {
      let lane = Int(touched[k])
      laneQueue[lane] = max(laneQueue[lane], standing[lane])
      laneQueueLength[lane] = max(laneQueueLength[lane], standingLength[lane])
      standing[lane] = 0
      standingLength[lane] = 0
    }
    touched.removeAll()
  }

  private func follow(_ v: Int, number: Int, lane: Int, _ vehicles: VehicleColumns, _ now: Instant) {
    if trajectoryOf[number] < 0 {
      trajectoryOf[number] = Int32(trajectories.count)
      trajectories.append(Trajectory(vehicle: VehicleID(number), samples: []))
    }
    trajectories[Int(trajectoryOf[number])].samples.append(
      .init(time: now, lane: LaneID(lane), position: vehicles.position[v], speed: vehicles.speed[v]))
  }

  /// Adds what was seen on a lane since the interval began to the row of its link.
  func add(lane l: Int, to row: inout LinkInterval) {
    guard keepsQueues else { return }
    row.stops += Int(laneStops[l])
    row.maximumQueue = max(row.maximumQueue, Int(laneQueue[l]))
    row.maximumQueueLength = max(row.maximumQueueLength, laneQueueLength[l])
    if keepsEmissions { row.emissions += laneEmissions[l] }
  }

  func save(into writer: inout StateWriter) {
    for list in [emissions, laneEmissions] { writer.put(list.flatMap(Self.figures)) }
    for list in [laneStops, laneQueue, waits] { writer.put(Array(list)) }
    writer.put(Array(laneQueueLength))
  }

  func restore(from reader: inout StateReader) {
    let trips = reader.array(of: Double.self), lanes = reader.array(of: Double.self)
    for (figures, list) in [(trips, emissions), (lanes, laneEmissions)] where figures.count == 6 * list.count {
      for k in list.indices { list[k] = Self.emissions(figures[(6 * k)..<(6 * k + 6)]) }
    }
    let stops = reader.array(of: Int32.self), queue = reader.array(of: Int32.self), waited = reader.array(of: Int32.self)
    let length = reader.array(of: Double.self)
    guard stops.count == laneStops.count, queue.count == laneQueue.count, waited.count == waits.count,
      length.count == laneQueueLength.count
    else { return }
    for (values, list) in [(stops, laneStops), (queue, laneQueue), (waited, waits)] { _ = list.update(fromContentsOf: values) }
    _ = laneQueueLength.update(fromContentsOf: length)
  }

  private static func figures(_ e: Emissions) -> [Double] {
    [e.carbonMonoxide, e.carbonDioxide, e.hydrocarbons, e.particles, e.nitrogenOxides, e.fuel]
  }

  private static func emissions(_ figures: ArraySlice<Double>) -> Emissions {
    var result = Emissions.zero
    let f = Array(figures)
    (result.carbonMonoxide, result.carbonDioxide, result.hydrocarbons) = (f[0], f[1], f[2])
    (result.particles, result.nitrogenOxides, result.fuel) = (f[3], f[4], f[5])
    return result
  }

  func beginInterval() {
    for l in laneStops.indices {
      laneStops[l] = 0
      laneQueue[l] = 0
      laneQueueLength[l] = 0
    }
    for l in laneEmissions.indices { laneEmissions[l] = .zero }
  }
}

/// When and where the ways of vehicles are kept.
public struct TrajectoryWindow: Sendable, Hashable {
  public var begin: Instant
  public var end: Instant
  /// Nil: on every lane.
  public var lanes: [LaneID]?

  public init(begin: Instant, end: Instant, lanes: [LaneID]? = nil) {
    self.begin = begin
    self.end = end
    self.lanes = lanes
  }
}
