/// One connection ahead of a vehicle as it plans: how fast it may pass, how fast it must come if it may not.
struct PlanItem: BitwiseCopyable {
  /// -1: no connection but an end of the way, or a stop.
  var connection: Int32
  var request: Bool
  var standingAhead = false
  /// Times and speeds of passing are known.
  var isTimed = false
  var distance: Double
  var pass: Double
  var wait: Double
  var arrivalTime: Double
  var arrivalSpeed: Double
  var arrivalBraking: Double
  /// Speed at leaving; not positive: as it passes.
  var leave: Double
  var room = 0.0

  var leaveSpeed: Double { leave < 0 ? pass : leave }

  @inline(__always)
  mutating func adaptLeave(_ v: Double) {
    guard isTimed else { return }
    leave = leave > 0 ? min(leave, v) : v
  }
}

/// What a vehicle tells those who must yield to it, or to whom it yields.
struct Approach: BitwiseCopyable {
  var next: Int32
  /// Its number in the fleet.
  var vehicle: Int32
  var willPass: Bool
  var arrivalTime: Double
  var leaveTime: Double
  var arrivalSpeed: Double
  var leaveSpeed: Double
  var arrivalBraking: Double
  var waiting: Double
  var distance: Double
  var speed: Double
  var decel: Double
}

/// Announcements by connection. Each chunk of work writes its own part; readers look at all of them, and no answer depends on their order.
final class ApproachBoard: @unchecked Sendable {
  let connections: Int
  let parts: [Part]

  final class Part: @unchecked Sendable {
    let arena = Arena()
    /// First announcement of each connection, or -1.
    let head: UnsafeMutablePointer<Int32>
    let announced = GrowingColumn<Approach>()
    /// Connections to wipe before the next use.
    let touched = GrowingColumn<Int32>()
    var records: UnsafeMutablePointer<Approach> { announced.first }

    init(connections: Int) { head = arena.column(count: connections, repeating: -1) }

    func reset() {
      for k in 0..<touched.count { head[Int(touched[k])] = -1 }
      touched.removeAll()
      announced.removeAll()
    }

    @inline(__always)
    func add(_ connection: Int, _ approach: Approach) {
      var record = approach
      record.next = head[connection]
      if record.next < 0 { touched.append(Int32(connection)) }
      head[connection] = Int32(announced.count)
      announced.append(record)
    }
  }

  init(connections: Int, chunks: Int) {
    self.connections = connections
    parts = (0..<chunks).map { _ in Part(connections: connections) }
  }

  func reset() {
    for part in parts { part.reset() }
  }
}

/// A plan that depends on others' announcements: items `first ..< first + count` of the chunk.
struct Undecided: BitwiseCopyable {
  var vehicle: Int32
  var first: Int32
  var count: Int32
}

/// A lane change decided.
struct Hop: BitwiseCopyable {
  var vehicle: Int32
  var target: Int32
}

/// What one thread works with during a step.
final class Chunk: @unchecked Sendable {
  static let itemLimit = 40
  let arena = Arena()
  let index: Int
  /// The plan of the vehicle at hand.
  let items: UnsafeMutablePointer<PlanItem>
  /// Plans that depend on others' announcements.
  let undecided = GrowingColumn<Undecided>()
  let undecidedItems = GrowingColumn<PlanItem>()
  /// Active lanes this chunk owns in this step.
  var laneRange = 0..<0
  /// Vehicles whose front left its lane.
  let leaving = GrowingColumn<Int32>()
  /// Vehicles that must be taken from their lane and put on another: lane changes decided.
  let hops = GrowingColumn<Hop>()
  /// Advice to vehicles on other edges than the one being worked on.
  let messages = GrowingColumn<ChangeMessage>()
  let changer: ChangerScratch

  /// Vehicles that stayed on their lane while their tail lies on others.
  let spanning = GrowingColumn<Int32>()
  /// Fronts that came upon a loop.
  let hits = GrowingColumn<LoopHit>()

  /// Vehicles whose way has changed where they are.
  let rerouted = GrowingColumn<Int32>()
  /// Largest sum of lengths with gaps on one of its lanes [m].
  var fullest = 0.0

  init(index: Int, width: Int) {
    self.index = index
    items = arena.column(PlanItem.self, count: Self.itemLimit)
    changer = ChangerScratch(width: width)
  }

  func reset() {
    undecided.removeAll()
    undecidedItems.removeAll()
    leaving.removeAll()
    spanning.removeAll()
    rerouted.removeAll()
  }

  /// Notes the loops on `lane` the vehicle's front came upon.
  @inline(__always)
  func watch(_ v: Int, lane: Int, from: Double, to: Double, engine: Engine) {
    for k in Int(engine.detectorBegin[lane])..<Int(engine.detectorBegin[lane + 1]) {
      let place = engine.detectorPlace[k]
      if from < place, to >= place {
        hits.append(
          LoopHit(loop: Int32(k), vehicle: Int32(v), beyond: to - place, speed: engine.vehicles.speed[v]))
      }
    }
  }
}
