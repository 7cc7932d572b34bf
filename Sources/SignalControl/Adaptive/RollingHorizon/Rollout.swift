import TrafficFlow

/// The scratch memory and the engine of predictions for one group of signals: queues of vehicles on lanes, second by second.
///
/// One prediction costs one to ten microseconds: lanes are first-in-first-out lists with a headway between departures and room for so
/// many vehicles; permissive turns wait for gaps, in the junction where the network allows it; signals follow a plan, then a simple rule.
final class Rollout {
  let layout: SignalGroupLayout
  let settings: RollingHorizonSettings
  let laneCount: Int
  let hopCount: Int
  let signalCount: Int
  let linkCount: Int
  let stageCount: [Int]
  /// Permission of each link in each stage: `[stageStart[s] + stage * links(s) + link - linkStart[s]]`.
  let stagePermission: UnsafeMutablePointer<UInt8>
  let stageStart: [Int]

  // Lanes and hops, constant.
  let laneTravel: UnsafeMutablePointer<Double>
  let laneCapacity: UnsafeMutablePointer<Int32>
  let hopFrom: UnsafeMutablePointer<Int32>
  let hopTo: UnsafeMutablePointer<Int32>
  let hopSink: UnsafeMutablePointer<Int32>
  let hopLink: UnsafeMutablePointer<Int32>
  let hopSignal: UnsafeMutablePointer<Int32>
  let hopBox: UnsafeMutablePointer<Int32>
  let hopTravel: UnsafeMutablePointer<Double>
  /// Weight of the delay before a hop, and of the wait on a lane.
  let hopWeight: UnsafeMutablePointer<Double>
  let laneWeight: UnsafeMutablePointer<Double>
  let yieldStart: UnsafeMutablePointer<Int32>
  let yields: UnsafeMutablePointer<Int32>
  let onward: UnsafeMutablePointer<Int32>
  let approachOf: UnsafeMutablePointer<Int32>
  let approachStart: [Int]
  let approachLanes: UnsafeMutablePointer<Int32>

  // Vehicles: base values, and the working copy of one prediction.
  static let capacity = 4096
  var vehicleCount = 0
  let ready0: UnsafeMutablePointer<Double>
  let finalHop: UnsafeMutablePointer<Int32>
  let next0: UnsafeMutablePointer<Int32>
  let stopped0: UnsafeMutablePointer<Bool>
  let ready: UnsafeMutablePointer<Double>
  let next: UnsafeMutablePointer<Int32>
  let stopped: UnsafeMutablePointer<Bool>
  let target: UnsafeMutablePointer<Int32>
  let target0: UnsafeMutablePointer<Int32>

  // Lanes: base and working.
  let head0: UnsafeMutablePointer<Int32>
  let tail0: UnsafeMutablePointer<Int32>
  let occupancy0: UnsafeMutablePointer<Int32>
  let free0: UnsafeMutablePointer<Double>
  let position0: UnsafeMutablePointer<Int32>
  let head: UnsafeMutablePointer<Int32>
  let tail: UnsafeMutablePointer<Int32>
  let occupancy: UnsafeMutablePointer<Int32>
  /// Earliest next departure of the lane by headway.
  let free: UnsafeMutablePointer<Double>
  /// Vehicles departed since the queue began to move.
  let position: UnsafeMutablePointer<Int32>

  /// The head of the lane stands at red.
  let held0: UnsafeMutablePointer<Bool>
  let held: UnsafeMutablePointer<Bool>
  /// Until when it stood there for certain [s]: the start-up time counts from then.
  let heldUntil: UnsafeMutablePointer<Double>

  // Hops: time of the last departure, vehicles in the junction.
  let passed0: UnsafeMutablePointer<Double>
  let passed: UnsafeMutablePointer<Double>
  let boxCount0: UnsafeMutablePointer<Int32>
  let boxCount: UnsafeMutablePointer<Int32>
  let boxReady: UnsafeMutablePointer<Double>
  let boxReady0: UnsafeMutablePointer<Double>
  /// Vehicle that waits in the junction, two places a hop.
  let boxVehicle: UnsafeMutablePointer<Int32>
  let boxVehicle0: UnsafeMutablePointer<Int32>
  var boxHops: [Int] = []

  // Room in the lanes that leave the group, and its growth [veh/s].
  let room0: UnsafeMutablePointer<Double>
  let room: UnsafeMutablePointer<Double>
  let roomRate: UnsafeMutablePointer<Double>

  // Signals.
  var stage0: [Int]
  var greenSince0: [Int]
  var clearingTo0: [Int]
  var clearSince0: [Int]
  let stage: UnsafeMutablePointer<Int>
  let greenSince: UnsafeMutablePointer<Int>
  let clearingTo: UnsafeMutablePointer<Int>
  let clearSince: UnsafeMutablePointer<Int>
  let planTime: UnsafeMutablePointer<Int>
  let planStage: UnsafeMutablePointer<Int>
  /// What follows the planned stage: its green time and the stage after it, or -1.
  let secondGreen: UnsafeMutablePointer<Int>
  let secondStage: UnsafeMutablePointer<Int>
  let permission: UnsafeMutablePointer<UInt8>
  let permission0: UnsafeMutablePointer<UInt8>

  /// What the signals permitted in each of the last `memory` seconds.
  static let memory = 16
  let past: UnsafeMutablePointer<UInt8>

  // Expected arrivals beyond the reports, sorted by time: vehicle and lane.
  var arrivals: [(time: Double, vehicle: Int32, lane: Int32)] = []
  /// Shares by which a vehicle that enters an approach from inside the group chooses its next ruled hop.
  var shareStart: [Int] = []
  var shareHop: [Int32] = []
  var share: [Double] = []
  let shareUsed: UnsafeMutablePointer<Double>

  /// The plan of the signal has been carried out.
  let spent: UnsafeMutablePointer<Bool>
  let spentSecond: UnsafeMutablePointer<Bool>
  let stageScore: UnsafeMutablePointer<Double>
  let stageTime: UnsafeMutablePointer<Double>
  let open: UnsafeMutablePointer<Bool>
  /// Time of the present, from which room behind the junction grows.
  var origin = 0.0
  /// How many changes a switch is charged for in the continuation.
  var changeFactor = 2.0

  var discharge = DischargeModel()
  var headwayCount = 0
  let headways: UnsafeMutablePointer<Double>
  let postLoss: UnsafeMutablePointer<Double>
  /// Factor on the headways of a lane, learnt.
  let laneFactor: UnsafeMutablePointer<Double>

  init(layout: SignalGroupLayout, graph: StreetGraph, stages: [[[UInt8]]], settings: RollingHorizonSettings) {
    func buffer<T>(_ count: Int, _ value: T) -> UnsafeMutablePointer<T> {
      let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(count, 1))
      pointer.initialize(repeating: value, count: max(count, 1))
      return pointer
    }
    self.layout = layout
    self.settings = settings
    laneCount = layout.lanes.count
    hopCount = layout.hops.count
    signalCount = layout.signals.count
    linkCount = layout.linkStart.last ?? 0
    stageCount = stages.map(\.count)
    var starts: [Int] = []
    var total = 0
    for s in stages {
      starts.append(total)
      total += s.reduce(0) { $0 + $1.count }
    }
    stageStart = starts
    stagePermission = buffer(total, 0)
    var at = 0
    for s in stages { for row in s { for value in row { stagePermission[at] = value; at += 1 } } }

    laneTravel = buffer(laneCount, 0)
    laneCapacity = buffer(laneCount, 0)
    for (l, lane) in layout.lanes.enumerated() {
      laneTravel[l] = graph.length[lane] / graph.speed[lane]
      let places = Int((graph.length[lane] / settings.spacing).rounded())
      laneCapacity[l] = Int32(max(places, 2))
    }
    hopFrom = buffer(hopCount, 0)
    hopTo = buffer(hopCount, -1)
    hopSink = buffer(hopCount, -1)
    hopLink = buffer(hopCount, -1)
    hopSignal = buffer(hopCount, -1)
    hopBox = buffer(hopCount, 0)
    hopTravel = buffer(hopCount, 0)
    hopWeight = buffer(hopCount, 1)
    laneWeight = buffer(laneCount, 1)
    yieldStart = buffer(hopCount + 1, 0)
    yields = buffer(layout.hops.reduce(0) { $0 + $1.yieldsTo.count }, 0)
    var y: Int32 = 0
    for (h, hop) in layout.hops.enumerated() {
      hopFrom[h] = Int32(hop.from)
      hopTo[h] = Int32(hop.to)
      hopSink[h] = Int32(hop.sink)
      hopLink[h] = Int32(hop.link)
      hopSignal[h] = Int32(hop.signal)
      hopBox[h] = Int32(min(hop.box, 2))
      hopTravel[h] = hop.travel
      if hop.signal < 0, !hop.foes.isEmpty {
        hopWeight[h] = settings.spillWeight
        laneWeight[hop.from] = settings.spillWeight
      }
      yieldStart[h] = y
      for other in hop.yieldsTo where layout.hops[other].signal >= 0 {
        yields[Int(y)] = Int32(other)
        y += 1
      }
      if hop.box > 0, hop.signal >= 0 { boxHops.append(h) }
    }
    yieldStart[hopCount] = y
    onward = buffer(layout.onward.count, -1)
    for (i, value) in layout.onward.enumerated() { onward[i] = Int32(value) }
    approachOf = buffer(laneCount, -1)
    for (i, value) in layout.approachIndex.enumerated() { approachOf[i] = Int32(value) }
    var list: [Int32] = []
    var lists = [0]
    for own in layout.approaches {
      list += own.map { Int32($0) }
      lists.append(list.count)
    }
    approachStart = lists
    approachLanes = buffer(list.count, 0)
    for (i, value) in list.enumerated() { approachLanes[i] = value }

    ready0 = buffer(Self.capacity, 0)
    finalHop = buffer(Self.capacity, -1)
    next0 = buffer(Self.capacity, -1)
    stopped0 = buffer(Self.capacity, false)
    ready = buffer(Self.capacity, 0)
    next = buffer(Self.capacity, -1)
    stopped = buffer(Self.capacity, false)
    target = buffer(Self.capacity, -1)
    target0 = buffer(Self.capacity, -1)
    head0 = buffer(laneCount, -1)
    tail0 = buffer(laneCount, -1)
    occupancy0 = buffer(laneCount, 0)
    free0 = buffer(laneCount, -1e9)
    position0 = buffer(laneCount, 0)
    head = buffer(laneCount, -1)
    tail = buffer(laneCount, -1)
    occupancy = buffer(laneCount, 0)
    free = buffer(laneCount, -1e9)
    position = buffer(laneCount, 0)
    held0 = buffer(laneCount, false)
    held = buffer(laneCount, false)
    heldUntil = buffer(laneCount, 0)
    passed0 = buffer(hopCount, -1e9)
    passed = buffer(hopCount, -1e9)
    boxCount0 = buffer(hopCount, 0)
    boxCount = buffer(hopCount, 0)
    boxReady0 = buffer(hopCount * 2, 0)
    boxReady = buffer(hopCount * 2, 0)
    boxVehicle0 = buffer(hopCount * 2, -1)
    boxVehicle = buffer(hopCount * 2, -1)
    room0 = buffer(layout.sinks.count, 1e9)
    room = buffer(layout.sinks.count, 1e9)
    roomRate = buffer(layout.sinks.count, 0)
    stage0 = [Int](repeating: 0, count: signalCount)
    greenSince0 = [Int](repeating: -1000, count: signalCount)
    clearingTo0 = [Int](repeating: -1, count: signalCount)
    clearSince0 = [Int](repeating: 0, count: signalCount)
    stage = buffer(signalCount, 0)
    greenSince = buffer(signalCount, 0)
    clearingTo = buffer(signalCount, -1)
    clearSince = buffer(signalCount, 0)
    planTime = buffer(signalCount, -1)
    planStage = buffer(signalCount, -1)
    secondGreen = buffer(signalCount, -1)
    secondStage = buffer(signalCount, -1)
    spentSecond = buffer(signalCount, false)
    permission = buffer(linkCount, 0)
    permission0 = buffer(linkCount, 0)
    past = buffer(linkCount * Self.memory, 0)
    shareUsed = buffer(laneCount * layout.ruledHops.count + 1, 0)
    let most = stageCount.max() ?? 0
    spent = buffer(signalCount, false)
    stageScore = buffer(most, 0)
    stageTime = buffer(most, 0)
    open = buffer(most, true)
    headways = buffer(16, 1.9)
    postLoss = buffer(16, 0)
    laneFactor = buffer(laneCount, 1)
    setDischarge(discharge)
  }

  deinit {
    for pointer in [
      laneTravel, hopTravel, hopWeight, laneWeight, ready0, ready, free0, free, passed0, passed, boxReady0, boxReady, room0, room, roomRate,
      shareUsed, headways,
      postLoss, laneFactor, stageScore, stageTime, heldUntil,
    ] { pointer.deallocate() }
    for pointer in [
      laneCapacity, hopFrom, hopTo, hopSink, hopLink, hopSignal, hopBox, yieldStart, yields, onward, approachOf, approachLanes, finalHop,
      next0, next, target, target0, head0, tail0, occupancy0, position0, head, tail, occupancy, position, boxCount0, boxCount, boxVehicle0,
      boxVehicle,
    ] { pointer.deallocate() }
    for pointer in [stagePermission, permission, permission0, past] { pointer.deallocate() }
    for pointer in [stopped0, stopped, spent, spentSecond, open, held0, held] { pointer.deallocate() }
    for pointer in [stage, greenSince, clearingTo, clearSince, planTime, planStage, secondGreen, secondStage] { pointer.deallocate() }
  }

  func setDischarge(_ model: DischargeModel) {
    discharge = model
    headwayCount = min(model.headways.count, 16)
    for k in 0..<headwayCount {
      headways[k] = model.headways[k]
      postLoss[k] = k < model.postLoss.count ? model.postLoss[k] : 0
    }
  }

  // MARK: Building the present

  /// Keeps what the signals permit from second `now` until the next.
  func remember(_ now: Int) {
    (past + ((now % Self.memory + Self.memory) % Self.memory) * linkCount).update(from: permission0, count: linkCount)
  }

  func clear() {
    vehicleCount = 0
    for l in 0..<laneCount {
      head0[l] = -1
      tail0[l] = -1
      occupancy0[l] = 0
    }
    for h in 0..<hopCount { boxCount0[h] = 0 }
    arrivals.removeAll(keepingCapacity: true)
  }

  /// Adds a vehicle and returns its number, or nil where the memory is full.
  func makeVehicle(ready time: Double, hop: Int, stopped standing: Bool) -> Int32? {
    guard vehicleCount < Self.capacity else { return nil }
    let v = vehicleCount
    vehicleCount += 1
    ready0[v] = time
    finalHop[v] = Int32(hop)
    target0[v] = Int32(hop)
    next0[v] = -1
    stopped0[v] = standing
    return Int32(v)
  }

  /// Puts a vehicle at the end of a lane. Call in order from the stop line.
  func append(_ v: Int32, to lane: Int) {
    if tail0[lane] < 0 { head0[lane] = v } else { next0[Int(tail0[lane])] = v }
    tail0[lane] = v
    occupancy0[lane] += 1
  }

  func putInBox(_ v: Int32, hop: Int, ready time: Double) {
    let n = Int(boxCount0[hop])
    guard n < 2 else { return }
    boxVehicle0[hop * 2 + n] = v
    boxReady0[hop * 2 + n] = time
    boxCount0[hop] += 1
  }
}
